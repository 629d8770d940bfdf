"""Asking a source for the lists of best sellers that are due."""

from __future__ import annotations

import datetime as dt
from functools import partial
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.jobs import Watch
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.market.category_repository import CategoryRepository
from mercat.domain.market.pacing import LEASE, Outcome, Pace, following
from mercat.domain.market.ranking import record_best_sellers
from mercat.domain.market.sources import OpenSource
from mercat.sdk.errors import Rejected, VendorError
from mercat.sdk.market import BestSellers, Ranking

Slots = dict[UUID, tuple[str, str, dt.datetime]]


def ask_lists(runtime: Runtime, actor: Actor, opened: OpenSource, watch: Watch) -> tuple[int, list[str]]:
    """Ask for each list that is due: (how many were kept, why others were not). What concerns one alone stops no other.

    Raises what concerns them all; lists that were not told of are due as before.
    """
    open_ = runtime.attempt(partial(_take_up, source=opened.name), actor)
    kept, errors = 0, []
    try:
        for row_id, (external_id, place, slot) in list(open_.items()):
            watch.check()
            told, refused = _asked(opened, external_id, place)
            runtime.attempt(
                partial(_follow, row_id=row_id, slot=slot, told=told, refused=refused, provider=opened.provider), actor
            )
            del open_[row_id]
            kept += told is not None
            errors += [f"{external_id} at {place}: {refused.message}"] if refused else []
    finally:
        if open_:
            runtime.attempt(partial(_put_back, open_=open_), actor)
    return kept, errors


def _asked(opened: OpenSource, external_id: str, place: str) -> tuple[BestSellers | None, VendorError | None]:
    if not isinstance(opened.source, Ranking):
        return None, Rejected(f"the source {opened.name} ({opened.provider}) knows no lists of best sellers")
    try:
        return opened.source.best_sellers(external_id, place), None
    except Rejected as refused:
        return None, refused


def _take_up(unit: WriteUnit, source: str) -> Slots:
    """Lists that are asked for now, so that nobody else does meanwhile."""
    rows = CategoryRepository(unit.session).due(source, unit.now)
    found = {each.id: (each.external_id, each.marketplace, each.next_due_at or unit.now) for each in rows}
    for each in rows:
        each.last_attempt_at, each.next_due_at = unit.now, unit.now + LEASE
    unit.save()
    return found


def _follow(
    unit: WriteUnit,
    *,
    row_id: UUID,
    slot: dt.datetime,
    told: BestSellers | None,
    refused: VendorError | None,
    provider: str,
) -> None:
    if told is not None:
        record_best_sellers(unit, told, provider=provider)
    for row in CategoryRepository(unit.session).of_ids([row_id]):
        outcome: Outcome = "failed" if refused else "seen"
        then = following(Pace(row.id, row.track_every_s, slot, row.failure_count), outcome, unit.now)
        row.failure_count, row.last_error = then.failures, refused.message[:2_000] if refused else None
        # Whoever stopped watching it meanwhile is right.
        row.next_due_at = then.due_at if row.source else None
    unit.save()


def _put_back(unit: WriteUnit, open_: Slots) -> None:
    for row in CategoryRepository(unit.session).of_ids(list(open_)):
        row.next_due_at = open_[row.id][2] if row.source else None
    unit.save()
