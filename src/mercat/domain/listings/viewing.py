"""Looking at listings, and deciding about those that wait for a person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal
from uuid import UUID

from msgspec import to_builtins

from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.lists import ListQuery, list_rows
from mercat.core.page import Page
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.listings.drafting import draft_of_kept, record_of_kept
from mercat.domain.listings.list_repository import LISTINGS, READ
from mercat.domain.listings.models import STATES, Listing
from mercat.domain.listings.publishing import SYNC_TYPE
from mercat.domain.listings.schemas import ListingView
from mercat.domain.listings.seeing import pull_field
from mercat.domain.listings.store_repository import StoreRepository
from mercat.domain.listings.view_repository import ListingRepository
from mercat.domain.operations import service as operations
from mercat.sdk.channels import Shown

_LOOKED_AT = 8


def list_listings(
    unit: ReadUnit, *, store: str | None = None, state: str | None = None, page: int = 1, per_page: int = 50
) -> Page[ListingView]:
    """Listings, those that were touched last first. Raises ``NotFound``, ``Invalid``."""
    unit.actor.require("listings.read")
    if state is not None and state not in STATES:
        message = f"a listing is {', '.join(STATES)}, not {state!r}"
        raise Invalid(message)
    repository = ListingRepository(unit.session)
    found = repository.listed(store_id=_store_id(unit, store), state=state, page=page, per_page=per_page)
    return Page(_views(repository, found.data), found.total, found.page, found.per_page)


def show_listing(unit: ReadUnit, sku: str, *, store: str | None = None) -> list[dict[str, Any]]:
    """Everything about the listings of one product: what was sent, what the shop showed, where it differs."""
    unit.actor.require("listings.read")
    repository = ListingRepository(unit.session)
    found = _of_sku(unit, sku, store)
    views = _views(repository, found)
    return [_whole(repository, view, listing) for view, listing in zip(views, found, strict=True)]


def retry(unit: WriteUnit, store: str, skus: Sequence[str] = ()) -> int:
    """What the shop refused is sent again by the next run, all of it or these SKUs; how many."""
    unit.actor.require("listings.publish")
    store_id = StoreRepository(unit.session).by_name(store).id
    ids = [each.product_id for sku in skus for each in _of_sku(unit, sku, store) if each.product_id]
    return ListingRepository(unit.session).retry(store_id, ids if skus else None)


def get_listing(unit: ReadUnit, listing_id: UUID) -> dict[str, Any]:
    """One listing whole, as ``show_listing`` gives it. Raises ``NotFound``."""
    unit.actor.require("listings.read")
    repository = ListingRepository(unit.session)
    listing = repository.whole(listing_id)
    if listing is None:
        message = f"there is no listing {listing_id}"
        raise NotFound(message)
    [view] = _views(repository, [listing])
    return _whole(repository, view, listing)


def settle(
    unit: WriteUnit, sku: str, *, store: str, take: Literal["ours", "theirs"], fields: Collection[str] = ()
) -> ListingView:
    """A person decides about a listing that drifted: ours is sent again, or the shop's values come into the catalogue.

    ``fields``: those that are taken so, where not all are; the others go the other way. Either way the next run sends what is
    left to be sent. Raises ``NotFound``, ``Invalid`` for a field that did not drift, and ``Conflict`` where nothing drifted.
    """
    unit.actor.require("listings.publish")
    repository = ListingRepository(unit.session)
    [listing] = _of_sku(unit, sku, store)
    if listing.drift is None or listing.theirs_payload is None:
        message = f"{sku} at {store} shows what was sent: there is nothing to settle"
        raise Conflict(message, sku=sku)
    theirs = record_of_kept(listing.theirs_payload)
    shown = Shown(reference=listing.platform_listing_id or "", product=theirs, variants=[])
    for name in _taken_over(listing.drift, take, fields):
        pull_field(unit, shown, name)
    listing.shown_payload, listing.shown_hash = listing.theirs_payload, listing.theirs_hash
    listing.theirs_payload = listing.theirs_hash = listing.drift = None
    # Nothing is known to be there as it was sent: it is looked at again, and sent.
    listing.state, listing.published_hash, listing.product_revision = "pending", None, None
    unit.save()
    return _views(repository, [listing])[0]


def _taken_over(drift: Collection[str], take: Literal["ours", "theirs"], fields: Collection[str]) -> list[str]:
    """The fields in which the shop is right."""
    unknown = [name for name in fields if name not in drift]
    if unknown:
        message = f"{unknown[0]} does not differ: what does is {', '.join(drift)}"
        raise Invalid(message, field="fields")
    if not fields:
        return list(drift) if take == "theirs" else []
    return [name for name in drift if (name in fields) == (take == "theirs")]


def _store_id(unit: ReadUnit, store: str | None) -> Any:
    return None if store is None else StoreRepository(unit.session).by_name(store).id


def _of_sku(unit: ReadUnit, sku: str, store: str | None) -> Sequence[Listing]:
    found = ListingRepository(unit.session).of_sku(sku, store_id=_store_id(unit, store))
    if not found:
        where = f" at {store}" if store else ""
        message = f"no product with the SKU {sku} is listed{where}: `mercat publish` lists it"
        raise NotFound(message, sku=sku)
    return found


def _views(repository: ListingRepository, found: Sequence[Listing]) -> list[ListingView]:
    skus = repository.first_skus([each.product_id for each in found if each.product_id])
    return [
        ListingView(
            id=each.id,
            store=each.store.name,
            sku=skus.get(each.product_id) if each.product_id else None,
            name=each.product.name if each.product else None,
            reference=each.platform_listing_id,
            url=each.listing_url,
            status=each.status,
            state=each.state,
            published_at=each.published_at,
            last_checked_at=each.last_checked_at,
            error=each.last_error,
            drift=each.drift,
        )
        for each in found
    ]


def _whole(repository: ListingRepository, view: ListingView, listing: Listing) -> dict[str, Any]:
    sent = draft_of_kept(listing.published_payload).product if listing.published_payload else None
    shown = listing.theirs_payload or listing.shown_payload
    variants = [
        {
            "sku": each.sku,
            "reference": each.reference,
            "stock_reference": each.stock_reference,
            "price": each.published_price,
            "quantity": each.published_quantity,
        }
        for each in repository.variants(listing.id)
    ]
    plain: dict[str, Any] = {name: getattr(view, name) for name in view.__dataclass_fields__}
    return {
        **plain,
        "variants": variants,
        "sent": to_builtins(sent),
        "shown": to_builtins(record_of_kept(shown)) if shown else None,
    }


def held_publish(unit: ReadUnit, store: str) -> dict[str, Any] | None:
    """The run (a row of the sync history) in which a guard held what waits to be sent to a store; none where nothing is held."""
    unit.actor.require(READ)
    if not unit.actor.may(operations.SYNC_LOGS.permission):
        return None
    runs = ListQuery(equal={"sync_type": [SYNC_TYPE], "sync_target": [store]}, sort="-started_at", per_page=_LOOKED_AT)
    # A preview sends nothing, and says nothing of how the store stands.
    told = (
        each
        for each in list_rows(unit, operations.SYNC_LOGS, runs).data
        if each["status"] not in {"success", "running"} or each["items_successful"]
    )
    last = next(told, None)
    if last is None or last["status"] != "held":
        return None
    waiting = ListQuery(equal={"store": [store], "state": ["pending"]}, fields=["id"], per_page=1)
    return last if list_rows(unit, LISTINGS, waiting).data else None
