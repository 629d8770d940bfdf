"""Calls that went out, and budgets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, or_, select, update

from mercat.core.database.bulk import Bulk
from mercat.core.database.results import rows_of
from mercat.core.ids import new_id_bytes
from mercat.core.repository import Repository
from mercat.domain.operations.models import ApiBudget, ApiUsage
from mercat.sdk.channels import Call

_COLUMNS = (
    "id",
    "service",
    "account",
    "endpoint",
    "status",
    "latency_ms",
    "request_count",
    "points",
    "rate_limit_remaining",
    "rate_limit_reset_at",
    "job_id",
    "recorded_at",
    "created_at",
    "updated_at",
)


class CallsRepository(Repository[ApiUsage]):
    """Rows of ``api_usage`` and ``api_budgets``."""

    model = ApiUsage

    def insert(self, calls: Sequence[Call], now: dt.datetime, *, account: UUID | None, job_id: UUID | None) -> None:
        """Write calls down."""
        bulk = Bulk(self.session.connection())
        time = bulk.time(now)
        of_account = None if account is None else bulk.id(account.bytes)
        of_job = None if job_id is None else bulk.id(job_id.bytes)
        rows = [
            (
                bulk.id(born),
                call.service[:50],
                of_account,
                call.endpoint[:255],
                call.status,
                round(call.latency_ms),
                1,
                call.cost,
                call.limit_remaining,
                None
                if call.limit_resets_s is None
                else bulk.time(now + dt.timedelta(seconds=min(call.limit_resets_s, 1e8))),
                of_job,
                time,
                time,
                time,
            )
            for born, call in zip(new_id_bytes(len(calls)), calls, strict=True)
        ]
        bulk.insert("api_usage", _COLUMNS, rows)

    def since(self, moment: dt.datetime) -> list[tuple[str, int, int, float, int]]:
        """(service, calls, errors, points, mean milliseconds) of each service."""
        rows = (
            select(
                ApiUsage.service,
                func.sum(ApiUsage.request_count),
                func.sum(case((ApiUsage.status.between(200, 399), 0), else_=1)),
                func.sum(func.coalesce(ApiUsage.points, 0.0)),
                func.avg(ApiUsage.latency_ms),
            )
            .where(ApiUsage.recorded_at >= moment)
            .group_by(ApiUsage.service)
        )
        found = self.session.execute(rows)
        return [(name, int(calls), int(bad), float(points), round(mean)) for name, calls, bad, points, mean in found]

    def sent(self, service: str, moment: dt.datetime) -> int:
        """How many calls went to a service since then."""
        rows = select(func.coalesce(func.sum(ApiUsage.request_count), 0)).where(
            ApiUsage.service == service, ApiUsage.recorded_at >= moment
        )
        return int(self.session.scalar(rows) or 0)

    def points(self, service: str, moment: dt.datetime) -> float:
        """What calls to a service cost since then, in its own points."""
        rows = select(func.coalesce(func.sum(ApiUsage.points), 0.0)).where(
            ApiUsage.service == service, ApiUsage.recorded_at >= moment
        )
        return float(self.session.scalar(rows) or 0.0)

    def budgets(self) -> dict[str, int]:
        """Calls a month by service."""
        return {each.service: each.monthly_calls for each in self.session.scalars(select(ApiBudget))}

    def unwarned(self, services: Collection[str], month: dt.datetime) -> dict[str, int]:
        """Of these services those with a budget that nobody was warned of this month, and how much it is."""
        rows = select(ApiBudget.service, ApiBudget.monthly_calls).where(
            ApiBudget.service.in_(services), _is_unwarned(month)
        )
        return {row.service: row.monthly_calls for row in self.session.execute(rows)}

    def mark_warned(self, service: str, month: dt.datetime, now: dt.datetime) -> bool:
        """Whether nobody had done so this month."""
        mark = update(ApiBudget).where(ApiBudget.service == service, _is_unwarned(month)).values(warned_at=now)
        return rows_of(self.session.execute(mark, execution_options={"synchronize_session": False})) == 1

    def set_budget(self, service: str, monthly_calls: int | None) -> None:
        """Put, change or remove a budget."""
        row = self.session.scalars(select(ApiBudget).where(ApiBudget.service == service)).one_or_none()
        if monthly_calls is None:
            if row is not None:
                self.session.delete(row)
        elif row is None:
            self.session.add(ApiBudget(service=service, monthly_calls=monthly_calls))
        else:
            # Another budget is another line to pass.
            row.monthly_calls, row.warned_at = monthly_calls, None


def _is_unwarned(month: dt.datetime) -> ColumnElement[bool]:
    return or_(ApiBudget.warned_at.is_(None), ApiBudget.warned_at < month)
