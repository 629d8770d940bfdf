"""``mercat db export`` and ``import``: single tables as files, and back."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mercat.cli.display import number, plain, say
from mercat.cli.progress import progressing
from mercat.cli.session import JsonOption, me, open_runtime, print_json
from mercat.core.jobs.watch import Watch
from mercat.domain import register_hearing, register_tables
from mercat.domain.operations import service as operations

app = typer.Typer(rich_markup_mode=None)


class TableFormat(StrEnum):
    """How a table is written down."""

    CSV = "csv"
    JSONL = "jsonl"
    XLSX = "xlsx"
    PARQUET = "parquet"


FormatOption = Annotated[TableFormat | None, typer.Option("--format", help="Else the file's ending says it.")]


@app.command("export", epilog="Example: mercat db export market_products listings.parquet")
def export(
    table: Annotated[str, typer.Argument(metavar="TABLE|VIEW", help="A table of Mercat's, or a view of yours.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".csv, .jsonl, .xlsx or .parquet")],
    *,
    format: FormatOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write one table to a file, of one moment and without loss."""
    register_tables()
    with open_runtime() as runtime, progressing("rows") as progress:
        watch = Watch(progress=progress)
        done = operations.export_table(runtime, me(), table, file, format=format, watch=watch)
    if as_json:
        print_json(asdict(done))
    else:
        say(f"{number(done.rows)} rows of {plain(done.table)} are in {plain(done.file)} ({number(done.size)} bytes)")


@app.command("import", epilog="Example: mercat db import suppliers suppliers.csv --update")
def import_(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="A table of Mercat's.")],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="As `mercat db export` writes it; columns may be missing.")
    ],
    *,
    update: Annotated[
        bool, typer.Option("--update", help="Change rows that are there, in the file's columns.")
    ] = False,
    format: FormatOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a file's rows into a table: all of them, or none. What changes by change sets takes new rows only."""
    register_tables()
    register_hearing()
    with open_runtime() as runtime, progressing("rows") as progress:
        watch = Watch(progress=progress)
        done = operations.import_table(runtime, me(), table, file, format=format, update=update, watch=watch)
    if as_json:
        print_json(asdict(done))
    else:
        counts = f"{number(done.inserted)} new, {number(done.updated)} changed, {number(done.unchanged)} as they were"
        say(f"{plain(done.table)}: {counts}")


@app.command("migrate-icons", epilog="Example: mercat db migrate-icons data/generated_icons")
def migrate_icons(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where icons.json or icon_metadata.json lies, and the pictures.")
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """Take the icons of an older, file-based store in. The same again changes nothing."""
    from mercat.domain.catalog import service as catalog

    register_tables()
    with open_runtime() as runtime:
        done = catalog.migrate_icons(runtime, me(), folder)
    if as_json:
        print_json(asdict(done))
        return
    counts = f"{number(done.migrated)} taken in, {number(done.already)} there already"
    say(f"{number(done.records)} icons: {counts}, {number(done.categories_created)} categories made")
    for each in done.duplicates:
        say(
            f"  {plain(each['picture'])} of {plain(each['category'])} is the same picture as that of {plain(each['as'])}"
        )
    for each in done.rejected:
        say(f"  not taken: {plain(each['record'])} {plain(each['reason'])}", style="yellow")
