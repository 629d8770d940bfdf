"""``mercat market source``, ``refresh`` and ``import-keepa``: who is asked about listings, and asking them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mercat.cli.asking import ask_secrets
from mercat.cli.display import at, number, out, say, shown, table
from mercat.cli.market_options import MarketplaceOption, print_recorded
from mercat.cli.options import files_at, settings_of
from mercat.cli.progress import progressing
from mercat.cli.session import JsonOption, me, open_runtime, print_json
from mercat.core.jobs import Watch
from mercat.domain.market import service as market

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The source's name.")]
_MOST_ERRORS = 10


@app.callback()
def source() -> None:
    """Sources: who is asked about listings. Credentials are asked for, or taken from MERCAT_STORE_…; they are kept sealed."""


@app.command(epilog="Example: mercat market source add keepa --provider keepa")
def add(
    name: NameArgument,
    *,
    provider: Annotated[str, typer.Option("--provider", help="The connector that asks, e.g. keepa or amazon.")],
    sandbox: Annotated[
        str | None, typer.Option("--sandbox", metavar="ADDRESS", help="A loopback source, which hands out credentials.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--setting", metavar="KEY=VALUE", help="A setting of the connector.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Connect a source. It is asked at once what it allows: one that does not answer is not added."""
    if sandbox is not None:
        draft = market.sandbox_draft(name, provider, sandbox)
    else:
        draft = market.SourceDraft(
            name, provider, settings_of(setting or []), ask_secrets(market.secrets_wanted(provider))
        )
    with open_runtime() as runtime:
        view = market.add_source(runtime, me(), draft)
    _report(view, "connected", as_json=as_json)


@app.command("list", epilog="Example: mercat market source list --json")
def list_(*, as_json: JsonOption = False) -> None:
    """The sources by name, with how they are doing."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        found = market.list_sources(unit)
    if as_json:
        print_json({"data": found, "total": len(found)})
        return
    if not found:
        say("There is no source yet: `mercat market source add NAME --provider keepa` connects one.")
        return
    rows = [
        (
            each.name,
            each.provider,
            number(each.listings),
            number(each.due),
            at(each.last_success_at) or "never",
            shown(each.paused_reason or each.last_error or "", most=80),
        )
        for each in found
    ]
    out().print(
        table(("name", "provider", "listings", "due", "answered (UTC)", "error"), rows, right=("listings", "due"))
    )


@app.command("test", epilog="Example: mercat market source test keepa")
def ask_again(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """Ask what it allows with the credentials that are kept. A paused source that answers is awake again."""
    with open_runtime() as runtime:
        view = market.test_source(runtime, me(), name)
    _report(view, "answers", as_json=as_json)


@app.command(epilog="Example: mercat market source renew keepa")
def renew(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """Take new credentials in the place of those that are kept; they are asked for, or taken from MERCAT_STORE_…."""
    with open_runtime() as runtime:
        with runtime.read(me()) as unit:
            provider = market.get_source(unit, name).provider
        view = market.renew_source(runtime, me(), name, ask_secrets(market.secrets_wanted(provider)))
    _report(view, "answers", as_json=as_json)


@app.command(epilog="Example: mercat market source remove keepa")
def remove(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """Forget how it is opened. What it told stays; listings that were asked of it wait for another."""
    with open_runtime() as runtime, runtime.write(me()) as unit:
        market.remove_source(unit, name)
    if as_json:
        print_json({"name": name, "removed": True})
    else:
        say(f"The source {name} is removed. `mercat market track … --source OTHER` has its listings asked of another.")


def refresh(
    listings: Annotated[list[str] | None, typer.Argument(metavar="[ASIN…]", help="Only these, due or not.")] = None,
    *,
    source: Annotated[str | None, typer.Option("--source", help="Only this source.")] = None,
    marketplace: MarketplaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look now at the listings that are due, or at some of them. A worker does so by itself every five minutes."""
    with open_runtime() as runtime:
        with runtime.read(me()) as unit:
            rows = [market.find(unit, each, marketplace=marketplace) for each in listings or ()]
            names = market.sources_of(unit, rows, source=source)
        with progressing("listings") as progress:
            done = [
                market.refresh(runtime, me(), name, only=only, watch=Watch(progress)) for name, only in names.items()
            ]
    if as_json:
        print_json({"data": [asdict(each) for each in done], "total": len(done)})
        return
    if not done:
        say("Nothing is due, or nobody is asked of it (`mercat market track … --source NAME`).")
    for each in done:
        counts = f"{each.asked:,} of {each.due:,} looked at, {each.new:,} new, {each.not_found:,} not found"
        say(
            f"{each.source}: {each.status}; {counts}, {each.failed:,} failed, {each.waiting:,} wait, {each.lists:,} lists; {each.calls:,} calls"
        )
        for line in ([each.message] if each.message else []) + each.errors[:_MOST_ERRORS]:
            say(f"  {shown(line, most=200)}", style="yellow")


def import_keepa(
    what: Annotated[list[str], typer.Argument(metavar="FILE…|ASIN…", help="Saved answers, or ASINs with --source.")],
    *,
    source: Annotated[str | None, typer.Option("--source", help="Ask this source for the past of the ASINs.")] = None,
    marketplace: MarketplaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring in Keepa's history: every point of its series, from saved answers or asked for. Nobody is told of old news."""
    with open_runtime() as runtime, progressing("observations") as progress:
        if source is not None:
            wanted = market.wanted_of(what, marketplace)
            result = market.import_past(runtime, me(), source, wanted, watch=Watch(progress))
        else:
            files = [file for each in what for file in files_at(Path(each))]
            asked = market.ObservationImport(files, "keepa", create=True, is_quiet=True)
            result = market.import_observations(runtime, me(), asked, watch=Watch(progress))
    print_recorded(result, as_json=as_json)


def _report(view: market.SourceView, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json(view)
        return
    room = "" if view.allowance is None else f"; it can be asked about {view.allowance:,} listings now"
    say(f"The source {view.name} ({view.provider}) {what}{room}.")
    say(f"Next: `mercat market track URL --source {view.name}`.", style="dim")
