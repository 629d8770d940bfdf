"""Stores and listings over HTTP: connecting, publishing, pulling, and what each shop shows of ours."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, Field, StrictBool
from starlette.responses import Response

from mercat.api.answers import answer, nothing
from mercat.api.asking import Asked
from mercat.api.jobs import JobItem, accepted
from mercat.api.lists import add_list
from mercat.api.routes import Caller, House, Room, needs
from mercat.core.errors import Invalid
from mercat.domain.listings import service as listings

router = Room("Stores and listings")
StoreName = Annotated[str, Path(max_length=255)]
Sku = Annotated[str, Path(max_length=255)]

add_list(router, "/stores", listings.STORES, name="Store")
add_list(router, "/listings", listings.LISTINGS, name="Listing")


class StoreAsked(Asked):
    """A store to be connected. Its secrets are sealed, and never shown again."""

    name: str = Field(min_length=1, max_length=200)
    platform: str = Field("shopify", max_length=50)
    domain: str | None = Field(None, max_length=255, examples=["our-shop.myshopify.com"])
    settings: dict[str, Any] = Field({}, description="further settings of the connector")
    secrets: dict[str, str] = Field({}, description="client_id and client_secret, or access_token")
    selling: dict[str, Any] = Field({}, description="statuses, auto_publish, stock_from, drift, guards, withdraw")
    sandbox: str | None = Field(
        None,
        max_length=200,
        description="a loopback shop that hands its credentials out",
        examples=["http://127.0.0.1:9000"],
    )


class ConsentDraft(Asked):
    """A store whose owner is to let us in on the channel's own page."""

    name: str = Field(min_length=1, max_length=200, examples=["main"])
    platform: str = Field("shopify", max_length=50)
    domain: str = Field(min_length=1, max_length=255, examples=["our-shop.myshopify.com"])
    client_id: str = Field(min_length=1, max_length=255)
    client_secret: str = Field(min_length=1, max_length=255)
    address: str = Field(
        max_length=500, description="where a browser reaches this server", examples=["https://hub.example.com"]
    )
    settings: dict[str, Any] = Field({}, description="further settings of the connector")
    selling: dict[str, Any] = Field({}, description="statuses, auto_publish, stock_from, drift, guards, withdraw")
    is_sandbox: StrictBool = Field(default=False, description="a loopback shop (needs MERCAT_HTTP_ALLOW_PRIVATE=1)")


class ConsentAsked(BaseModel):
    """Where to send the shop's owner."""

    url: str


class StoreConnected(BaseModel):
    """The store, and the account as the channel tells it."""

    store: dict[str, Any]
    account: dict[str, Any]


class CredentialsAsked(Asked):
    """What opens a store from now on. Sealed, and never shown again."""

    secrets: dict[str, str] = Field(description="client_id and client_secret, or access_token")


class SellingPatch(Asked):
    """How the store sells, key by key."""

    selling: dict[str, Any] = Field(min_length=1, examples=[{"auto_publish": True, "drift": {"name": "hold"}}])


class PublishAsked(Asked):
    """How to publish."""

    yes: StrictBool = Field(default=False, description="send even what guards would hold (needs listings.approve)")
    plan_only: StrictBool = Field(default=False, description="compare and judge, send nothing")
    everything: StrictBool = Field(default=False, description="look at every listing, not just at what moved")
    only: list[str] = Field(default_factory=list, max_length=1000, description="products with these SKUs")


class PullAsked(Asked):
    """How to look."""

    full: StrictBool = Field(default=False, description="at all of it, not just at what changed there")
    adopt: StrictBool = Field(default=False, description="bring what we do not know into the catalogue")


class ReconcileAsked(Asked):
    """How to reconcile."""

    yes: StrictBool = Field(default=False, description="send even what guards would hold (needs listings.approve)")


class SubscribeAsked(Asked):
    """Where the shop is to tell us what happens there."""

    address: str = Field(
        max_length=500,
        pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$",
        description="where the shop reaches this server; a shop in earnest wants https",
        examples=["https://mercat.example.com"],
    )


class Subscribed(BaseModel):
    """What the shop tells us of from now on."""

    name: str
    topics: list[str]


class RetryAsked(Asked):
    """What is to be sent again."""

    skus: list[str] = Field(default_factory=list, max_length=1000, description="all that was refused, if empty")


class ListingWhole(BaseModel):
    """A listing with what was sent, what the shop showed, and each variant's price and stock there."""

    id: UUID
    store: str
    sku: str | None
    name: str | None
    reference: str | None = Field(description="the shop's own id")
    url: str | None
    status: str
    state: str
    published_at: dt.datetime | None
    last_checked_at: dt.datetime | None
    error: str | None
    drift: dict[str, Any] | None = Field(description="what differs, field by field")
    variants: list[dict[str, Any]]
    sent: dict[str, Any] | None
    shown: dict[str, Any] | None


class Retried(BaseModel):
    """How many are sent again."""

    retried: int


class Settlement(Asked):
    """Who is right about a listing that drifted."""

    take: Literal["ours", "theirs"]
    fields: list[str] = Field(
        default_factory=list, max_length=1000, description="taken so, where not all are; the others go the other way"
    )


@router.post("/stores", status_code=201, response_model=StoreConnected, **needs("listings.connect"))
def connect_store(runtime: House, caller: Caller, asked: StoreAsked) -> Response:
    """Connect a store. Its account is looked up at once: a store that does not answer is not added."""
    if asked.sandbox is not None:
        if not runtime.settings.http_allow_private:
            message = "sandbox: a loopback address is reached from here only with MERCAT_HTTP_ALLOW_PRIVATE=1"
            raise Invalid(message, field="sandbox")
        draft = listings.sandbox_draft(asked.name, asked.platform, asked.sandbox, selling=asked.selling)
    elif asked.domain is None:
        message = "domain says where the shop answers, like our-shop.myshopify.com"
        raise Invalid(message, field="domain")
    else:
        settings = {"domain": asked.domain, **asked.settings}
        draft = listings.StoreDraft(asked.platform, asked.name, settings, asked.secrets, asked.selling)
    view, account = listings.add_store(runtime, caller, draft)
    return answer({"store": view, "account": account}, 201, headers={"Location": f"/api/v1/stores/{view.name}"})


@router.post("/stores/connect", status_code=202, response_model=ConsentAsked, **needs("listings.connect", opens=True))
def begin_connection(runtime: House, caller: Caller, asked: ConsentDraft) -> Response:
    """Connect a store by its owner's consent: send them to the address in the answer, within ten minutes."""
    settings = {"domain": asked.domain, **asked.settings}
    secrets = {"client_id": asked.client_id, "client_secret": asked.client_secret}
    is_sandbox = asked.is_sandbox and runtime.settings.http_allow_private
    draft = listings.StoreDraft(asked.platform, asked.name, settings, secrets, asked.selling, is_sandbox=is_sandbox)
    return answer({"url": listings.begin_consent(runtime, caller, draft, address=asked.address)}, 202)


@router.get("/stores/{name}", response_model=listings.StoreView, **needs("listings.read"))
def get_store(name: StoreName, runtime: House, caller: Caller) -> Response:
    """One store: its account, how it sells, where it keeps stock, how its listings stand. Never its credentials."""
    with runtime.read(caller) as unit:
        return answer(listings.get_store(unit, name))


@router.patch("/stores/{name}", response_model=listings.StoreView, **needs("listings.connect"))
def change_store(name: StoreName, runtime: House, caller: Caller, patch: SellingPatch) -> Response:
    """Change how it sells; a group such as ``guards`` is changed key by key."""
    with runtime.write(caller) as unit:
        return answer(listings.set_selling(unit, name, patch.selling))


@router.delete("/stores/{name}", status_code=204, **needs("listings.connect"))
def remove_store(name: StoreName, runtime: House, caller: Caller) -> Response:
    """Disconnect it and forget its credentials. What it shows stays as it is there."""
    with runtime.write(caller) as unit:
        listings.remove_store(unit, name)
    return nothing()


@router.post("/stores/{name}/test", response_model=StoreConnected, **needs("listings.connect"))
def test_store(name: StoreName, runtime: House, caller: Caller) -> Response:
    """Look the account up with the credentials that are kept. A paused store that answers is awake again."""
    view, account = listings.test_store(runtime, caller, name)
    return answer({"store": view, "account": account})


@router.put("/stores/{name}/credentials", response_model=StoreConnected, **needs("listings.connect"))
def renew_store(name: StoreName, runtime: House, caller: Caller, asked: CredentialsAsked) -> Response:
    """Take new credentials in the place of those that are kept. The account is looked up first; nothing changes if that fails."""
    view, account = listings.renew_store(runtime, caller, name, asked.secrets)
    return answer({"store": view, "account": account})


@router.post("/stores/{name}/subscribe", response_model=Subscribed, **needs("listings.connect"))
def subscribe_store(name: StoreName, runtime: House, caller: Caller, asked: SubscribeAsked) -> Response:
    """Have the shop tell us what happens there; its deliveries are checked by their signature. Safe to repeat."""
    return answer({"name": name, "topics": listings.subscribe(runtime, caller, name, asked.address)})


@router.post("/stores/{name}/publish", status_code=202, response_model=JobItem, **needs("listings.publish"))
def publish(name: StoreName, runtime: House, caller: Caller, asked: PublishAsked | None = None) -> Response:
    """Have a worker show at the store what the catalogue says; the job's result counts what was done."""
    how = (asked or PublishAsked()).model_dump()
    job_id = runtime.attempt(lambda unit: listings.enqueue_publish(unit, name, **how), caller)
    return accepted(runtime, caller, job_id)


@router.post("/stores/{name}/pull", status_code=202, response_model=JobItem, **needs("listings.pull"))
def pull(name: StoreName, runtime: House, caller: Caller, asked: PullAsked | None = None) -> Response:
    """Have a worker look what the store shows by now. Nothing is sent."""
    how = (asked or PullAsked()).model_dump()
    job_id = runtime.attempt(lambda unit: listings.enqueue_pull(unit, name, **how), caller)
    return accepted(runtime, caller, job_id)


@router.post("/stores/{name}/reconcile", status_code=202, response_model=JobItem, **needs("listings.pull"))
def reconcile(name: StoreName, runtime: House, caller: Caller, asked: ReconcileAsked | None = None) -> Response:
    """Have a worker compare all that the store shows, and mend what differs."""
    how = (asked or ReconcileAsked()).model_dump()
    job_id = runtime.attempt(lambda unit: listings.enqueue_reconcile(unit, name, **how), caller)
    return accepted(runtime, caller, job_id)


@router.get("/stores/{name}/listings/{sku}", response_model=ListingWhole, **needs("listings.read"))
def get_listing(name: StoreName, sku: Sku, runtime: House, caller: Caller) -> Response:
    """One listing whole: what was sent, what the shop showed, where it differs."""
    with runtime.read(caller) as unit:
        [listing] = listings.show_listing(unit, sku, store=name)
    return answer(listing)


@router.post("/stores/{name}/listings/retry", response_model=Retried, **needs("listings.publish"))
def retry_listings(name: StoreName, runtime: House, caller: Caller, asked: RetryAsked | None = None) -> Response:
    """What the shop refused is sent again by the next run."""
    with runtime.write(caller) as unit:
        return answer({"retried": listings.retry(unit, name, (asked or RetryAsked()).skus)})


@router.post("/stores/{name}/listings/{sku}/settle", response_model=listings.ListingView, **needs("listings.publish"))
def settle_listing(name: StoreName, sku: Sku, runtime: House, caller: Caller, asked: Settlement) -> Response:
    """Decide about a listing that drifted: ours is sent again, or the shop's values come into the catalogue."""
    settled = runtime.attempt(
        lambda unit: listings.settle(unit, sku, store=name, take=asked.take, fields=asked.fields), caller
    )
    return answer(settled)
