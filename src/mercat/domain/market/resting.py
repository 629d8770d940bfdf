"""Sources that do not answer: left alone for a while, told of, and asked again by themselves."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from mercat.core.log import get_logger
from mercat.core.unit import WriteUnit
from mercat.domain.alerts import service as alerts
from mercat.domain.market.models import MarketSourceAccount
from mercat.domain.market.pacing import resting
from mercat.domain.market.source_repository import DueRepository, SourceRepository
from mercat.sdk.errors import RateLimited, Unauthorized, VendorError

log = get_logger(__name__)


def note_success(unit: WriteUnit, source_id: UUID) -> None:
    """It answered: whatever was said of it is over."""
    row = SourceRepository(unit.session).get(source_id)
    has_failed = row.failure_count > 0 or row.last_error is not None
    row.last_attempt_at = row.last_success_at = unit.now
    row.failure_count, row.last_error, row.resume_at = 0, None, None
    unit.save()
    if has_failed:
        settle(unit, row)


def note_answer(unit: WriteUnit, row: MarketSourceAccount) -> None:
    """It lets us in: it is awake, and asked again as soon as something is due."""
    row.paused_reason = row.resume_at = row.last_error = None
    row.failure_count = 0
    settle(unit, row)


def settle(unit: WriteUnit, row: MarketSourceAccount) -> None:
    """Nothing is the matter with it any more, or nobody asks it."""
    for kind in ("feed_stale", "account_unauthorized"):
        alerts.clear(unit, kind, [_subject(row)])


def rest(unit: WriteUnit, source_id: UUID, failed: VendorError) -> None:
    """Leave it alone for as long as it says, or longer with each failure; for a person where it lets us in no more."""
    row = SourceRepository(unit.session).get(source_id)
    row.last_attempt_at, row.last_error = unit.now, failed.message[:2_000]
    if isinstance(failed, RateLimited):
        row.resume_at = unit.now + dt.timedelta(seconds=failed.after_s)
        unit.save()
        return
    row.failure_count += 1
    row.resume_at = resting(row.failure_count, unit.now)
    if isinstance(failed, Unauthorized):
        row.paused_reason = failed.message[:2_000]
        signal = alerts.Signal("account_unauthorized", _subject(row), f"{row.name} lets us in no more", failed.message)
        alerts.raise_once(unit, signal)
    unit.save()
    log.warning("market_source_failed", source=row.name, error=failed.message, failures=row.failure_count)
    _tell_of_silence(unit, row)


def note_refusal(unit: WriteUnit, name: str, why: str) -> None:
    """It was not asked at all: paused, or out of budget. Its listings stay due, and it says why."""
    row = SourceRepository(unit.session).by_name(name)
    row.last_attempt_at, row.last_error = unit.now, why[:2_000]
    # Budgets are of months; a person may give more at any time.
    row.resume_at = unit.now + dt.timedelta(minutes=15)
    unit.save()
    _tell_of_silence(unit, row)


def _tell_of_silence(unit: WriteUnit, row: MarketSourceAccount) -> None:
    """How many of its own rhythms it has been silent for; the rule says when that is too many."""
    every_s = DueRepository(unit.session).shortest(row.name)
    if every_s is None:
        return
    since = row.last_success_at or row.created_at
    missed = Decimal(int((unit.now - since).total_seconds())) / every_s
    title = f"The market's source {row.name} has told nothing since {since:%Y-%m-%d %H:%M} UTC"
    signal = alerts.Signal(
        "feed_stale", _subject(row), title, row.last_error or "", measure=missed.quantize(Decimal("0.01"))
    )
    alerts.raise_once(unit, signal)


def _subject(row: MarketSourceAccount) -> alerts.Subject:
    return alerts.Subject("market_source", str(row.id), row.name)
