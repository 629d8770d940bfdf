"""Single tables as files and back, for who looks after the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from mercat.core.actor import Actor
from mercat.core.database.rows import AT_ONCE
from mercat.core.database.tables.files import CSV, XLSX, format_of, header_of, lines_of, sink
from mercat.core.database.tables.loading import Loaded, TableLoad
from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.files import hash_file, whole_file
from mercat.core.jobs.watch import UNWATCHED, Watch
from mercat.core.log import get_logger
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.operations.messages import DatabaseRestored
from mercat.domain.operations.runs import RunResult, begin_run, finish_run
from mercat.domain.operations.table_repository import TableRepository
from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds.archives import Member
from mercat.sdk.feeds.options import ReadOptions
from mercat.sdk.feeds.workbook import read_workbook

log = get_logger(__name__)
SYNC_TYPE = "table_import"


@dataclass(frozen=True)
class TableExport:
    """A file that was written."""

    table: str
    file: str
    format: str
    rows: int
    size: int


def list_tables(runtime: Runtime, actor: Actor) -> list[dict[str, Any]]:
    """Every table and view that can be taken out, with its columns (name and kind)."""
    actor.require("operations.backup")
    with runtime.read(actor) as unit:
        return TableRepository(unit.session).listed()


def export_table(
    runtime: Runtime, actor: Actor, name: str, path: Path, *, format: str | None = None, watch: Watch = UNWATCHED
) -> TableExport:
    """Write a table, or a view, to a file of one moment, which appears whole or not at all.

    ``format`` is csv, jsonl, xlsx or parquet; without it the ending says it. Raises ``NotFound``, ``Invalid``, ``OSError``.
    """
    actor.require("operations.backup")
    chosen = format_of(path, format)
    with whole_file(path) as out:
        rows = write_table(runtime, actor, name, out, chosen, watch=watch)
    log.info("table_exported", table=name, rows=rows, format=chosen)
    return TableExport(name, str(path), chosen, rows, path.stat().st_size)


def write_table(
    runtime: Runtime, actor: Actor, name: str, out: BinaryIO, format: str, *, watch: Watch = UNWATCHED
) -> int:
    """The same into an open file; how many rows."""
    actor.require("operations.backup")
    done = 0
    with runtime.read(actor, snapshot=True) as unit:
        shape, rows = TableRepository(unit.session).read(name)
        with sink(out, shape, format) as put:
            for some in rows:
                watch.check()
                put(some)
                done += len(some)
                watch.progress(name, done, None)
    return done


def import_table(
    runtime: Runtime,
    actor: Actor,
    name: str,
    path: Path,
    *,
    format: str | None = None,
    update: bool = False,
    watch: Watch = UNWATCHED,
) -> Loaded:
    """Put a file's rows into a table: all of them or none.

    A row whose key is there is changed where ``update`` is said, in the columns that the file has, and refused otherwise.
    What people and feeds change by change sets is not changed past them: there only new rows are taken. Raises ``Invalid``
    naming line and column, ``Conflict`` for what the database refuses, ``NotFound``.
    """
    actor.require("*")
    if not path.is_file():
        message = f"there is no file {path}"
        raise NotFound(message)
    chosen = format_of(path, format)
    header, source = _read(path, chosen)
    with runtime.read(actor) as unit:
        kept_by = TableRepository(unit.session).kept_by(name)
    if update and kept_by:
        message = f"{name} changes by {kept_by} only, so that it can be explained and undone: use `mercat import`, or a script"
        raise Conflict(message)
    with runtime.write(actor) as unit:
        facts = {"name": path.name, "sha256": hash_file([path])[0]}
        run = begin_run(unit, SYNC_TYPE, source=path.name, target=name, files=[facts])
    try:
        loaded = runtime.attempt(
            partial(
                _load,
                name=name,
                header=header,
                source=_watched(source, name, watch),
                update=update,
                path=path,
                is_text=chosen in {CSV, XLSX},
            ),
            actor,
        )
    except Exception as failed:
        reason = str(failed) or type(failed).__name__
        runtime.attempt(lambda unit: finish_run(unit, run.id, RunResult("failed", message=reason)), actor)
        raise
    counts = {each: count for each, count in asdict(loaded).items() if each != "table"}
    total = sum(counts.values())
    result = RunResult("success", total, total - loaded.unchanged, 0, loaded.unchanged, record_counts=counts)
    runtime.attempt(lambda unit: finish_run(unit, run.id, result), actor)
    return loaded


def _load(
    unit: WriteUnit,
    *,
    name: str,
    header: Sequence[str],
    source: Callable[[], Any],
    update: bool,
    path: Path,
    is_text: bool,
) -> Loaded:
    load = TableLoad(unit.bulk, name, header, file=path.name, is_text=is_text)
    done = load.run(source, update=update, now=unit.now)
    if TableRepository(unit.session).kept_by(name):
        # What is derived from the rows, such as the search index, is made anew.
        unit.announce(DatabaseRestored())
    return done


def _watched(source: Callable[[], Any], name: str, watch: Watch) -> Callable[[], Iterator[Any]]:
    def read() -> Iterator[Any]:
        done = 0
        for lines in source():
            watch.check()
            done += len(lines)
            watch.progress(name, done, None)
            yield lines

    return read


def _read(path: Path, format: str) -> tuple[list[str], Callable[[], Any]]:
    """The columns, and the lines as often as they are wanted."""
    if format != XLSX:
        header = header_of(path, format)
        return header, lambda: lines_of(path, format, header)
    try:
        table = read_workbook(
            Member(path.name, path.stat().st_size, lambda: path.open("rb"), path), ReadOptions(header=True), XLSX
        )
    except Unreadable as wrong:
        raise Invalid(wrong.message) from wrong
    header = list(table.header)

    def lines() -> Iterator[list[tuple[int, Sequence[str]]]]:
        for batch in table.batches(AT_ONCE):
            # The empty cells at a row's right end are left out of it.
            yield [(line, [*cells, *[""] * (len(header) - len(cells))]) for line, cells in batch]

    return header, lines
