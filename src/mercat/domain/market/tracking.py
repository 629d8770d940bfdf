"""Watching listings: which, how often, asked of whom, and what they are of ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from mercat.core.errors import Invalid, NotFound
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.market.catalog_repository import CatalogRepository, Codes
from mercat.domain.market.linking import LEAST, Link, link
from mercat.domain.market.models import FREQUENCIES, ROLES, CompetitorLink, MarketProduct
from mercat.domain.market.product_repository import Key, MarketProductRepository
from mercat.domain.market.schemas import TrackDraft, Tracked
from mercat.sdk.market import Wanted
from mercat.sdk.marketplaces import Marketplace, listing_at, marketplace
from mercat.sdk.values import gtin

EVERY_S = {"hourly": 3_600, "daily": 86_400, "weekly": 7 * 86_400}
_SHORTEST_S = 300
_LONGEST_S = 366 * 86_400
MANUAL = "manual"
_SHOWN = ("title", "brand", "part_number")
_LENGTHS = {"title": 1000, "brand": 255, "part_number": 255}


@dataclass(frozen=True)
class _Wanted:
    """A draft that was understood. ``values`` are columns of a listing that it states."""

    draft: TrackDraft
    key: Key
    place: Marketplace
    values: dict[str, Any]


def place_of(word: str | None) -> str | None:
    """A marketplace's code. Raises ``Invalid``."""
    if word is None:
        return None
    try:
        return marketplace(word).code
    except ValueError as wrong:
        raise Invalid(str(wrong), field="marketplace") from None


def wanted_of(words: Iterable[str], where: str | None) -> list[Wanted]:
    """Addresses and ASINs as listings to be asked about. Raises ``Invalid``."""
    try:
        default = None if where is None else marketplace(where)
        found = [listing_at(each, default=default) for each in words]
    except ValueError as wrong:
        raise Invalid(str(wrong), field="listing") from None
    return [Wanted(asin, place.code) for asin, place in found]


def track(unit: WriteUnit, draft: TrackDraft) -> Tracked:
    """Watch one listing, or change how it is watched. Raises ``Invalid`` and ``NotFound``."""
    [done] = track_many(unit, [draft])
    if done.error is not None:
        raise Invalid(done.error)
    return done


def track_many(unit: WriteUnit, drafts: Sequence[TrackDraft]) -> list[Tracked]:
    """Watch many; each has its own outcome, and a wrong one does not stop the others. Safe to repeat."""
    unit.actor.require("market.track")
    results: list[Tracked | None] = [None] * len(drafts)
    ours = CatalogRepository(unit.session).by_words(
        word for each in drafts for word in (each.product, each.competitor_of) if word
    )
    wanted: dict[int, _Wanted] = {}
    for at, draft in enumerate(drafts):
        try:
            wanted[at] = _understood(draft, ours)
        except (Invalid, NotFound) as wrong:
            results[at] = Tracked(draft.listing, "refused", error=wrong.message)
    known = MarketProductRepository(unit.session).by_keys([each.key for each in wanted.values()])
    fresh = {each.key: at for at, each in reversed(wanted.items()) if each.key not in known}
    _create(unit, [wanted[at] for at in sorted(fresh.values())])
    known |= MarketProductRepository(unit.session).by_keys(list(fresh))
    links = _link(unit, [(known[each.key], each) for each in wanted.values()])
    for at, each in wanted.items():
        row = known[each.key]
        is_new = fresh.get(each.key) == at
        changed = _compete(unit, row, each.draft, ours) | (not is_new and _changed(unit, row, each.values))
        status = "created" if is_new else "updated" if changed else "unchanged"
        results[at] = Tracked(each.draft.listing, status, row.id, row.asin, row.marketplace, links[row.id].reason)
    unit.save()
    return [each for each in results if each is not None]


def _understood(draft: TrackDraft, ours: Mapping[str, UUID]) -> _Wanted:
    """Raises ``Invalid`` with the field, and ``NotFound`` for a product that is not ours."""
    try:
        default = None if draft.marketplace is None else marketplace(draft.marketplace)
        asin, place = listing_at(draft.listing, default=default)
    except ValueError as wrong:
        raise Invalid(str(wrong), field="listing") from None
    for word in (draft.product, draft.competitor_of):
        if word and word not in ours:
            message = f"no product of ours has the SKU or handle {word!r}"
            raise NotFound(message)
    values = _said(draft)
    if draft.source is not None:
        values["source"] = draft.source or None
    if draft.is_competitor is not None or draft.competitor_of:
        values["is_competitor"] = bool(draft.is_competitor) or bool(draft.competitor_of)
    if draft.product:
        values |= {"product_id": ours[draft.product], "match_method": MANUAL, "match_confidence": Decimal(1)}
    return _Wanted(draft, (asin, place.code), place, values)


def _said(draft: TrackDraft) -> dict[str, Any]:
    """What a draft says of the listing itself. Raises ``Invalid``."""
    if draft.role not in ROLES:
        message = f"a competitor's role is one of {', '.join(ROLES)}, not {draft.role!r}"
        raise Invalid(message, field="role")
    values: dict[str, Any] = {name: value for name in _SHOWN if (value := _text(draft, name))}
    if draft.gtins:
        values["gtins"] = _gtins(draft.gtins)
    for name in ("price_change_threshold", "rank_change_threshold"):
        if getattr(draft, name) is not None:
            values[name] = _percentage(name, getattr(draft, name))
    return {**values, **_pace(draft)}


def _text(draft: TrackDraft, name: str) -> str | None:
    given = getattr(draft, name)
    return str(given).strip()[: _LENGTHS[name]] if given else None


def _gtins(given: Iterable[str]) -> list[str]:
    found = []
    for each in given:
        code, warning = gtin(each)
        if code is None:
            message = f"{each!r} is no GTIN: {warning or 'it is empty'}"
            raise Invalid(message, field="gtins")
        found.append(code)
    return found


def _pace(draft: TrackDraft) -> dict[str, Any]:
    """How often: one of the frequencies, or an interval, which is the frequency ``custom``."""
    if draft.every_s is not None:
        if draft.frequency not in {None, "custom"}:
            message = f"either {draft.frequency} or an interval of its own, not both"
            raise Invalid(message, field="frequency")
        if not _SHORTEST_S <= draft.every_s <= _LONGEST_S:
            message = f"a listing is looked at every {_SHORTEST_S} s at most and once a year at least"
            raise Invalid(message, field="every_s")
        return {"track_frequency": "custom", "track_every_s": draft.every_s}
    if draft.frequency is None:
        return {}
    if draft.frequency not in EVERY_S:
        own = " (an interval of its own comes with it)" if draft.frequency == "custom" else ""
        message = f"frequencies are {', '.join(FREQUENCIES)}{own}, not {draft.frequency!r}"
        raise Invalid(message, field="frequency")
    return {"track_frequency": draft.frequency, "track_every_s": EVERY_S[draft.frequency]}


def _percentage(name: str, given: Decimal) -> Decimal:
    if not 0 <= given <= 100:
        message = f"{name} is a percentage from 0 to 100, not {given}"
        raise Invalid(message, field=name)
    return given


def _create(unit: WriteUnit, wanted: Sequence[_Wanted]) -> None:
    usual: dict[str, Any] = {"title": None, "brand": None, "part_number": None, "gtins": [], "source": None}
    usual |= {"track_frequency": "daily", "track_every_s": EVERY_S["daily"], "features": [], "volatility": Decimal(0)}
    usual |= {"price_change_threshold": None, "rank_change_threshold": None, "is_competitor": False}
    usual |= {"product_id": None, "match_method": None, "match_confidence": None}
    usual |= {"is_active": True, "is_unlisted": False, "failure_count": 0, "not_found_count": 0}
    rows = []
    for each in wanted:
        row = {**usual, **each.values, "asin": each.key[0], "marketplace": each.key[1], "currency": each.place.currency}
        # Whoever is asked of it is asked at once.
        rows.append({**row, "url": each.place.url(each.key[0]), "next_due_at": unit.now if row["source"] else None})
    MarketProductRepository(unit.session).insert(rows, unit.now)


def _changed(unit: WriteUnit, row: MarketProduct, values: Mapping[str, Any]) -> bool:
    """Bring a listing that is watched, or was, to what is wanted now; whether anything was otherwise."""
    wanted = {**values, "is_active": True}
    differing = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    if row.source is None:
        row.next_due_at = None
    elif {"source", "track_every_s", "is_active"} & differing.keys() or row.next_due_at is None:
        row.next_due_at = sooner(row.next_due_at, unit.now, row.track_every_s)
    return bool(differing)


def sooner(due: dt.datetime | None, now: dt.datetime, every_s: int) -> dt.datetime:
    """When it is due, now that it is looked at every so often: at once where it was not, and never later than it was."""
    return now if due is None else min(due, now + dt.timedelta(seconds=every_s))


def _link(unit: WriteUnit, listings: Sequence[tuple[MarketProduct, _Wanted]]) -> dict[UUID, Link]:
    """Link what no person linked, by its codes; how each stands."""
    rows = {row.id: row for row, _ in listings}
    found: dict[UUID, Link] = {}
    open_ = []
    for row in rows.values():
        if row.match_method == MANUAL:
            found[row.id] = Link(row.product_id, MANUAL, Decimal(1), "by hand")
        else:
            open_.append(row)
    found |= relink(unit, open_)
    return found


def relink(unit: WriteUnit, rows: Sequence[MarketProduct]) -> dict[UUID, Link]:
    """Look the codes of listings up in the catalogue and link those that are sure enough; how each stands."""
    codes = [Codes(row.asin, tuple(row.gtins), (row.brand, row.manufacturer), row.part_number) for row in rows]
    found = {row.id: link(hits) for row, hits in zip(rows, CatalogRepository(unit.session).hits(codes), strict=True)}
    for row in rows:
        best = found[row.id]
        is_sure = best.product_id is not None and best.confidence is not None and best.confidence >= LEAST
        row.product_id = best.product_id if is_sure else None
        row.match_method, row.match_confidence = best.method, best.confidence
    return found


def _compete(unit: WriteUnit, row: MarketProduct, draft: TrackDraft, ours: Mapping[str, UUID]) -> bool:
    """Note whom of ours it competes with; whether that is new."""
    if not draft.competitor_of:
        return False
    repository = MarketProductRepository(unit.session)
    known = repository.link(ours[draft.competitor_of], row.id)
    if known is None:
        repository.save(
            [CompetitorLink(product_id=ours[draft.competitor_of], market_product_id=row.id, role=draft.role)]
        )
        return True
    changed = known.role != draft.role
    known.role = draft.role
    return changed


def untrack(unit: WriteUnit, word: str, *, marketplace: str | None = None, delete: bool = False) -> MarketProduct:
    """Look at a listing no more. What was seen of it stays, unless it is to be deleted. Raises ``NotFound``."""
    unit.actor.require("market.track")
    repository = MarketProductRepository(unit.session)
    row = repository.named(word, place_of(marketplace))
    if delete:
        unit.remove(row)
        return row
    row.is_active, row.next_due_at = False, None
    unit.save()
    return row


def find(unit: ReadUnit, word: str, *, marketplace: str | None = None) -> MarketProduct:
    """By id or ASIN. Raises ``NotFound``, ``Conflict``."""
    unit.actor.require("market.read")
    return MarketProductRepository(unit.session).named(word, place_of(marketplace))
