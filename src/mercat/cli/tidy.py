"""``mercat tidy``: what is older than it is to be kept goes."""

from __future__ import annotations

from typing import Annotated

import typer

from mercat.cli.display import number, out, say, table
from mercat.cli.session import JsonOption, me, open_runtime, print_json
from mercat.domain.operations import service as operations

app = typer.Typer(rich_markup_mode=None)


@app.command()
def tidy(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would go, and remove nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove what is older than it is to be kept (`mercat config list --category retention`). A worker does it nightly."""
    with open_runtime() as runtime:
        rows = operations.tidy(runtime, me(), dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "rows": rows, "total": sum(rows.values())})
        return
    if not any(rows.values()):
        say("Nothing is old enough to go.")
        return
    heading = "rows that would go" if dry_run else "rows removed"
    out().print(table(("table", heading), [(name, number(count)) for name, count in rows.items()], right=(heading,)))
