"""The database, over HTTP: its backups, its health and its figures, for administrators."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, Field, StrictBool
from starlette.responses import Response, StreamingResponse

from mercat.api.answers import CSV, JSONL, answer, download
from mercat.api.asking import Asked
from mercat.api.jobs import JobItem, accepted
from mercat.api.routes import Caller, House, Room, needs
from mercat.core.actor import Actor
from mercat.core.unit import Runtime
from mercat.domain.operations import service as operations
from mercat.domain.reports import service as reports

router = Room("Database")
_CHUNK = 1 << 16
_MEDIA_TYPES = {
    "csv": CSV,
    "jsonl": JSONL,
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
BackupName = Annotated[str, Path(max_length=200, pattern=r"^[\w.-]+\.zip$")]


def _as_a_file(permission: str) -> dict[str, Any]:
    said = needs(permission, refusals=(401, 403, 404, 422, 429), opens=True)
    schema = {"type": "string", "format": "binary"}
    contents = {each.partition(";")[0]: {"schema": schema} for each in _MEDIA_TYPES.values()}
    return {**said, "responses": {**said["responses"], 200: {"description": "The table", "content": contents}}}


class BackupAsked(Asked):
    """A backup in the server's backups folder."""

    description: str = Field("", max_length=500)
    form: Literal["auto", "native", "portable"] = "auto"
    encrypt: StrictBool = False


class BackupItem(BaseModel):
    """A backup. Of a `sealed` one only what its file tells is known; a `torn` one cannot be restored."""

    name: str
    created_at: str
    size: int | None
    state: Literal["whole", "sealed", "torn", "unread"]
    form: str | None
    dialect: str | None
    revision: str | None
    mercat: str | None
    description: str | None
    rows: int | None
    files: int | None


class Backups(BaseModel):
    """All of them, newest first."""

    data: list[BackupItem]
    total: int


class DatabaseHealth(BaseModel):
    """`ok`, `degraded` (look at it) or `failing` (it does not work), with what to do."""

    state: Literal["ok", "degraded", "failing"]
    checks: dict[str, dict[str, Any]]


class DatabaseFigures(BaseModel):
    """How large the database is, and each table with its rows; `grown` is how many it has more than on the day `since`."""

    dialect: str
    bytes: int
    since: dt.date | None
    tables: list[dict[str, Any]]


class SlowStatements(BaseModel):
    """`source` is the log, or PostgreSQL's own book of statements."""

    limit_s: float
    source: str
    data: list[dict[str, Any]]
    total: int


class HotQueries(BaseModel):
    """Statements with what they ask."""

    data: list[dict[str, str]]
    total: int


class QueryPlan(BaseModel):
    """`lines` as the database tells its plan; `is_scan`: it reads a whole table."""

    name: str
    question: str
    sql: str
    lines: list[str]
    indexes: list[str]
    is_scan: bool


class TableItem(BaseModel):
    """A table, or a view that somebody made. `kept_by`: by what alone its rows change."""

    name: str
    kind: Literal["table", "view"]
    columns: list[dict[str, str]]
    kept_by: str | None


class Tables(BaseModel):
    """What can be taken out."""

    data: list[TableItem]
    total: int


@router.get("/database/tables", response_model=Tables, **needs("operations.backup"))
def list_tables(runtime: House, caller: Caller) -> Response:
    """Every table and view, with its columns."""
    found = operations.list_tables(runtime, caller)
    return answer({"data": found, "total": len(found)})


@router.get(
    "/database/tables/{name}.{format}",
    response_class=StreamingResponse,
    **_as_a_file("operations.backup"),
)
def export_table(
    name: Annotated[str, Path(max_length=100, pattern=r"^\w+$")],
    format: Literal["csv", "jsonl", "xlsx", "parquet"],
    runtime: House,
    caller: Caller,
) -> Response:
    """A table of one moment, whole and without loss, as `mercat db export` writes it."""
    return download(_table_file(runtime, caller, name, format), _MEDIA_TYPES[format], f"{name}.{format}")


def _table_file(runtime: Runtime, caller: Actor, name: str, format: str) -> Iterator[bytes]:
    # Written first: a slow client must not hold a moment of the database open.
    with tempfile.TemporaryFile() as made:
        operations.write_table(runtime, caller, name, made, format)
        made.seek(0)
        while chunk := made.read(_CHUNK):
            yield chunk


@router.get("/backups", response_model=Backups, **needs("operations.backup"))
def list_backups(runtime: House, caller: Caller) -> Response:
    """The backups in the server's folder, newest first."""
    found = [{**asdict(each), "place": None} for each in operations.list_backups(runtime, caller)]
    for each in found:
        del each["place"]
    return answer({"data": found, "total": len(found)})


@router.post("/backups", status_code=202, response_model=JobItem, **needs("operations.backup"))
def make_backup(runtime: House, caller: Caller, asked: BackupAsked) -> Response:
    """Have a backup made by a worker; the job's result says what became of it."""
    job_id = runtime.attempt(lambda unit: operations.enqueue_backup(unit, **asked.model_dump()), caller)
    return accepted(runtime, caller, job_id)


@router.post("/backups/{name}/verify", status_code=202, response_model=JobItem, **needs("operations.backup"))
def verify_backup(name: BackupName, runtime: House, caller: Caller) -> Response:
    """Have a backup read whole by a worker; the job fails where it is not what its manifest says."""
    job_id = runtime.attempt(lambda unit: operations.enqueue_verify(unit, name), caller)
    return accepted(runtime, caller, job_id)


@router.get("/database/health", response_model=DatabaseHealth, **needs("operations.health"))
def database_health(runtime: House, caller: Caller) -> Response:
    """Connection, schema, indexes, dead rows, long transactions, free disk; 503 where something does not work."""
    found = operations.database_health(runtime, caller, is_thorough=False)
    return answer(found, 503 if found["state"] == operations.FAILING else 200)


@router.get("/database/stats", response_model=DatabaseFigures, **needs("operations.backup"))
def database_figures(
    runtime: House,
    caller: Caller,
    exact: Annotated[bool, Query(description="count every row, where servers would estimate")] = False,  # noqa: FBT002  # a query's parameter
) -> Response:
    """Rows and bytes of every table, largest first."""
    return answer(operations.database_figures(runtime, caller, is_exact=exact))


@router.get("/database/slow", response_model=SlowStatements, **needs("operations.logs"))
def slow_statements(runtime: House, caller: Caller, days: Annotated[int, Query(ge=1, le=3660)] = 7) -> Response:
    """Statements that took long, those first that took most time in all."""
    return answer(operations.slow_statements(runtime, caller, days=days))


@router.get("/database/queries", response_model=HotQueries, **needs("operations.backup"))
def list_queries(runtime: House, caller: Caller) -> Response:
    """The statements that are asked all the time, by name."""
    with runtime.read(caller) as unit:
        found = reports.list_hot_queries(unit)
    return answer({"data": found, "total": len(found)})


@router.get("/database/queries/{name}", response_model=QueryPlan, **needs("operations.backup"))
def explain_query(name: Annotated[str, Path(max_length=50)], runtime: House, caller: Caller) -> Response:
    """How the database goes about one of them. It is not run."""
    with runtime.read(caller) as unit:
        return answer(reports.explain_query(unit, name))
