"""The log in the database: kept beside the work, and searched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from mercat.core.errors import Invalid
from mercat.core.jobs.running import reason_of
from mercat.core.log import LogLine, get_logger
from mercat.core.log_keeping import LogKeeper
from mercat.core.page import Page
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.operations.configurable import LOG_LEVEL
from mercat.domain.operations.configuring import value_of
from mercat.domain.operations.logs_repository import LEVELS, LogRepository
from mercat.domain.operations.models import SystemLog

log = get_logger(__name__)


@contextmanager
def keeping_logs(runtime: Runtime) -> Iterator[LogKeeper]:
    """While this lasts, what is logged at ``logs.level`` or above goes to the table as well.

    Lines are written by a thread of its own, in batches; where the database does not answer they are lost and counted,
    and nobody waits for them, at the end two seconds at most.
    """

    def write(lines: Sequence[LogLine]) -> None:
        def insert(unit: WriteUnit) -> None:
            LogRepository(unit.session).insert(lines)

        runtime.attempt(insert)

    def level() -> str:
        with runtime.read() as unit:
            return value_of(unit, LOG_LEVEL)

    keeper = LogKeeper(write, level)
    try:
        begin = level()
    except Exception as failed:  # noqa: BLE001  # a server starts without its database, and waits for it
        log.warning("database_away", reason=reason_of(failed))
        begin = LOG_LEVEL.default
    keeper.start(begin)
    try:
        yield keeper
    finally:
        keeper.close()


def list_logs(
    unit: ReadUnit,
    *,
    level: str | None = None,
    since: dt.datetime | None = None,
    job_id: UUID | None = None,
    request_id: str | None = None,
    q: str | None = None,
    page: int = 1,
    per_page: int = 50,
) -> Page[SystemLog]:
    """Lines, newest first: at a level or above, since an instant, of a job or a request, with a text. Raises ``Invalid``.

    The page's total goes up to 10,000.
    """
    unit.actor.require("operations.logs")
    if level is not None and level.lower() not in LEVELS:
        message = f"{level!r} is no level: there are {', '.join(LEVELS)}"
        raise Invalid(message, field="level")
    return LogRepository(unit.session).found(
        level=None if level is None else level.lower(),
        since=since,
        job_id=job_id,
        request_id=request_id,
        q=q,
        page=page,
        per_page=per_page,
    )
