"""``mercat reconcile``: a full comparison with a shop, and the mending."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from mercat.cli.errors import HeldForReview
from mercat.cli.jobs import say_queued
from mercat.cli.progress import progressing
from mercat.cli.publish import DetachOption, print_published
from mercat.cli.pull import print_pulled
from mercat.cli.session import JsonOption, me, open_runtime, print_json
from mercat.core.jobs import Watch
from mercat.domain.listings import service as listings

app = typer.Typer(rich_markup_mode=None)


@app.command()
def reconcile(
    store: Annotated[str, typer.Argument(metavar="STORE", help="The store's name.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Mend it whatever the guards find.")] = False,
    detach: DetachOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare everything that the shop shows, and mend what differs as the store's policy says."""
    if detach:
        with open_runtime() as runtime, runtime.write(me()) as unit:
            job_id = listings.enqueue_reconcile(unit, store, yes=yes)
        say_queued(job_id, as_json=as_json)
        return
    with open_runtime() as runtime, progressing("listings") as progress:
        done = listings.reconcile(runtime, me(), store, yes=yes, watch=Watch(progress))
    if as_json:
        print_json({"pulled": asdict(done.pulled), "published": asdict(done.published)})
    else:
        print_pulled(done.pulled)
        print_published(done.published)
    if done.published.status == "held":
        raise HeldForReview
