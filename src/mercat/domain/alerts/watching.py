"""Watching: what no event tells of - silence, queues, rates, credentials that run out, snoozes that end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from mercat.core.jobs.models import Schedule
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.access import service as access
from mercat.domain.alerts.handling import wake_snoozed
from mercat.domain.alerts.messages import Looking, Watch
from mercat.domain.alerts.raising import clear_others, judge
from mercat.domain.alerts.schemas import Signal, Subject, Tally, short_id
from mercat.domain.operations import service as operations

SCHEDULE = "alerts"
_EVERY_S = 300
_SOON = dt.timedelta(days=30)


def watch(unit: WriteUnit) -> dict[str, int]:
    """Look at all of it once, and let the rooms above look too; how many alerts were opened and resolved."""
    woken = wake_snoozed(unit)
    stale, keys = _stale(unit), _keys(unit)
    tallies = [
        judge(unit, [*signals_of_jobs(unit), *stale, *keys]),
        clear_others(unit, "token_expiring", "api_key", [each.subject.id for each in keys]),
        clear_others(unit, "feed_stale", "feed", [each.subject.id for each in stale]),
        _budgets(unit),
    ]
    unit.announce(Looking())
    opened, resolved = sum(len(each.opened) for each in tallies), sum(len(each.resolved) for each in tallies)
    return {"opened": opened, "resolved": resolved, "woken": woken}


def ensure_watch(unit: WriteUnit) -> None:
    """Have ``watch`` run every five minutes, unless a schedule of that name is there already."""
    if operations.find_schedule(unit, SCHEDULE) is None:
        next_at = unit.now + dt.timedelta(seconds=_EVERY_S)
        schedule = Schedule(name=SCHEDULE, kind=Watch.kind, payload={}, queue=Watch.queue, every_s=_EVERY_S)
        schedule.timezone, schedule.next_at, schedule.actor = "UTC", next_at, unit.actor.name
        unit.add(schedule)


def signals_of_jobs(unit: ReadUnit) -> list[Signal]:
    """Jobs that were given up, that wait, and how many fail."""
    figures = operations.job_figures(unit)
    system = Subject("system", "jobs", "jobs")
    signals = [
        Signal(
            "job_dead_letter",
            system,
            f"{figures.dead:,} jobs were given up",
            "Each says why it failed; what is mended is done again when you ask for it.",
            measure=Decimal(figures.dead),
        ),
        Signal(
            "queue_depth",
            system,
            f"{figures.waiting:,} jobs wait although their time has come",
            "Either no worker is alive, or more comes in than they can do.",
            measure=Decimal(figures.waiting),
        ),
    ]
    if figures.failed_pct is not None:
        pct = Decimal(str(round(figures.failed_pct, 2)))
        title = f"{pct} % of the last hour's jobs failed"
        text = "What fails is tried again by itself; what was given up says why."
        signals.append(Signal("failure_rate", system, title, text, measure=pct))
    return signals


def _stale(unit: ReadUnit) -> list[Signal]:
    signals = []
    for each in operations.silences(unit):
        times = Decimal(str(round(each.silent_s / each.rhythm_s, 2)))
        hours = each.silent_s / 3600
        said = each.sync_type.replace("_", " ")
        signals.append(
            Signal(
                "feed_stale",
                Subject("feed", short_id(f"{each.sync_type}:{each.source}:{each.target}"), each.name),
                f"{said} of {each.name}: nothing went well for {hours:,.1f} hours",
                f"It should every {each.rhythm_s / 3600:,.1f} hours. Its last runs say what happened.",
                measure=times,
                facts={"sync_type": each.sync_type, "silent_s": round(each.silent_s)},
            )
        )
    return signals


def _keys(unit: ReadUnit) -> Sequence[Signal]:
    """API keys that run out."""
    return [
        Signal(
            "token_expiring",
            Subject("api_key", str(each.id), each.name),
            f"The API key {each.name} ({each.prefix}…) of {each.username} runs out on {each.expires_at:%Y-%m-%d}",
            "Make another one before, and give it to the program that comes in with this one.",
            measure=Decimal(str(round((each.expires_at - unit.now).total_seconds() / 86_400, 2))),
        )
        for each in access.list_expiring_keys(unit, unit.now, unit.now + _SOON)
        if each.expires_at is not None
    ]


def _budgets(unit: WriteUnit) -> Tally:
    """A new month, or a larger budget: what was nearly spent is not any more."""
    return clear_others(unit, "budget_nearly_spent", "service", operations.nearly_spent(unit))
