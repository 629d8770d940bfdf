"""Jobs and schedules as people see them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, func, select

from mercat.core.errors import NotFound
from mercat.core.jobs.models import Job, JobEvent, Schedule
from mercat.core.page import Page
from mercat.core.repository import Repository


class JobViewRepository(Repository[Job]):
    """Jobs, newest first."""

    model = Job

    def get_by_reference(self, reference: str) -> Job:
        """By id or the end of one. Raises ``NotFound``."""
        found = self.by_reference(reference)
        if found is None:
            message = f"no job {reference}: mercat jobs list shows them"
            raise NotFound(message)
        return found

    def newest(self, *, status: str | None, kind: str | None, page: int, per_page: int) -> Page[Job]:
        """Of one status or all, of one kind or all."""
        rows = select(Job).order_by(Job.created_at.desc(), Job.id.desc())
        if status is not None:
            rows = rows.where(Job.status == status)
        if kind is not None:
            rows = rows.where(Job.kind == kind)
        return self.paged(rows, page=page, per_page=per_page)

    def counts(self) -> dict[str, int]:
        """How many there are of each status."""
        rows = select(Job.status, func.count()).group_by(Job.status)
        return {str(row[0]): int(row[1]) for row in self.session.execute(rows)}


class JobEventRepository(Repository[JobEvent]):
    """The logs of jobs, oldest first."""

    model = JobEvent

    def of(self, job_id: UUID, *, after: UUID | None, most: int, is_latest: bool = False) -> list[JobEvent]:
        """Lines after one that is known already: the first of them, or the last."""
        rows = select(JobEvent).where(JobEvent.job_id == job_id).limit(most)
        if after is not None:
            rows = rows.where(JobEvent.id > after)
        if not is_latest:
            return list(self.session.scalars(rows.order_by(JobEvent.id)))
        return list(self.session.scalars(rows.order_by(JobEvent.id.desc())))[::-1]


class ScheduleRepository(Repository[Schedule]):
    """Schedules by name."""

    model = Schedule

    def by_name(self, name: str) -> Schedule | None:
        """The schedule of this name, or ``None``."""
        return self.find_by(name=name)

    def get_by_name(self, name: str) -> Schedule:
        """Raises ``NotFound``."""
        found = self.by_name(name)
        if found is None:
            message = f"there is no schedule called {name}; mercat schedule list shows them"
            raise NotFound(message)
        return found

    def active(self) -> list[Schedule]:
        """Those that fire, by name."""
        return list(self.session.scalars(select(Schedule).where(Schedule.is_active).order_by(Schedule.name)))

    def listed(self, *, page: int, per_page: int) -> Page[Schedule]:
        """By name."""
        return self.paged(select(Schedule).order_by(Schedule.name), page=page, per_page=per_page)

    def remove(self, schedule: Schedule) -> None:
        """Its jobs stay."""
        self.session.execute(delete(Schedule).where(Schedule.id == schedule.id))
