"""``mercat demo``: the main job from start to end, in a folder of its own that is remade each time."""

from __future__ import annotations

import shutil
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text

from mercat.cli.changes import decide, print_changes, shown_change
from mercat.cli.demo_market import play_market
from mercat.cli.demo_serving import leave_something_to_do, serve_until_stopped
from mercat.cli.demo_shop import play_shop
from mercat.cli.display import out, plain, say, short, status
from mercat.cli.imports import ConnectorOption, CurrencyOption, ProfileOption
from mercat.cli.options import files_at, profile_at
from mercat.cli.progress import progressing
from mercat.cli.results import print_result
from mercat.cli.second_version import write_second_version
from mercat.cli.session import JsonOption, Needs, me, open_runtime, print_json
from mercat.cli.why import print_traces
from mercat.core.database import migrate
from mercat.core.errors import Conflict, Invalid
from mercat.core.files import hash_file
from mercat.core.settings import load
from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.suppliers import service as suppliers
from mercat.sandbox.office import write_feed
from mercat.sandbox.shopify import Options, running
from mercat.sdk.roles import FeedFile

app = typer.Typer(rich_markup_mode=None)

_MARK = ".mercat-demo"
_SHOWN = 8
_MOST_PUBLISHED = 5_000


@app.command()
def demo(
    *,
    feed: Annotated[
        Path | None, typer.Option("--feed", help="Play on this file, or folder, instead of the sample supplier.")
    ] = None,
    profile: ProfileOption = None,
    connector: ConnectorOption = None,
    currency: CurrencyOption = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Then open the dashboard on it, with something to decide.")
    ] = False,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Where the dashboard listens.")] = 8200,
    as_json: JsonOption = False,
) -> None:
    """Play the main job: first import, a second file that is held, review, approval, why, undo; then show it in a shop.

    It plays in the folder `demo` of your Mercat home, with a database of its own: your catalogue is not touched.
    """
    started = time.monotonic()
    home = load().home / "demo"
    _remake(home)
    # The shop is there for as long as the dashboard is, so that it can be published to.
    with ExitStack() as open_shop:
        with open_runtime(home=home, needs=Needs.NOTHING) as runtime:
            migrate.upgrade(runtime.engine)
            play = _Play(runtime, home, is_quiet=as_json)
            play.say_step(f"A catalogue of its own: {home / 'mercat.db'}", "mercat init")
            if feed is None:
                play.sample()
            else:
                text = None if profile is None else profile_at(profile)
                play.real(files_at(feed), str(feed), connector=connector, profile=text, currency=currency)
            play.market()
            play.shop(open_shop)
            password = leave_something_to_do(runtime, home) if serve else ""
        _tell({**play.story, "seconds": round(time.monotonic() - started, 1)}, home, as_json=as_json)
        if serve:
            serve_until_stopped(home, password, port)


def _tell(story: dict[str, Any], home: Path, *, as_json: bool) -> None:
    """The end of it. Raises ``Conflict`` where undoing did not bring back what was there."""
    if as_json:
        print_json(story)
    else:
        _say_end(story, home)
    if not story["undo_restored_the_catalogue"]:
        message = "the catalogue after the undo is not the one before: this should not happen, please report it"
        raise Conflict(message)


def _remake(home: Path) -> None:
    if home.exists():
        if not (home / _MARK).exists():
            message = f"{home} is there and was not made by the demo: move it away first"
            raise Conflict(message)
        shutil.rmtree(home)
    home.mkdir(parents=True)
    (home / _MARK).touch()


class _Play:
    """The steps, each shown as the command that one would type, and told in ``story`` for --json."""

    def __init__(self, runtime: Runtime, home: Path, *, is_quiet: bool) -> None:
        self.runtime = runtime
        self.home = home
        self.is_quiet = is_quiet
        self.story: dict[str, Any] = {}
        self._step = 0

    def sample(self) -> None:
        """The sample supplier: two editions of its price list."""
        first, second = self.home / "office-monday.csv", self.home / "office-tuesday.csv"
        write_feed(first, edition=1)
        write_feed(second, edition=2)
        self.say_step(
            "Monday: the supplier's first price list, with the dirt of real ones",
            f"mercat import {first.name} --supplier office --complete",
        )
        self._first(suppliers.ImportRequest(files_at(first), supplier="office", complete=True))
        self.say_step(
            "Tuesday: prices have moved, some by a slipped comma, and products are missing",
            f"mercat import {second.name} --supplier office --complete",
        )
        result = self._second(suppliers.ImportRequest(files_at(second), supplier="office", complete=True))
        self._rest(result, str(result.findings[0]["samples"][0]["sku"]), "price")

    def real(
        self, files: list[FeedFile], shown: str, *, connector: str | None, profile: str | None, currency: str | None
    ) -> None:
        """A file of somebody's, and a second version of it that is made from what was read."""
        name = connector or suppliers.recognise(files, {})
        self.say_step(f"The first import of a real file, read by {name}", f"mercat import {plain(shown)} --yes")
        request = suppliers.ImportRequest(
            files, supplier="demo", connector=name, profile=profile, currency=currency, yes=True
        )
        self._first(request)
        second = self.home / "second-version.jsonl"
        made = write_second_version(self.home / "before.jsonl", second)
        self.story["second_version"] = made.tale
        self.say_step(f"A second version of it, in which {made.tale}", f"mercat import {second.name}")
        guards = {"rename_at_least": 1}
        again = suppliers.ImportRequest(files_at(second), supplier="demo", connector="mercat-jsonl", guards=guards)
        self._rest(self._second(again), made.sku, made.field)

    def market(self) -> None:
        """Some products are watched at a marketplace."""
        exported = self.home / "after.jsonl"
        self.story["market"] = play_market(self.runtime, self.say_step, exported, is_quiet=self.is_quiet)

    def shop(self, open_shop: ExitStack) -> None:
        """A loopback shop shows the catalogue, unless it is one for an evening. It stays open as long as ``open_shop``."""
        with (self.home / "after.jsonl").open("rb") as products:
            first = msgspec.json.decode(products.readline())
        currency = first["variants"][0]["currency"] or self.runtime.settings.currency
        if self.story["after"]["products"] > _MOST_PUBLISHED:
            self.story["publish"] = None
            return
        shop = open_shop.enter_context(running(Options(plan="plus", currency=currency)))
        self.story["publish"] = play_shop(self.runtime, shop, self.say_step, is_quiet=self.is_quiet)

    def say_step(self, what: str, command: str) -> None:
        """A heading, and the command that would do the same."""
        self._step += 1
        if not self.is_quiet:
            say("")
            out().print(Text.assemble((f"{self._step}  {plain(what)}", "bold cyan")))
            say(f"$ {command}", style="dim")

    def _import(self, request: suppliers.ImportRequest) -> suppliers.ImportResult:
        with progressing() as progress:
            result = suppliers.run_import(self.runtime, me(), request, progress=progress)
        if not self.is_quiet:
            print_result(result)
        return result

    def _first(self, request: suppliers.ImportRequest) -> None:
        result = self._import(request)
        self.story["first_import"] = asdict(result)
        if not result.created:
            raise Invalid(self._why_nothing(result))
        self.story["before"] = self._export("before.jsonl")

    def _why_nothing(self, result: suppliers.ImportResult) -> str:
        with self.runtime.read(me()) as unit:
            refused = suppliers.list_rejects(unit, result.change_set, per_page=1).data if result.change_set else []
        reason = f"; its first row was not taken: {refused[0].reason}" if refused else ": it holds no product"
        return f"nothing can be created from this file{reason}. `mercat feed inspect FILE` shows what it looks like"

    def _second(self, request: suppliers.ImportRequest) -> suppliers.ImportResult:
        result = self._import(request)
        self.story["second_import"] = asdict(result)
        if result.change_set is None or result.status != "held":
            message = f"the second version was {result.status}, where a guard should have held it"
            raise Conflict(message)
        return result

    def _rest(self, result: suppliers.ImportResult, sku: str, field: str) -> None:
        reference = short(result.change_set or "")
        self._review(reference)
        self.say_step("Somebody looked and finds it right", f"mercat changes approve {reference}")
        self.story["approved"] = self._decide(reference, "approve")
        self._why(sku, field)
        self.say_step("Or was it? Take it back, field by field", f"mercat changes undo {reference}")
        self.story["undone"] = self._decide(reference, "undo")
        self.story["after"] = self._export("after.jsonl")
        same = self.story["before"]["sha256"] == self.story["after"]["sha256"]
        self.story["undo_restored_the_catalogue"] = same
        if not self.is_quiet and same:
            products = self.story["after"]["products"]
            say(f"  An export of all {products:,} products equals the one before, byte for byte.", style="green")

    def _review(self, reference: str) -> None:
        """Show what the guards flagged, or, where it is the number that counts, some of the changes."""
        self.say_step("Held. What did the guards stop at?", f"mercat changes show {reference} --flagged")
        with self.runtime.read(me()) as unit:
            change_set = catalog.get_set(unit, reference)
            flagged = catalog.list_changes(unit, change_set.id, flagged=True, per_page=_SHOWN)
            listed = flagged if flagged.total else catalog.list_changes(unit, change_set.id, per_page=_SHOWN)
            lines = [shown_change(each) for each in listed]
        self.story["flagged"] = flagged.total
        if self.is_quiet:
            return
        if not flagged.total:
            say("  No single change is at fault: it is the number of them.")
        print_changes(lines)
        if listed.total > len(lines):
            say(f"  … and {listed.total - len(lines):,} more", style="dim")

    def _why(self, sku: str, field: str) -> None:
        self.say_step("Why is this value here?", f"mercat why {plain(sku)} {field}")
        with self.runtime.read(me()) as unit:
            traces = catalog.why(unit, sku, field)
        self.story["why"] = {"sku": sku, "fields": [asdict(each) for each in traces]}
        if not self.is_quiet:
            print_traces(sku, traces)

    def _decide(self, reference: str, verdict: catalog.Verdict) -> dict[str, Any]:
        decided = decide(self.runtime, reference, verdict)
        if not self.is_quiet:
            counts = " · ".join(f"{count:,} {name}" for name, count in decided["counts"].items() if count)
            out().print("  ", status(decided["status"]), f"  {counts}", sep="")
        return decided

    def _export(self, name: str) -> dict[str, Any]:
        path = self.home / name
        with self.runtime.read(me()) as unit:
            exported = catalog.export_products(unit, path)
        sha256, size = hash_file([path])
        return {"file": name, "products": exported.products, "size": size, "sha256": sha256}


def _say_end(story: dict[str, Any], home: Path) -> None:
    say("")
    out().print(Text(f"That was the whole loop, in {story['seconds']} seconds.", "bold green"))
    say("What to try next:")
    prefix = f"MERCAT_HOME={home}"
    say(f"  {prefix} mercat changes list            everything that happened, and all of it can still be decided anew")
    say(f"  {prefix} mercat product list --q pen    search the catalogue")
    say(f"  {prefix} mercat export products all.xlsx")
    say("  mercat demo --serve                     the same on pages, with a price list that waits for you")
    say("  mercat demo --feed FILE                 the same on a file of yours")
    say("  mercat init && mercat import FILE       a catalogue of your own")
