"""``mercat pull``: what a shop shows by now."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from mercat.cli.display import number, out, say, shown, status
from mercat.cli.jobs import say_queued
from mercat.cli.progress import progressing
from mercat.cli.publish import DetachOption
from mercat.cli.session import JsonOption, me, open_runtime, print_json
from mercat.core.jobs import Watch
from mercat.domain.listings import service as listings

app = typer.Typer(rich_markup_mode=None)

_COUNTS = ("seen", "unchanged", "matched", "drifted", "conflicts", "pulled", "adopted", "unmatched", "gone")
_WARNINGS = 10


@app.command()
def pull(
    store: Annotated[str, typer.Argument(metavar="STORE", help="The store's name.")],
    *,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="Products that are none of ours come into the catalogue.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="All of it, not only what changed since.")] = False,
    detach: DetachOption = False,
    as_json: JsonOption = False,
) -> None:
    """Look what the shop shows. Products that are there already are matched with ours and never made twice."""
    if detach:
        with open_runtime() as runtime, runtime.write(me()) as unit:
            job_id = listings.enqueue_pull(unit, store, full=full, adopt=adopt)
        say_queued(job_id, as_json=as_json)
        return
    with open_runtime() as runtime, progressing("listings") as progress:
        result = listings.pull(runtime, me(), store, full=full, adopt=adopt, watch=Watch(progress))
    if as_json:
        print_json(asdict(result))
    else:
        print_pulled(result)


def print_pulled(result: listings.PullResult) -> None:
    """A summary in a few lines, and the next step."""
    counts = [
        Text.assemble((number(getattr(result, name)), "bold"), f" {name}")
        for name in _COUNTS
        if name == "seen" or getattr(result, name)
    ]
    out().print(Text.assemble(status(result.status), "  ").append_text(Text(" · ").join(counts)))
    say(f"  {result.calls:,} calls, {result.cost:,.0f} points, {result.seconds:.1f} s", style="dim")
    for each in result.warnings[:_WARNINGS]:
        say("  " + shown(each, most=200), style="yellow")
    if result.conflicts:
        say(f"`mercat listings list --store {result.store} --state drifted` shows what a person has to decide.")
    if result.unmatched:
        say(
            f"`mercat pull {result.store} --adopt` brings {result.unmatched:,} products into the catalogue.",
            style="dim",
        )
