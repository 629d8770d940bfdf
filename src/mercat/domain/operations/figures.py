"""Figures of the work itself, for whoever decides what needs a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from mercat.core.jobs.models import Schedule
from mercat.core.schedule import next_cron
from mercat.core.unit import ReadUnit
from mercat.domain.operations.configurable import HEALTH_STALE
from mercat.domain.operations.configuring import value_of
from mercat.domain.operations.health_repository import HealthRepository
from mercat.domain.operations.job_repository import ScheduleRepository
from mercat.domain.operations.models import SyncFreshness
from mercat.domain.operations.repository import FreshnessRepository

_LATELY = dt.timedelta(hours=1)
# Of fewer jobs a rate says nothing.
_FEWEST = 20
_HOUR_S = 3600


@dataclass(frozen=True)
class JobFigures:
    """Jobs: given up, waiting although their time has come, and how many percent of the last hour's were given up."""

    dead: int
    waiting: int
    failed_pct: float | None


@dataclass(frozen=True)
class Silence:
    """What moves from there to there: for how long nothing of it went well, and how often it should."""

    sync_type: str
    source: str
    target: str
    silent_s: float
    rhythm_s: float

    @property
    def name(self) -> str:
        """What people call it: the feed, or the store."""
        return self.source if self.target in {"", "catalogue"} else self.target or self.source


def job_figures(unit: ReadUnit) -> JobFigures:
    """Of the moment, each from an index."""
    repository = HealthRepository(unit.session)
    done, failed = repository.ended(unit.now - _LATELY)
    pct = failed * 100 / (done + failed) if done + failed >= _FEWEST else None
    return JobFigures(repository.failed(), repository.waiting(unit.now), pct)


def silences(unit: ReadUnit) -> list[Silence]:
    """Everything that has a rhythm: a schedule of its own, or the hours of ``health.stale_hours``."""
    schedules = ScheduleRepository(unit.session).active()
    general_s = value_of(unit, HEALTH_STALE) * _HOUR_S
    found = []
    for each in FreshnessRepository(unit.session).listed():
        rhythm_s = _rhythm_s(each, schedules, unit.now) or general_s
        if rhythm_s:
            silent_s = (unit.now - (each.last_success_at or each.created_at)).total_seconds()
            found.append(Silence(each.sync_type, each.sync_source, each.sync_target, silent_s, rhythm_s))
    return found


def _rhythm_s(run: SyncFreshness, schedules: Sequence[Schedule], now: dt.datetime) -> float:
    """Seconds between two firings of the schedule that has it done; 0 where none does."""
    names = {run.sync_source, run.sync_target} - {"", "catalogue"}
    for each in schedules:
        if names & {each.payload.get("name"), each.payload.get("store")}:
            if each.every_s is not None:
                return each.every_s
            first = next_cron(each.cron or "", now, each.timezone)
            return (next_cron(each.cron or "", first, each.timezone) - first).total_seconds()
    return 0.0
