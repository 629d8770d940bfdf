"""Stores: connecting one, how it sells, and having it looked at, compared and published to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Form, Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.core.actor import Actor
from mercat.core.errors import Invalid, MercatError
from mercat.core.lists import ListQuery, list_rows
from mercat.core.unit import Runtime
from mercat.domain.listings import service as listings
from mercat.domain.operations import service as operations
from mercat.sdk.errors import VendorError
from mercat.sdk.installed import connectors
from mercat.web.forms import Back
from mercat.web.pages import Page
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.tables import Column, Empty, Filter, Index, Listed

router = Pages()
_SHOWN = 8
STORES = Listed(
    listings.STORES,
    Index(
        url="/stores",
        title="Stores",
        one="store",
        columns=(
            Column("name", "Store", "store", sort="name"),
            Column("is_active", "Status", "standing"),
            Column("platform", "Platform", "words", drops=1),
            Column("currency", "Currency", drops=2),
            Column("last_sync_at", "Last looked at", "time", is_number=True),
        ),
        also=("shop_domain", "paused_reason", "is_sandbox"),
        filters=(Filter("platform", "Platform"), Filter("is_active", "Connected", (("true", "Yes"), ("false", "No")))),
        row_url="/stores/{name}",
        usual_order="Oldest first",
        empty=Empty(
            "No store is connected yet",
            "Connect a Shopify shop by its token, or try everything on a shop that runs on this machine.",
            "Connect a store",
            "/stores/new",
            "listings.connect",
        ),
    ),
)


class ConnectForm(BaseModel):
    """A store to be connected: by what opens it, or a loopback shop by its address."""

    name: str = Field("", max_length=200)
    platform: str = Field("shopify", max_length=50)
    domain: str = Field("", max_length=255)
    secret: str = Field("", max_length=500)
    client_id: str = Field("", max_length=500)
    sandbox: str = Field("", max_length=200)

    def secrets(self) -> dict[str, str]:
        """What opens it: an app's id and secret, or a token alone."""
        if self.client_id.strip():
            return {"client_id": self.client_id.strip(), "client_secret": self.secret.strip()}
        return {"access_token": self.secret.strip()}


class SellingForm(BaseModel):
    """How a store sells."""

    active: bool = False
    draft: bool = False
    auto_publish: bool = False
    shelves: bool = False
    collections: bool = False
    stock_from: Literal["none", "offers"] = "none"
    withdraw: Literal["archive", "delete"] = "archive"
    drift: Literal["ours", "theirs", "hold"] = "ours"
    price_change_pct: str = Field("", max_length=20)
    withdraw_pct: str = Field("", max_length=20)
    update_pct: str = Field("", max_length=20)


class RunForm(Back):
    """How to publish, or to look."""

    plan_only: bool = False
    everything: bool = False
    yes: bool = False
    full: bool = False
    adopt: bool = False


@dataclass(frozen=True)
class Visit:
    """Who looks at which store."""

    name: str
    runtime: Runtime
    caller: Actor
    page: Page

    def queued(self, job_id: object, said: str) -> Response:
        """On to the job."""
        return self.page.go(f"/jobs/{job_id}", said)

    def back(self, said: str) -> Response:
        """On to the store."""
        return self.page.go(f"/stores/{self.name}", said)


async def _visit(name: Annotated[str, Path(max_length=255)], runtime: House, caller: Caller, page: Shown) -> Visit:
    return Visit(name, runtime, caller, page)


Visited = Annotated[Visit, Depends(_visit)]


@router.get("/stores", **needs("listings.read"))
def list_stores(runtime: House, caller: Caller, page: Shown) -> Response:
    """Where we sell."""
    with runtime.read(caller) as unit:
        table = STORES.table(unit, page)
    return page.show("stores/list.html", table=table)


@router.get("/stores.{ending}", **needs("listings.read"))
def stores_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All of them, a line each."""
    return STORES.file(page, runtime, caller, ending)


@router.get("/stores/new", **needs("listings.connect"))
def new_store(runtime: House, page: Shown) -> Response:
    """The form to connect one."""
    return _form(page, runtime, ConnectForm.model_validate({}))


@router.post("/stores/new", **needs("listings.connect"))
def connect_store(runtime: House, caller: Caller, page: Shown, asked: Annotated[ConnectForm, Form()]) -> Response:
    """Connect it. Its account is looked up at once: a store that does not answer is not added."""
    try:
        if asked.sandbox.strip():
            if not runtime.settings.http_allow_private:
                message = "a loopback shop is reached from here only with MERCAT_HTTP_ALLOW_PRIVATE=1"
                raise Invalid(message)
            draft = listings.sandbox_draft(asked.name.strip(), asked.platform, asked.sandbox.strip())
        else:
            settings = {"domain": asked.domain.strip()}
            draft = listings.StoreDraft(asked.platform, asked.name.strip(), settings, asked.secrets())
        view, account = listings.add_store(runtime, caller, draft)
    except (MercatError, VendorError) as wrong:
        return _form(page, runtime, asked, error=wrong.message)
    return page.go(f"/stores/{view.name}", f"{account.name} is connected. Nothing is sent before you say so")


@router.get("/stores/{name}", **needs("listings.read"))
def show_store(of: Visited) -> Response:
    """One store: its account, how its listings stand, what ran."""
    with of.runtime.read(of.caller) as unit:
        store = listings.get_store(unit, of.name)
        held = listings.held_publish(unit, store.name)
        runs = [
            list_rows(unit, operations.SYNC_LOGS, ListQuery(equal={side: [of.name]}, per_page=_SHOWN)).data
            for side in ("sync_target", "sync_source")
        ]
    ran = sorted((each for some in runs for each in some), key=lambda each: str(each["started_at"]), reverse=True)
    return of.page.show("stores/one.html", store=store, runs=ran[:_SHOWN], held=held)


@router.post("/stores/{name}/selling", **needs("listings.connect"))
def change_selling(of: Visited, asked: Annotated[SellingForm, Form()]) -> Response:
    """Change how it sells."""
    limits = {name: getattr(asked, name).strip() or None for name in ("price_change_pct", "withdraw_pct", "update_pct")}
    selling = {
        "statuses": [name for name in ("active", "draft") if getattr(asked, name)],
        "auto_publish": asked.auto_publish,
        "shelves": asked.shelves,
        "collections": asked.collections,
        "stock_from": asked.stock_from,
        "withdraw": asked.withdraw,
        "drift": {"*": asked.drift},
        "guards": limits,
    }
    with of.runtime.write(of.caller) as unit:
        listings.set_selling(unit, of.name, selling)
    return of.back("Saved")


@router.post("/stores/{name}/test", **needs("listings.connect"))
def check_store(of: Visited, _asked: Annotated[Back, Form()]) -> Response:
    """Look the account up. A paused store that answers is awake again."""
    _, account = listings.test_store(of.runtime, of.caller, of.name)
    return of.back(f"{account.name} answers")


@router.post("/stores/{name}/publish", **needs("listings.publish"))
def publish(of: Visited, asked: Annotated[RunForm, Form()]) -> Response:
    """Have a worker show there what the catalogue says, or only say what it would."""
    job_id = of.runtime.attempt(
        lambda unit: listings.enqueue_publish(
            unit, of.name, plan_only=asked.plan_only, everything=asked.everything, yes=asked.yes
        ),
        of.caller,
    )
    return of.queued(job_id, "Nothing is sent: this only looks" if asked.plan_only else "It is being published")


@router.post("/stores/{name}/pull", **needs("listings.pull"))
def pull(of: Visited, asked: Annotated[RunForm, Form()]) -> Response:
    """Have a worker look what the store shows by now."""
    job_id = of.runtime.attempt(
        lambda unit: listings.enqueue_pull(unit, of.name, full=asked.full, adopt=asked.adopt), of.caller
    )
    return of.queued(job_id, "It is being looked at")


@router.post("/stores/{name}/reconcile", **needs("listings.pull"))
def reconcile(of: Visited, _asked: Annotated[Back, Form()]) -> Response:
    """Have a worker compare all that the store shows, and mend what differs."""
    job_id = of.runtime.attempt(lambda unit: listings.enqueue_reconcile(unit, of.name), of.caller)
    return of.queued(job_id, "All of it is being compared")


@router.post("/stores/{name}/remove", **needs("listings.connect"))
def remove_store(of: Visited, _asked: Annotated[Back, Form()]) -> Response:
    """Disconnect it. What it shows stays as it is there."""
    with of.runtime.write(of.caller) as unit:
        listings.remove_store(unit, of.name)
    return of.page.go("/stores", f"{of.name} is disconnected. What it shows stays there")


def _form(page: Page, runtime: Runtime, given: ConnectForm, *, error: str = "") -> Response:
    platforms = [(name, each.title) for name, each in connectors().items() if each.channel is not None]
    facts = {"given": given, "platforms": platforms, "may_sandbox": runtime.settings.http_allow_private}
    return page.show("stores/new.html", status=422 if error else 200, error=error, **facts)
