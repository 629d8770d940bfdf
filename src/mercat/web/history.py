"""What went in and out, run by run; and what the system logged."""

from __future__ import annotations

from typing import Literal

from starlette.responses import Response

from mercat.domain.operations import service as operations
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.tables import Column, Empty, Filter, Index, Listed, View

router = Pages()
_SYNC_TYPES = (
    ("feed_import", "Import"),
    ("store_publish", "Publish"),
    ("store_pull", "Look at a store"),
    ("market_refresh", "Look at the market"),
)
SYNC = Listed(
    operations.SYNC_LOGS,
    Index(
        url="/sync",
        title="Sync history",
        one="run",
        columns=(
            Column("sync_type", "What", "run"),
            Column("status", "Status", "status"),
            Column("items_processed", "Done", "counted", is_number=True),
            Column("items_failed", "Failed", "failed", is_number=True, drops=1),
            Column("actor", "By", drops=2),
            Column("completed_at", "Took", "took", is_number=True, drops=1),
            Column("started_at", "When", "time", sort="started_at", is_number=True),
        ),
        also=("sync_source", "sync_target", "total_items", "items_skipped", "message", "job_id", "change_set_id"),
        filters=(
            Filter("sync_type", "What", _SYNC_TYPES),
            Filter("status", "Status", tuple((each, each.capitalize()) for each in ("running", "success", "partial", "failed", "cancelled"))),
            Filter("sync_source", "From"),
            Filter("sync_target", "To"),
            Filter("started_at", "When", is_range=True, is_date=True),
        ),
        views=(
            View("All"),
            View("In", {"sync_type": "feed_import"}),
            View("Out", {"sync_type": "store_publish"}),
            View("Failed", {"status": "failed"}),
        ),
        search="Find in messages",
        empty=Empty("Nothing went in or out yet", "Every import, every publishing and every look at a store is kept here."),
    ),
)  # fmt: skip
LOGS = Listed(
    operations.SYSTEM_LOGS,
    Index(
        url="/logs",
        title="Logs",
        one="line",
        columns=(
            Column("created_at", "When", "moment"),
            Column("level", "Level", "level"),
            Column("event", "What", "said"),
            Column("actor", "By", drops=1),
            Column("job_id", "Job", "job", drops=1),
        ),
        also=("message", "data", "request_id", "logger_name"),
        filters=(
            Filter("level", "Level", tuple((each, each.capitalize()) for each in ("debug", "info", "warning", "error", "critical"))),
            Filter("event", "Event"),
            Filter("actor", "By"),
            Filter("job_id", "Job"),
            Filter("request_id", "Request"),
            Filter("created_at", "When", is_range=True, is_date=True),
        ),
        views=(View("All"), View("Warnings", {"level": "warning"}), View("Errors", {"level": "error"})),
        search="Find by event or message",
        empty=Empty("Nothing was logged", "What is worth knowing later is kept here from the first warning on."),
    ),
)  # fmt: skip


@router.get("/sync", **needs("operations.read"))
def list_runs(runtime: House, caller: Caller, page: Shown) -> Response:
    """Everything that went in or out."""
    with runtime.read(caller) as unit:
        table = SYNC.table(unit, page)
    return page.show("history/sync.html", table=table)


@router.get("/sync.{ending}", **needs("operations.read"))
def runs_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All that fit, a line each."""
    return SYNC.file(page, runtime, caller, ending)


@router.get("/logs", **needs("operations.logs"))
def list_logs(runtime: House, caller: Caller, page: Shown) -> Response:
    """What the system logged, newest first."""
    with runtime.read(caller) as unit:
        table = LOGS.table(unit, page)
    return page.show("history/logs.html", table=table)


@router.get("/logs.{ending}", **needs("operations.logs"))
def logs_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All that fit, a line each."""
    return LOGS.file(page, runtime, caller, ending)
