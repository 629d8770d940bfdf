"""``mercat db erd`` and ``sql``: the schema drawn, and its steps as a script."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from mercat.cli.display import number, plain, say
from mercat.cli.session import JsonOption, Needs, open_runtime, print_json
from mercat.core.database import revision as schema
from mercat.domain import register_tables

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: mercat db erd schema.svg")
def erd(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=".svg, .mmd (Mermaid), .dot (Graphviz), or .png by Graphviz")
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """Draw the tables and what points where, grouped by room. Needs no database."""
    from mercat.core.database.diagrams.drawing import draw
    from mercat.core.database.diagrams.tables import drawn_tables

    register_tables()
    rooms = drawn_tables()
    size = draw(rooms, file)
    tables = sum(map(len, rooms.values()))
    if as_json:
        print_json({"file": str(file), "tables": tables, "rooms": list(rooms), "size": size})
    else:
        say(f"{tables} tables of {len(rooms)} rooms are drawn in {plain(file)} ({number(size)} bytes)")


@app.command(epilog="Example: mercat db sql --from 0015 --dialect postgresql > step.sql")
def sql(
    *,
    first: Annotated[
        str | None, typer.Option("--from", help="The revision to begin with, or base; else the database's.")
    ] = None,
    last: Annotated[
        str, typer.Option("--to", help="The revision to end with; lower than the first goes down.")
    ] = "head",
    dialect: Annotated[
        str | None, typer.Option("--dialect", help="sqlite, postgresql or mariadb; else the database's.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the SQL of migrations, and run nothing: for who has to read it, or to run it by hand."""
    from mercat.core.database.scripting import sql_between

    if first is None or dialect is None:
        with open_runtime(needs=Needs.NOTHING) as runtime:
            first = first or schema.current(runtime.engine) or "base"
            dialect = dialect or runtime.engine.dialect.name
    text = sql_between(dialect, first, last)
    if as_json:
        print_json({"dialect": dialect, "from": first, "to": last, "sql": text})
    else:
        sys.stdout.write(text)
