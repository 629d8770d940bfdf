"""``mercat usage``: calls that went out, and what a month may have of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from mercat.cli.display import number, out, say, table
from mercat.cli.session import JsonOption, me, open_runtime, print_json
from mercat.domain.operations import service as operations

app = typer.Typer(rich_markup_mode=None, invoke_without_command=True)


@app.callback()
def usage(context: typer.Context, *, as_json: JsonOption = False) -> None:
    """Calls that went out in this month (UTC), by service."""
    if context.invoked_subcommand is not None:
        return
    with open_runtime() as runtime, runtime.read(me()) as unit:
        views = operations.usage(unit)
    if as_json:
        print_json({"data": [{**asdict(each), "used_pct": each.used_pct} for each in views], "total": len(views)})
        return
    if not views:
        say("Nothing was called this month.")
        return
    rows = [
        (
            each.service,
            number(each.calls),
            number(each.errors),
            f"{each.points:,.0f}",
            f"{each.mean_ms} ms",
            number(each.monthly_calls),
            "" if each.used_pct is None else f"{each.used_pct} %",
        )
        for each in views
    ]
    headings = ("service", "calls", "errors", "points", "mean", "budget", "used")
    out().print(table(headings, rows, right=headings[1:]))


@app.command()
def budget(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="E.g. shopify.")],
    *,
    calls: Annotated[int, typer.Option("--calls", min=-1, help="Calls a month; -1 takes the budget away.")],
) -> None:
    """How many calls a service may be sent in a calendar month. Beyond it, what is not urgent waits."""
    with open_runtime() as runtime, runtime.write(me()) as unit:
        operations.set_budget(unit, service, None if calls < 0 else calls)
    say(f"{service} has no budget any more." if calls < 0 else f"{service} may be called {calls:,} times a month.")
