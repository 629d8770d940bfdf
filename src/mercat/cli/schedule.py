"""``mercat schedule``: work that is due again and again."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mercat.cli.display import at, out, paged, print_paging, say, shown, table
from mercat.cli.jobs import say_queued
from mercat.cli.options import TimezoneOption, seconds_of, settings_of
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.domain import register_jobs
from mercat.domain.operations import service as operations

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The schedule's name.")]


@app.callback()
def schedule() -> None:
    """Schedules: a worker enqueues their jobs when they are due."""


@app.command("list")
def list_(*, page: PageOption = 1, per_page: PerPageOption = 50, as_json: JsonOption = False) -> None:
    """The schedules by name."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        found = operations.list_schedules(unit, page=page, per_page=per_page)
        described = [_described(each) for each in found]
    if as_json:
        print_json(paged(found, described))
        return
    if not described:
        say("There is no schedule yet: `mercat schedule add NAME --kind … --cron …` makes one.")
        return
    rows = [
        (
            shown(each["name"], most=40),
            each["kind"],
            shown(each["cron"] or f"every {each['every_s']} s"),
            each["timezone"],
            at(each["next_at"]) if each["is_active"] else "switched off",
            at(each["last_at"]) or "never",
            str(each["skipped"] or ""),
        )
        for each in described
    ]
    out().print(table(("name", "kind", "when", "zone", "next (UTC)", "last (UTC)", "left out"), rows))
    print_paging(found, "schedules")


@app.command()
def add(
    name: NameArgument,
    *,
    kind: Annotated[str, typer.Option("--kind", help="The kind of job, e.g. suppliers.run_feed.")],
    cron: Annotated[
        str | None, typer.Option("--cron", help="Five fields: minute, hour, day, month, weekday; '30 2 * * 1-5'.")
    ] = None,
    every: Annotated[str | None, typer.Option("--every", metavar="TIME", help="An interval: 90s, 15m, 6h, 1d.")] = None,
    timezone: TimezoneOption = "UTC",
    payload: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A value of the job's message, e.g. name=acme."),
    ] = None,
    may_overlap: Annotated[
        bool, typer.Option("--may-overlap", help="Fire although the last job is still at work.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Have a job enqueued again and again, by the clock of a time zone."""
    register_jobs()
    draft = operations.ScheduleDraft(
        name,
        kind,
        settings_of(payload or []),
        cron=cron,
        every_s=None if every is None else seconds_of(every),
        timezone=timezone,
        may_overlap=may_overlap,
    )
    with open_runtime() as runtime, runtime.write(me()) as unit:
        described = _described(operations.add_schedule(unit, draft))
    if as_json:
        print_json(described)
    else:
        say(f"The schedule {name} fires next at {at(described['next_at'])} UTC, while a worker runs (`mercat worker`).")


@app.command()
def remove(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """It fires no more."""
    with open_runtime() as runtime, runtime.write(me()) as unit:
        operations.remove_schedule(unit, name)
    if as_json:
        print_json({"name": name, "removed": True})
    else:
        say(f"The schedule {name} is removed.")


@app.command()
def run(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """Enqueue its job now; when it is due next stays as it is."""
    with open_runtime() as runtime, runtime.write(me()) as unit:
        job_id = operations.run_schedule(unit, name)
    say_queued(job_id, as_json=as_json)


def _described(each: Any) -> dict[str, Any]:
    return {
        "id": each.id,
        "name": each.name,
        "kind": each.kind,
        "payload": each.payload,
        "cron": each.cron,
        "every_s": each.every_s,
        "timezone": each.timezone,
        "may_overlap": each.may_overlap,
        "is_active": each.is_active,
        "next_at": each.next_at,
        "last_at": each.last_at,
        "last_job_id": each.last_job_id,
        "skipped": each.skipped,
        "actor": each.actor,
    }
