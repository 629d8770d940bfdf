"""``mercat feed``: where suppliers' files come from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from mercat.cli.display import at, out, paged, plain, print_paging, say, short, shown, status, table
from mercat.cli.imports import (
    CompleteOption,
    ConnectorOption,
    CurrencyOption,
    GuardOption,
    Mode,
    ModeOption,
    PlanOnlyOption,
    ProfileOption,
    SettingOption,
    YesOption,
)
from mercat.cli.inspecting import inspect_files
from mercat.cli.jobs import say_queued
from mercat.cli.options import TimezoneOption, files_at, guards_of, profile_at, seconds_of, settings_of
from mercat.cli.progress import progressing
from mercat.cli.results import finish
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.core.jobs.attending import attend
from mercat.domain import register_jobs
from mercat.domain.operations import service as operations
from mercat.domain.suppliers import service as suppliers

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The feed's name.")]


@app.callback()
def feed() -> None:
    """Suppliers' feeds: what a file looks like, where files come from, and fetching them."""


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="A file, or a folder whose files belong together.")],
    *,
    connector: ConnectorOption = None,
    save: Annotated[Path | None, typer.Option("--save", help="Write the proposed profile to this new file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """What a file looks like: format, encoding, columns with samples, and the profile that would read it."""
    inspect_files(files_at(file), connector=connector, save=save, as_json=as_json)


@app.command()
def add(
    name: NameArgument,
    *,
    location: Annotated[
        str, typer.Option("--location", help="A path or address; a pattern is possible in its last part.")
    ],
    connector: Annotated[str, typer.Option("--connector", help="Which connector reads its files.")],
    supplier: Annotated[
        str | None, typer.Option("--supplier", help="Whose files they are; the feed's name if left out.")
    ] = None,
    profile: ProfileOption = None,
    currency: CurrencyOption = None,
    complete: CompleteOption = False,
    mode: ModeOption = Mode.UPSERT,
    guard: GuardOption = None,
    setting: SettingOption = None,
    fetch: Annotated[
        list[str] | None,
        typer.Option("--fetch", metavar="KEY=VALUE", help="How to get in, e.g. username=shop, password_file=PATH."),
    ] = None,
    together: Annotated[
        bool | None,
        typer.Option("--together/--one-by-one", help="Whether all files make one import; the connector knows."),
    ] = None,
    schedule: Annotated[
        str | None, typer.Option("--schedule", metavar="CRON", help="Run it by itself, e.g. '30 2 * * 1-5'.")
    ] = None,
    every: Annotated[
        str | None, typer.Option("--every", metavar="TIME", help="Run it by itself at an interval, e.g. 15m or 6h.")
    ] = None,
    timezone: TimezoneOption = "UTC",
    replace: Annotated[bool, typer.Option("--replace", help="Say it anew of a feed that is there already.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remember where a supplier's files come from and how they are read. Nothing is fetched yet."""
    draft = suppliers.FeedDraft(
        name,
        location,
        connector,
        supplier=supplier,
        profile=None if profile is None else profile_at(profile),
        settings=settings_of(setting or []),
        fetch=settings_of(fetch or []),
        currency=currency,
        mode=mode.value,
        complete=complete,
        guards=guards_of(guard or []),
        together=together,
        cron=schedule,
        every_s=None if every is None else seconds_of(every),
        timezone=timezone,
    )
    register_jobs()
    with open_runtime() as runtime, runtime.write(me()) as unit:
        made = suppliers.replace_feed(unit, name, draft) if replace else suppliers.add_feed(unit, draft)
        described = suppliers.described_feed(made)
    if as_json:
        print_json(described)
    else:
        say(f"The feed {name} is remembered. Next: `mercat feed run {name} --plan-only`.")


@app.command("list")
def list_(*, page: PageOption = 1, per_page: PerPageOption = 50, as_json: JsonOption = False) -> None:
    """The feeds by name."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        feeds = suppliers.list_feeds(unit, page=page, per_page=per_page)
        found = [suppliers.described_feed(each) for each in feeds]
    if as_json:
        print_json(paged(feeds, found))
        return
    if not found:
        say("There is no feed yet: `mercat feed add NAME --location … --connector …` remembers one.")
        return
    rows = [
        (
            each["name"] if each["is_active"] else f"{each['name']} (removed)",
            each["supplier"],
            each["connector"],
            shown(each["location"], most=70),
            at(each["last_run_at"]) or "never",
            at(each["last_success_at"]) or "never",
        )
        for each in found
    ]
    out().print(table(("name", "supplier", "connector", "location", "last run", "last success"), rows))
    print_paging(feeds, "feeds")


@app.command()
def show(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """One feed with its settings."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        described = suppliers.described_feed(suppliers.get_feed(unit, name))
        schedule = operations.find_schedule(unit, suppliers.schedule_name(name))
        described["next_run_at"] = None if schedule is None else schedule.next_at
    if as_json:
        print_json(described)
        return
    profile = described.pop("profile")
    for key, value in described.items():
        say(f"{key:<16}{at(value) if key.endswith('_at') else shown(value, most=200)}")
    if profile:
        say("profile:", style="bold")
        for line in profile.splitlines():
            say(line)


@app.command()
def run(
    name: NameArgument,
    *,
    plan_only: PlanOnlyOption = False,
    yes: YesOption = False,
    again: Annotated[bool, typer.Option("--again", help="Import files that were imported before, too.")] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Leave it to a worker, and answer the job's id at once.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Fetch what is new and import it, oldest first. Exit code 3 says that a plan is held for review."""
    if detach:
        with open_runtime() as runtime, runtime.write(me()) as unit:
            job_id = suppliers.enqueue_run(unit, name, plan_only=plan_only, yes=yes, again=again)
        say_queued(job_id, as_json=as_json)
        return
    register_jobs("suppliers")
    with open_runtime() as runtime:
        with progressing() as progress:
            done = attend(
                runtime,
                me(),
                lambda unit: suppliers.enqueue_run(unit, name, plan_only=plan_only, yes=yes, again=again),
                queue=suppliers.QUEUE,
                progress=progress,
            )
        result = msgspec.convert(done, suppliers.FeedResult)
        if not as_json:
            for each in result.files[:-1]:
                set_ = short(each["change_set"]) if each["change_set"] else "nothing new"
                out().print(plain(each["name"]), status(each["status"]), set_)
        finish(result, as_json=as_json)


@app.command()
def remove(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """Forget a feed. What it brought stays."""
    with open_runtime() as runtime, runtime.write(me()) as unit:
        is_gone = suppliers.remove_feed(unit, name)
    if as_json:
        print_json({"name": name, "removed": True, "kept_for_history": not is_gone})
    else:
        say(f"The feed {name} is removed." + ("" if is_gone else " It stays in the list, for its files point to it."))
