"""Log lines in the database: beside the work, never in its transaction, with whom and what they are about."""

import datetime as dt
import json
from dataclasses import dataclass
from uuid import uuid4

import pytest
import structlog
from sqlalchemy import text
from structlog.contextvars import bound_contextvars

from mercat.core.actor import Actor
from mercat.core.errors import Forbidden, Invalid
from mercat.core.jobs import JobContext, Message, handles
from mercat.core.log import get_logger
from mercat.core.secrets import new_key
from mercat.core.unit import Runtime
from mercat.domain.operations import service as operations
from mercat.domain.operations.models import SystemLog
from tests.core.jobs.conftest import ended, working

ME = Actor("user", "Ada")
log = get_logger(__name__)


@dataclass(frozen=True)
class Grumble(Message, kind="testing.grumble"):
    """Log a line, and fail."""


@handles(Grumble)
def grumble(_job: JobContext, _message: Grumble) -> None:
    log.warning("grumbled")
    message = "no such luck"
    raise ValueError(message)


def lines(runtime: Runtime, **asked: object) -> list[SystemLog]:
    with runtime.read(ME) as unit:
        return operations.list_logs(unit, **asked).data  # type: ignore[arg-type]


def test_a_line_is_kept_whole(runtime: Runtime) -> None:
    user, job, session = uuid4(), uuid4(), "s1"
    with (
        operations.keeping_logs(runtime),
        bound_contextvars(user_id=str(user), job_id=str(job), session_id=session, request_id="r-1", actor="Ada"),
    ):
        log.warning("feed_went_wrong", message="a % and ä \x00\x01 and \ud800", rows=3, nested={"a": [1, None]})
        try:
            raise KeyError("gone")  # noqa: TRY301
        except KeyError:
            log.exception("job_broke")

    broke, wrong = lines(runtime)

    assert (wrong.level, wrong.event, wrong.message) == ("warning", "feed_went_wrong", "a % and ä  and ?")
    assert wrong.data == {"rows": 3, "nested": {"a": [1, None]}}
    assert (wrong.user_id, wrong.job_id, wrong.session_id, wrong.request_id) == (user, job, "s1", "r-1")
    assert (wrong.actor, wrong.logger_name, wrong.module) == ("Ada", __name__, "test_logs")
    assert wrong.function == "test_a_line_is_kept_whole"
    assert broke.level == "error"
    assert broke.stack_trace is not None
    assert "KeyError: 'gone'" in broke.stack_trace


def test_a_line_of_a_transaction_that_is_rolled_back_stays_and_waits_for_nobody(runtime: Runtime) -> None:
    with operations.keeping_logs(runtime):
        with pytest.raises(ZeroDivisionError), runtime.write(ME):
            log.warning("inside")
            raise ZeroDivisionError
        log.warning("outside")

    assert [each.event for each in lines(runtime)] == ["outside", "inside"]


def test_a_jobs_lines_bear_its_id_its_actor_and_the_request_that_asked_for_it(runtime: Runtime) -> None:
    with operations.keeping_logs(runtime):
        with bound_contextvars(request_id="req-7"), runtime.write(ME) as unit:
            job_id = unit.enqueue(Grumble())
        with working(runtime):
            ended(runtime, job_id)

    found = lines(runtime, job_id=job_id)

    assert {each.event for each in found} >= {"grumbled", "job_failed"}
    assert {(each.request_id, each.actor) for each in found} == {("req-7", "Ada")}


def test_lines_are_found_by_level_time_request_and_text(runtime: Runtime) -> None:
    with operations.keeping_logs(runtime):
        log.info("low", reason="50% off_sale")
        with bound_contextvars(request_id="r-9"):
            log.error("high", message="Out of Luck")

    assert [each.event for each in lines(runtime, level="warning")] == ["high"]
    assert [each.event for each in lines(runtime, request_id="r-9")] == ["high"]
    assert [each.event for each in lines(runtime, q="luck")] == ["high"]
    assert [each.event for each in lines(runtime, q="0% off_")] == ["low"]
    assert lines(runtime, q="0%%off") == []
    with runtime.read() as unit:
        soon = unit.now + dt.timedelta(hours=1)
    assert lines(runtime, since=soon) == []
    with pytest.raises(Invalid, match="there are debug, info"):
        lines(runtime, level="loud")


def test_who_may_not_read_logs_does_not(runtime: Runtime) -> None:
    with runtime.read(Actor("user", "Bob", frozenset({"catalog.read"}))) as unit, pytest.raises(Forbidden):
        operations.list_logs(unit)


def test_the_level_is_a_configuration(runtime: Runtime) -> None:
    with runtime.write(ME) as unit:
        operations.set_configuration(unit, runtime.secrets, "logs.level", "ERROR")
    with operations.keeping_logs(runtime):
        log.warning("not_kept")
        log.error("kept")

    assert [each.event for each in lines(runtime)] == ["kept"]


def test_no_secret_that_was_opened_reaches_the_table_or_standard_error(
    sqlite_runtime: Runtime, capsys: pytest.CaptureFixture[str]
) -> None:
    runtime, planted = sqlite_runtime, f"shpat_{new_key()}"
    sealed = runtime.secrets.seal({"token": planted}, "here")
    opened = runtime.secrets.open(sealed, "here")["token"]
    with operations.keeping_logs(runtime):
        log.error("vendor_refused", reason=f"no such key {opened}", body={"echo": [f"<{opened}>"]})
        try:
            raise ValueError(f"sent {opened}")  # noqa: TRY301
        except ValueError:
            log.exception("broke")

    with runtime.engine.connect() as connection:
        table = json.dumps([list(map(str, row)) for row in connection.execute(text("SELECT * FROM system_logs"))])

    assert "no such key ***" in table
    assert planted not in table + "".join(capsys.readouterr())
    assert structlog.contextvars.get_contextvars() == {}
