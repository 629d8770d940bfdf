"""``mercat overview``: what needs a person, costliest to leave first."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Annotated

import typer

from mercat.cli.display import at, number, out, say, shown, table
from mercat.cli.session import JsonOption, me, open_runtime, print_json
from mercat.domain.reports import service as reports

app = typer.Typer(rich_markup_mode=None)


@app.command()
def overview(
    *,
    hours: Annotated[int, typer.Option("--hours", min=1, help="What changed in so many hours.")] = 24,
    as_json: JsonOption = False,
) -> None:
    """What needs a person, costliest to leave first, and what changed. Example: mercat overview --hours 8."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        found = reports.overview(unit, unit.now - dt.timedelta(hours=hours))
    if as_json:
        print_json(asdict(found))
        return
    if not found.needs:
        say("Nothing needs you.")
    else:
        rows = [
            (each.kind, shown(each.title, most=60), number(each.count), at(each.at) if each.at else "")
            for each in found.needs
        ]
        out().print(table(("kind", "what", "count", "since"), rows, right=("count",)))
    say(
        f"{number(len(found.changed))} change sets applied in {number(hours)} hours, {number(len(found.running))} jobs run."
    )
