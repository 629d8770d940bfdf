"""Lines that were logged."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, cast, func, literal, or_, select

from mercat.core.database.bulk import Bulk
from mercat.core.ids import new_id_bytes
from mercat.core.jobs.context import sayable
from mercat.core.log import LogLine
from mercat.core.page import Page
from mercat.core.repository import Repository
from mercat.domain.operations.models import SystemLog

_COLUMNS = (
    "id", "level", "event", "message", "logger_name", "module", "function", "line_number", "actor", "user_id", "job_id",
    "session_id", "request_id", "data", "stack_trace", "created_at", "updated_at",
)  # fmt: skip
LEVELS = ("debug", "info", "warning", "error", "critical")
# Counting further would read the whole of a large table for every page of it.
MOST_COUNTED = 10_000


class LogRepository(Repository[SystemLog]):
    """Lines, newest first."""

    model = SystemLog

    def insert(self, lines: Sequence[LogLine]) -> None:
        """Write lines down, in one statement."""
        bulk = Bulk(self.session.connection())
        bulk.insert(
            "system_logs",
            _COLUMNS,
            [_row(bulk, born, line) for born, line in zip(new_id_bytes(len(lines)), lines, strict=True)],
        )

    def slow(self, event: str, since: dt.datetime) -> list[dict[str, Any]]:
        """Slow statements by their text: how often, seconds in all and at most; of the newest lines."""
        lines = select(SystemLog.data).where(
            SystemLog.level == "info", SystemLog.event == event, SystemLog.created_at >= since
        )
        took: dict[str, list[float]] = {}
        for data in self.session.scalars(lines.order_by(SystemLog.created_at.desc()).limit(MOST_COUNTED)):
            if data:
                took.setdefault(str(data.get("statement")), []).append(float(data.get("seconds") or 0))
        found = [
            {"statement": text, "times": len(all_), "total_s": round(sum(all_), 3), "longest_s": max(all_)}
            for text, all_ in took.items()
        ]
        return sorted(found, key=lambda each: -float(str(each["total_s"])))

    def found(
        self,
        *,
        level: str | None,
        since: dt.datetime | None,
        job_id: UUID | None,
        request_id: str | None,
        q: str | None,
        page: int,
        per_page: int,
    ) -> Page[SystemLog]:
        """Those that fit. The total is exact up to ``MOST_COUNTED``."""
        rows = select(SystemLog)
        if level is not None:
            rows = rows.where(SystemLog.level.in_(LEVELS[LEVELS.index(level) :]))
        if since is not None:
            rows = rows.where(SystemLog.created_at >= since)
        if job_id is not None:
            rows = rows.where(SystemLog.job_id == job_id)
        if request_id is not None:
            rows = rows.where(SystemLog.request_id == request_id)
        if q:
            texts = (SystemLog.event, SystemLog.message, SystemLog.stack_trace, cast(SystemLog.data, Text))
            rows = rows.where(or_(*(func.lower(text).contains(q.lower(), autoescape=True) for text in texts)))
        return self.paged(rows.order_by(SystemLog.id.desc()), page=page, per_page=per_page, total=self._counted(rows))

    def _counted(self, rows: Select[Any]) -> int:
        some = rows.with_only_columns(literal(1)).limit(MOST_COUNTED).subquery()
        return self.session.scalar(select(func.count()).select_from(some)) or 0


def _row(bulk: Bulk, born: bytes, line: LogLine) -> tuple[Any, ...]:
    facts = dict(line.data)
    message = facts.pop("message", None)
    user_id, job_id = _id(facts, "user_id"), _id(facts, "job_id")
    time = bulk.time(line.at)
    return (
        bulk.id(born),
        line.level,
        _text(line.event, 255),
        None if message is None else _text(message),
        _text(line.logger_name, 255),
        _text((line.logger_name or "").rpartition(".")[2] or None, 255),
        _text(line.function, 255),
        line.line_number,
        _text(facts.pop("actor", None), 255),
        None if user_id is None else bulk.id(user_id.bytes),
        None if job_id is None else bulk.id(job_id.bytes),
        _text(facts.pop("session_id", None), 64),
        _text(facts.pop("request_id", None), 64),
        sayable(json.dumps(facts, ensure_ascii=False)) if facts else None,
        _text(line.stack_trace),
        time,
        time,
    )


def _id(facts: dict[str, Any], name: str) -> UUID | None:
    """Taken out of the facts if it is an id; what is none stays among them."""
    try:
        found = UUID(str(facts[name]))
    except (KeyError, ValueError):
        return None
    del facts[name]
    return found


def _text(value: object, most: int | None = None) -> str | None:
    # A control character would end up as the sign for NULL in PostgreSQL's COPY.
    return None if value is None else sayable(str(value)).replace("\x01", "")[:most]
