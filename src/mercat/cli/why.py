"""``mercat why``: the story of a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.text import Text

from mercat.cli.display import at, out, plain, say, short, shown
from mercat.cli.session import JsonOption, me, open_runtime, print_json
from mercat.domain.catalog import service as catalog

app = typer.Typer(rich_markup_mode=None)

_STYLES = {"stands": "green", "superseded": "dim", "lost": "yellow", "undone": "magenta"}


@app.command()
def why(
    sku: Annotated[str, typer.Argument(help="The product's SKU.")],
    field: Annotated[str | None, typer.Argument(help="One field; every field that holds a value if left out.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Where each value of a product came from, newest first, with the candidates that lost."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        traces = catalog.why(unit, sku, field)
    if as_json:
        print_json({"sku": sku, "fields": [asdict(each) for each in traces]})
    else:
        print_traces(sku, traces)


def print_traces(sku: str, traces: Sequence[catalog.Trace]) -> None:
    """Each field with its value and the words of its sources."""
    for trace in traces:
        lock = f"  locked by {plain(trace.locked_by)}" if trace.locked_by else ""
        heading = (
            (f"{plain(sku)} {plain(trace.field)}", "bold"),
            f" = {shown(trace.value, most=90)}",
            (lock, "yellow"),
        )
        out().print(Text.assemble(*heading))
        for origin in trace.origins:
            out().print(_line(origin))
        if not trace.origins:
            say("    nobody stated it: it is as it was made", style="dim")


def _line(origin: Any) -> Text:
    place = ", ".join(
        part
        for part in (
            origin.file and f"file {plain(origin.file)}",
            origin.line and f"line {origin.line}",
            f"set {short(origin.change_set)}",
            f"by {plain(origin.by)}",
        )
        if part
    )
    return Text.assemble(
        "    ",
        (f"{origin.outcome:<10}", _STYLES.get(origin.outcome, "")),
        f" {shown(origin.value, most=50)}  ",
        (f"{at(origin.at)}  {plain(origin.source)}: {place} ({origin.rule})", "dim"),
    )
