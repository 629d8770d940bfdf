"""Looking: what each listing shall show by now, compared with what was last sent. Nothing leaves the house."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict
from typing import NamedTuple

import msgspec

from mercat.core.actor import Actor
from mercat.core.jobs import Progress
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.alerts.messages import Noticed
from mercat.domain.alerts.schemas import Signal, Subject
from mercat.domain.catalog import service as catalog
from mercat.domain.listings.connecting import Shop
from mercat.domain.listings.drafting import EDITION, Terms, Wanted, digest_of, draft_of, key_of, wanted_of
from mercat.domain.listings.listing_repository import ListingBulk, Look, Row
from mercat.domain.listings.shelving import has_collections, has_shelves, shown_at
from mercat.domain.listings.store_repository import StoreRepository

_PAGE = 500
_FIRST = bytes(16)


class Pending(NamedTuple):
    """A listing with its draft, just as it shall be by now."""

    row: Row
    wanted: Wanted


def terms_of(unit: ReadUnit, shop: Shop) -> Terms:
    """What a store's drafts depend on besides their products."""
    return Terms(
        limits=shop.parts.limits,
        normalised=shop.parts.normalised,
        currency=shop.currency,
        nodes=catalog.nodes_of(unit, f"{shop.platform}-taxonomy"),
        shelves=catalog.shelves_of(unit, shop.id) if has_shelves(shop) else {},
        collections=shown_at(unit, shop.id) if has_collections(shop) else {},
    )


def refresh(
    runtime: Runtime,
    actor: Actor,
    shop: Shop,
    *,
    everything: bool = False,
    only: Collection[bytes] | None = None,
    progress: Progress = lambda _stage, _done, _total: None,
) -> int:
    """Look at every listing whose product moved on, and at products that shall be listed; how many were looked at.

    A product's revision tells that it moved; what all drafts depend on has a digest of its own (``Store.basis``), and
    another one has every listing looked at. Safe to stop anywhere.
    """
    with runtime.write(actor) as unit:
        terms = terms_of(unit, shop)
        _look_at_all_if_moved(unit, shop, terms, everything=everything)
        ListingBulk(unit.bulk, shop.id.bytes).orphan(unit.now)
    after, looked = _FIRST, 0
    while True:
        with runtime.read(actor) as unit:
            listings = ListingBulk(unit.bulk, shop.id.bytes)
            rows = listings.to_look_at(shop.selling.statuses, after=after, limit=_PAGE, only=only)
            found = [look_of(each, shop) for each in pending_of(unit, shop, terms, rows)]
        if not rows:
            with runtime.write(actor) as unit:
                _tell_of_blocked(unit, shop)
            return looked
        with runtime.write(actor) as unit:
            ListingBulk(unit.bulk, shop.id.bytes).write(found, unit.now)
        after = rows[-1].product_id
        looked += len(rows)
        progress("comparing", looked, None)


def _tell_of_blocked(unit: WriteUnit, shop: Shop) -> None:
    """How many listings the channel's limits keep back: one alert for the store, over when there is none."""
    blocked = ListingBulk(unit.bulk, shop.id.bytes).counts().get("blocked", 0)
    signal = Signal(
        "listing_blocked",
        Subject("store", str(shop.id), shop.name),
        f"{blocked:,} {'listing' if blocked == 1 else 'listings'} of {shop.name} cannot be sent as "
        f"{'it is' if blocked == 1 else 'they are'}",
        "Each says what it lacks; it is sent once it has that.",
        is_on=blocked > 0,
        new_value=str(blocked),
        facts={"blocked": blocked, "platform": shop.platform},
    )
    unit.announce(Noticed([signal]))


def _look_at_all_if_moved(unit: WriteUnit, shop: Shop, terms: Terms, *, everything: bool) -> None:
    store = StoreRepository(unit.session).get(shop.id)
    limits = sorted(
        (name, sorted(each) if isinstance(each, frozenset) else each) for name, each in asdict(terms.limits).items()
    )
    parts = [EDITION, limits, terms.currency, terms.nodes, terms.shelves, shop.selling.statuses]
    if terms.collections:
        parts.append([[each, terms.collections.get(each.id)] for each in catalog.shown_collections(unit)])
    paths = [[each.id.bytes, each.path] for each in catalog.categories.tree(unit)]
    basis = digest_of([parts, paths])
    if everything or store.basis != basis:
        store.basis = basis
        StoreRepository(unit.session).forget_looks(shop.id)
        unit.save()


def pending_of(unit: ReadUnit, shop: Shop, terms: Terms, rows: Iterable[Row]) -> list[Pending]:
    """The drafts of these products, as they stand now."""
    rows = list(rows)
    records = catalog.records(unit, [each.product_id for each in rows])
    listings = ListingBulk(unit.bulk, shop.id.bytes)
    held = catalog.held_in(unit, list(records), terms.collections) if terms.collections else {}
    references = listings.variant_references([each.listing_id for each in rows if each.listing_id and each.reference])
    found = []
    for row in rows:
        record = records.get(row.product_id)
        if record is None:
            continue
        draft = draft_of(
            record,
            row.key or key_of(row.product_id),
            terms,
            reference=row.reference,
            variant_references=references.get(row.listing_id or b""),
            image_references=msgspec.json.decode(row.image_references) if row.image_references else None,
            collections=held.get(row.product_id, ()),
            joined=msgspec.json.decode(row.joined_references) if row.joined_references else (),
        )
        found.append(Pending(row, wanted_of(draft, terms)))
    return found


def look_of(pending: Pending, shop: Shop) -> Look:
    """What looking at one listing comes to."""
    row, wanted = pending
    if row.product_status not in shop.selling.statuses:
        is_shown = row.reference is not None and row.status != "delisted"
        desired, state, error = None, "pending" if is_shown else "in_sync", None
    else:
        desired = wanted.digest
        state, error = _state(row, wanted)
    key = row.key or key_of(row.product_id)
    return Look(row.listing_id, row.product_id, key, row.revision, desired, state, error, row.status or "draft")


def _state(row: Row, wanted: Wanted) -> tuple[str, str | None]:
    if wanted.reasons:
        return "blocked", "; ".join(wanted.reasons)
    if row.state == "drifted":
        return "drifted", None
    if wanted.digest == row.published_hash and row.status != "delisted":
        # A drift that is to be mended, or something that a crash left on its way, is sent even if ours has not moved.
        return ("pending" if row.has_drift or row.is_sending else "in_sync"), None
    if row.state == "error" and wanted.digest == row.desired_hash:
        return "error", row.error
    return "pending", None
