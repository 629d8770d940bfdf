"""``mercat worker``: runs jobs and schedules."""

from __future__ import annotations

from typing import Annotated

import typer

from mercat.cli.display import aside, plain
from mercat.cli.session import JsonOption, open_runtime, print_json
from mercat.core.errors import Invalid
from mercat.domain import register_jobs

app = typer.Typer(rich_markup_mode=None)


@app.command()
def worker(
    *,
    queues: Annotated[
        str | None, typer.Option("--queues", metavar="NAME,NAME", help="Only these queues; all, if left out.")
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option("--concurrency", min=1, max=200, help="Jobs of one queue at once in this process.")
    ] = None,
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="End when nothing is due any more, instead of waiting for more.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run jobs and fire schedules until it is stopped (Ctrl-C or SIGTERM): what is in hand is finished or put back."""
    register_jobs()
    from mercat.core.jobs.registry import queues as known
    from mercat.core.jobs.serving import serve
    from mercat.core.jobs.worker import Worker

    only = None if queues is None else [each.strip() for each in queues.split(",") if each.strip()]
    unknown = sorted(set(only or ()) - set(known()))
    if unknown or only == []:
        message = f"there is no queue {', '.join(unknown)}; there are {', '.join(sorted(known()))}"
        raise Invalid(message)
    with open_runtime() as runtime:
        each = Worker(runtime, only=only, concurrency=concurrency)
        name = serve(each, until_idle=until_idle, on_start=lambda name: _say_started(name, only))
    if as_json:
        print_json({"worker": name, "stopped": True})


def _say_started(name: str, only: list[str] | None) -> None:
    what = "all queues" if only is None else ", ".join(only)
    aside().print(plain(f"{name} runs {what}; Ctrl-C or SIGTERM stops it."))
