"""Figures for who watches: each from an index, and none that grows with the catalogue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, literal, select
from sqlalchemy.orm import Session

from mercat.core.ids import first_id
from mercat.core.jobs.models import COMPLETED, FAILED, PENDING, RUNNING, Job
from mercat.domain.operations.models import ApiUsage, SyncHistory, SystemLog, WebhookDelivery
from mercat.domain.operations.webhook_repository import DEAD

# Nobody needs to know whether ten thousand or a million wait, and counting further takes long.
MOST_COUNTED = 10_000
# Where the rows themselves have to be read, and not an index alone.
_MOST_READ = 1_000
_MOST_CALLS = 5_000


@dataclass(frozen=True)
class Calls:
    """What was asked of a service lately."""

    service: str
    calls: int
    errors: int
    points: float
    cost: float
    seconds: float


class HealthRepository:
    """Counts up to ``MOST_COUNTED``."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def waiting(self, now: dt.datetime) -> int:
        """Jobs whose time has come and that nobody has begun."""
        return self._up_to(select(literal(1)).where(Job.status == PENDING, Job.run_after <= now))

    def oldest_wait(self, now: dt.datetime) -> dt.datetime | None:
        """Since when the one waits that has waited longest; found at one end of an index."""
        due = (Job.status == PENDING, Job.run_after <= now)
        fresh = select(Job.run_after).where(*due, Job.handed_at.is_(None)).order_by(Job.run_after).limit(1)
        handed = select(Job.run_after).where(*due, Job.handed_at.is_not(None)).order_by(Job.handed_at).limit(1)
        found = [each for each in (self.session.scalar(fresh), self.session.scalar(handed)) if each is not None]
        return min(found, default=None)

    def failed(self) -> int:
        """Jobs that were given up and wait for a person."""
        return self._up_to(select(literal(1)).where(Job.status == FAILED))

    def ended(self, since: dt.datetime) -> tuple[int, int]:
        """(how many went well, how many were given up) of the jobs that began to exist since then."""
        some = self._some((Job.status,), (Job.id >= first_id(since)) & Job.status.in_((COMPLETED, FAILED)))
        counts = dict(self._grouped(some))
        return counts.get(COMPLETED, 0), counts.get(FAILED, 0)

    def jobs(self) -> list[tuple[str, str, int]]:
        """(kind, status, how many) of what waits, runs, or was given up; up to a thousand of each status."""
        found = []
        for status in (PENDING, RUNNING, FAILED):
            some = select(Job.kind).where(Job.status == status).limit(_MOST_READ).subquery()
            rows = select(some.c.kind, func.count()).group_by(some.c.kind)
            found += [(str(kind), status, int(count)) for kind, count in self.session.execute(rows)]
        return found

    def runs(self, since: dt.datetime) -> list[tuple[str, str, int]]:
        """(type, status, how many) of the runs that began since then."""
        some = self._some((SyncHistory.sync_type, SyncHistory.status), SyncHistory.started_at >= since)
        return self._grouped(some)

    def lines(self, since: dt.datetime) -> list[tuple[str, int]]:
        """(level, how many) of the log lines since then."""
        some = self._some((SystemLog.level,), SystemLog.created_at >= since)
        return [(level, count) for level, count in self._grouped(some)]

    def deliveries(self) -> dict[str, int]:
        """Webhooks that wait, and that were given up."""
        return {
            status: self._up_to(select(literal(1)).where(WebhookDelivery.status == status))
            for status in (PENDING, DEAD)
        }

    def calls(self, since: dt.datetime) -> list[Calls]:
        """What was asked of each service since then: read from the end of the primary key, for ids tell the time."""
        some = (
            select(ApiUsage.service, ApiUsage.status, ApiUsage.points, ApiUsage.cost, ApiUsage.latency_ms)
            .where(ApiUsage.id >= first_id(since))
            .limit(_MOST_CALLS)
            .subquery()
        )
        rows = select(
            some.c.service,
            func.count(),
            func.sum(case((some.c.status.between(200, 399), 0), else_=1)),
            func.sum(func.coalesce(some.c.points, 0.0)),
            func.sum(some.c.cost),
            func.sum(some.c.latency_ms),
        ).group_by(some.c.service)
        return [
            Calls(str(name), int(count), int(bad), float(points), float(cost or 0), int(took) / 1000)
            for name, count, bad, points, cost, took in self.session.execute(rows)
        ]

    def _up_to(self, rows: Select[Any]) -> int:
        return self.session.scalar(select(func.count()).select_from(rows.limit(MOST_COUNTED).subquery())) or 0

    def _some(self, columns: Sequence[Any], where: Any) -> Any:
        return select(*columns).where(where).limit(MOST_COUNTED).subquery()

    def _grouped(self, some: Any) -> list[Any]:
        columns = list(some.c)
        return [tuple(row) for row in self.session.execute(select(*columns, func.count()).group_by(*columns))]
