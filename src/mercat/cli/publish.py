"""``mercat publish``: the shop shows what the catalogue says."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from mercat.cli.display import number, out, say, shown, status
from mercat.cli.errors import HeldForReview
from mercat.cli.jobs import say_queued
from mercat.cli.progress import progressing
from mercat.cli.results import print_findings
from mercat.cli.session import JsonOption, me, open_runtime, print_json
from mercat.core.errors import Invalid
from mercat.core.jobs import Watch
from mercat.domain.listings import service as listings

app = typer.Typer(rich_markup_mode=None)

DetachOption = Annotated[bool, typer.Option("--detach", help="Leave it to a worker, and answer the job's id at once.")]
_COUNTS = ("created", "updated", "archived", "unchanged", "conflicts", "blocked", "failed", "stock")
_ALWAYS = {"created", "updated", "unchanged"}
_WARNINGS = 10


@app.command()
def publish(
    store: Annotated[str, typer.Argument(metavar="STORE", help="The store's name.")],
    *,
    plan_only: Annotated[bool, typer.Option("--plan-only", help="Say what would be sent; call nobody.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Send it whatever the guards find.")] = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="SKU", help="Only this product; may be given several times.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--full", help="Compare every product, not only those that changed since.")
    ] = False,
    detach: DetachOption = False,
    as_json: JsonOption = False,
) -> None:
    """Send what changed, and nothing else. Exit code 3 says that a guard holds the plan: --yes lets it through."""
    if detach and plan_only:
        message = "--plan-only answers at once: leave out --detach"
        raise Invalid(message)
    if detach:
        with open_runtime() as runtime, runtime.write(me()) as unit:
            job_id = listings.enqueue_publish(unit, store, yes=yes, only=only or (), everything=everything)
        say_queued(job_id, as_json=as_json)
        return
    with open_runtime() as runtime, progressing("listings") as progress:
        result = listings.publish(
            runtime,
            me(),
            store,
            plan_only=plan_only,
            yes=yes,
            only=only or (),
            everything=everything,
            watch=Watch(progress),
        )
    finish(result, as_json=as_json)


def finish(result: listings.PublishResult, *, as_json: bool) -> None:
    """Print the result. Raises ``HeldForReview`` where the plan waits for a person."""
    if as_json:
        print_json(asdict(result))
    else:
        print_published(result)
    if result.status == "held":
        raise HeldForReview


def print_published(result: listings.PublishResult) -> None:
    """A summary in a few lines, and the next step."""
    counts = [
        Text.assemble((number(getattr(result, name)), "bold"), f" {name}")
        for name in _COUNTS
        if name in _ALWAYS or getattr(result, name)
    ]
    out().print(Text.assemble(status(result.status), "  ").append_text(Text(" · ").join(counts)))
    say(f"  {result.calls:,} calls, {result.cost:,.0f} points, {result.seconds:.1f} s", style="dim")
    for each in result.warnings[:_WARNINGS]:
        say("  " + shown(each, most=200), style="yellow")
    print_findings(result.findings)
    if result.status == "held":
        say("Held; nothing was sent. `mercat publish --yes` sends it all the same.")
    if result.conflicts or result.blocked or result.failed:
        say(f"`mercat listings list --store {result.store}` shows what waits, and why.", style="dim")
