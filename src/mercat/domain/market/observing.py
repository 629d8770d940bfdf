"""Taking in what was seen: kept once, in any order, with the listings showing what was stated last."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import UNSET

from mercat.core.errors import Invalid
from mercat.core.unit import WriteUnit
from mercat.domain.market.judging import judged
from mercat.domain.market.learning import learn
from mercat.domain.market.metrics import LATEST
from mercat.domain.market.schemas import Recorded, TrackDraft
from mercat.domain.market.snapshot_repository import Snapshot, SnapshotBulk, State
from mercat.domain.market.tracking import track_many
from mercat.domain.market.watching import Watcher
from mercat.sdk.market import Observation
from mercat.sdk.marketplaces import MARKETPLACES

_RESTLESS = ("price", "in_stock", "seller_id")
# How much the newest observation counts in the volatility, which forgets what is old.
_WEIGHT = Decimal("0.1")
_FOUR_PLACES = Decimal("0.0001")


def record(
    unit: WriteUnit, seen: Sequence[Observation], *, provider: str, create: bool = False, is_quiet: bool = False
) -> Recorded:
    """Keep what was seen of listings that are watched, many at a time.

    A listing's observation of the same instant is kept once, whoever tells it again and whatever it says then. What
    comes late changes the past and not what was stated last. ``create``: listings that nobody watches are watched from
    now on. What is new is looked over and people are told of what it says, unless it ``is_quiet``: a past that is brought
    in is no news. What cannot be is refused with a reason and stops nothing. Safe to repeat, and to be called through
    ``runtime.attempt``.
    """
    unit.actor.require("market.record")
    result = Recorded(seen=len(seen))
    repository = SnapshotBulk(unit.bulk)
    states = repository.states({(each.asin, each.marketplace) for each in seen})
    if create:
        states |= _watch(unit, repository, seen, states, result)
    fresh = _fresh(repository, _understood(unit, seen, states, provider, result), states, result)
    repository.insert((each for some in fresh.values() for each in some), unit.now)
    by_listing = {each.listing: each for each in states.values()}
    watcher = None if is_quiet else Watcher(unit, [by_listing[each] for each in fresh], fresh)
    for listing, snapshots in fresh.items():
        _follow(repository, by_listing[listing], snapshots, watcher)
    repository.project([by_listing[each] for each in fresh], unit.now)
    if watcher is not None:
        watcher.tell(unit)
    learn(unit, {states[key].listing: each.facts for each in seen if each.facts and (key := _key(each)) in states})
    return result


def _key(seen: Observation) -> tuple[str, str]:
    return seen.asin, seen.marketplace


def _watch(
    unit: WriteUnit,
    repository: SnapshotBulk,
    seen: Iterable[Observation],
    states: dict[tuple[str, str], State],
    result: Recorded,
) -> dict[tuple[str, str], State]:
    missing = {key: None for key in map(_key, seen) if key not in states}
    done = track_many(unit, [TrackDraft(asin, place) for asin, place in missing])
    result.created += sum(each.status == "created" for each in done)
    return repository.states(missing)


def _understood(
    unit: WriteUnit, seen: Iterable[Observation], states: dict[tuple[str, str], State], provider: str, result: Recorded
) -> Iterable[Snapshot]:
    for each in seen:
        state = states.get(_key(each))
        if state is None:
            result.refuse(f"{each.asin} at {each.marketplace} is not watched: `mercat market track` does so")
            continue
        try:
            values = judged(each, unit.now)
        except Invalid as wrong:
            result.refuse(f"{each.asin} at {each.marketplace}: {wrong.message}")
            continue
        currency = MARKETPLACES[each.marketplace].currency if each.currency is UNSET else each.currency
        extra = None if each.extra is UNSET else each.extra
        yield Snapshot(state.listing, each.observed_at.astimezone(dt.UTC), provider, currency, values, extra)


def _fresh(
    repository: SnapshotBulk, snapshots: Iterable[Snapshot], states: dict[tuple[str, str], State], result: Recorded
) -> dict[bytes, list[Snapshot]]:
    """Those that are not there yet, by listing in the order of time."""
    last = {each.listing: each.last_at for each in states.values()}
    found: dict[bytes, dict[dt.datetime, Snapshot]] = defaultdict(dict)
    late: dict[bytes, list[dt.datetime]] = defaultdict(list)
    for each in snapshots:
        if each.at in found[each.listing]:
            result.duplicates += 1
            continue
        found[each.listing][each.at] = each
        newest = last[each.listing]
        if newest is not None and each.at <= newest:
            late[each.listing].append(each.at)
    for listing, at in repository.known(late):
        result.duplicates += found[listing].pop(at, None) is not None
    fresh = {listing: [some[at] for at in sorted(some)] for listing, some in found.items() if some}
    result.new += sum(map(len, fresh.values()))
    return fresh


def _follow(repository: SnapshotBulk, state: State, snapshots: Sequence[Snapshot], watcher: Watcher | None) -> None:
    """Bring a listing's projection to where its snapshots are."""
    is_late = state.last_at is not None and snapshots[0].at < state.last_at
    for each in snapshots:
        if state.last_at is None or each.at > state.last_at:
            if watcher is not None:
                watcher.look(state, each)
            _advance(state, each)
    if is_late:
        # A metric that only late ones state was never stated before them, or by older ones.
        state.latest |= repository.stated_last(state.listing)


def _advance(state: State, snapshot: Snapshot) -> None:
    if state.last_at is not None:
        changed = any(name in snapshot.values and snapshot.values[name] != state.latest.get(name) for name in _RESTLESS)
        moved = Decimal(state.volatility) * (1 - _WEIGHT) + (_WEIGHT if changed else 0)
        state.volatility = str(moved.quantize(_FOUR_PLACES).normalize().__format__("f"))
    state.latest.update((name, value) for name, value in snapshot.values.items() if name in _SHOWN)
    state.currency, state.last_at = snapshot.currency, snapshot.at
    if state.unlisted_at is None or snapshot.at > state.unlisted_at:
        state.is_unlisted, state.unlisted_at = False, None


_SHOWN = frozenset(LATEST)


def rebuild(unit: WriteUnit, listing_id: UUID, asin: str, marketplace: str) -> dict[str, Any]:
    """Make a listing's projection anew from its snapshots: what it then shows."""
    unit.actor.require("market.record")
    repository = SnapshotBulk(unit.bulk)
    state = repository.states([(asin, marketplace)])[asin, marketplace]
    state.latest = repository.stated_last(listing_id.bytes)
    repository.project([state], unit.now)
    return state.latest
