"""``mercat store``: the shops that we sell at."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from mercat.cli.asking import ask_secrets
from mercat.cli.display import at, number, out, say, shown, table
from mercat.cli.options import settings_of
from mercat.cli.session import JsonOption, me, open_runtime, print_json
from mercat.core.errors import Invalid
from mercat.domain.listings import service as listings

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The store's name.")]
PlatformArgument = Annotated[
    str, typer.Argument(metavar="PLATFORM", help="The connector that speaks to it, e.g. shopify.")
]
SellOption = Annotated[
    list[str] | None,
    typer.Option("--sell", metavar="KEY=VALUE", help="How it sells, e.g. auto_publish=true, drift.description=hold."),
]


@app.callback()
def store() -> None:
    """Shops that we sell at. Credentials are asked for, or taken from MERCAT_STORE_…; they are kept sealed."""


@app.command()
def add(
    platform: PlatformArgument,
    name: NameArgument,
    *,
    domain: Annotated[str | None, typer.Option("--domain", help="Where the shop answers.")] = None,
    sandbox: Annotated[
        str | None, typer.Option("--sandbox", metavar="ADDRESS", help="A loopback shop, which hands out credentials.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--setting", metavar="KEY=VALUE", help="A setting of the connector.")
    ] = None,
    sell: SellOption = None,
    as_json: JsonOption = False,
) -> None:
    """Connect a store. Its account is looked up at once: a store that does not answer is not added."""
    selling = settings_of(sell or [])
    if sandbox is not None:
        draft = listings.sandbox_draft(name, platform, sandbox, selling=selling)
    elif domain is None:
        message = "--domain says where the shop answers, e.g. --domain our-shop.myshopify.com"
        raise Invalid(message)
    else:
        settings = {"domain": domain, **settings_of(setting or [])}
        draft = listings.StoreDraft(platform, name, settings, ask_secrets(listings.secrets_wanted(platform)), selling)
    with open_runtime() as runtime:
        view, account = listings.add_store(runtime, me(), draft)
    _report(view, account, "connected", as_json=as_json)


@app.command()
def connect(
    platform: PlatformArgument,
    name: NameArgument,
    *,
    domain: Annotated[str, typer.Option("--domain", help="Where the shop answers, e.g. our-shop.myshopify.com.")],
    address: Annotated[str, typer.Option("--address", help="Where a browser reaches `mercat serve`: https://…")],
    setting: Annotated[
        list[str] | None, typer.Option("--setting", metavar="KEY=VALUE", help="A setting of the connector.")
    ] = None,
    sell: SellOption = None,
    as_json: JsonOption = False,
) -> None:
    """Connect a store by its owner's consent: prints the address at which they say yes; `mercat serve` takes the answer."""
    settings = {"domain": domain, **settings_of(setting or [])}
    draft = listings.StoreDraft(
        platform, name, settings, ask_secrets(listings.secrets_wanted(platform)), settings_of(sell or [])
    )
    with open_runtime() as runtime:
        url = listings.begin_consent(runtime, me(), draft, address=address)
    if as_json:
        print_json({"name": name, "url": url})
    else:
        out().print(url, soft_wrap=True, markup=False, highlight=False)
        say("Open it in a browser within ten minutes, while `mercat serve` runs at that address.", style="dim")


@app.command("list")
def list_(*, as_json: JsonOption = False) -> None:
    """The stores by name."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        stores = listings.list_stores(unit)
    if as_json:
        print_json({"data": [asdict(each) for each in stores], "total": len(stores)})
        return
    if not stores:
        say("There is no store yet: `mercat store add shopify NAME --domain …` connects one.")
        return
    rows = [
        (
            each.name,
            each.platform,
            shown(each.domain),
            _standing(each),
            number(sum(each.listings.values())),
            number(each.listings.get("in_sync", 0)),
            at(each.last_sync_at) or "never",
        )
        for each in stores
    ]
    headings = ("name", "platform", "domain", "standing", "listings", "in sync", "last sync")
    out().print(table(headings, rows, right=("listings", "in sync")))


@app.command()
def show(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """One store: its account, how it sells, where it keeps stock. Never its credentials."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        view = listings.get_store(unit, name)
    _print(view, as_json=as_json)


@app.command("test")
def look_up(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """Look the account up with the credentials that are kept. A paused store that answers is awake again."""
    with open_runtime() as runtime:
        view, account = listings.test_store(runtime, me(), name)
    _report(view, account, "answers", as_json=as_json)


@app.command()
def renew(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """Take new credentials in the place of those that are kept; they are asked for, or taken from MERCAT_STORE_…."""
    with open_runtime() as runtime:
        with runtime.read(me()) as unit:
            platform = listings.get_store(unit, name).platform
        secrets = ask_secrets(listings.secrets_wanted(platform))
        view, account = listings.renew_store(runtime, me(), name, secrets)
    _report(view, account, "answers", as_json=as_json)


@app.command("set")
def set_(
    name: NameArgument,
    pairs: Annotated[list[str], typer.Argument(metavar="KEY=VALUE…", help="E.g. stock_from=offers drift.name=hold.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Change how a store sells: statuses, auto_publish, stock_from, drift.FIELD, guards.RULE, withdraw."""
    with open_runtime() as runtime, runtime.write(me()) as unit:
        view = listings.set_selling(unit, name, settings_of(pairs))
    _print(view, as_json=as_json)


@app.command()
def subscribe(
    name: NameArgument,
    *,
    address: Annotated[str, typer.Option("--address", help="Where the shop reaches `mercat serve`: https://…")],
    as_json: JsonOption = False,
) -> None:
    """Have the shop tell us what happens there."""
    with open_runtime() as runtime:
        topics = listings.subscribe(runtime, me(), name, address)
    if as_json:
        print_json({"name": name, "topics": topics})
    else:
        say(f"{name} tells {address} of {', '.join(topics)}.")


@app.command()
def remove(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """Disconnect a store and forget its credentials. What it shows stays as it is there."""
    with open_runtime() as runtime, runtime.write(me()) as unit:
        listings.remove_store(unit, name)
    if as_json:
        print_json({"name": name, "removed": True})
    else:
        say(f"The store {name} is disconnected. What it shows stays there; `mercat store add` connects it again.")


def _report(view: listings.StoreView, account: listings.Account, verb: str, *, as_json: bool) -> None:
    if as_json:
        print_json({**asdict(view), "plan": account.plan, "missing_scopes": account.missing_scopes})
        return
    say(f"{view.name} {verb}: {shown(account.name)} at {view.domain}, {view.currency}, {view.timezone}.", style="green")
    if account.missing_scopes:
        say(f"It does not let us: {', '.join(account.missing_scopes)}. Give the app these scopes.", style="yellow")
    if verb == "connected":
        say(f"Next: `mercat pull {view.name}` looks what is there; `mercat publish {view.name} --plan-only`.")


def _print(view: listings.StoreView, *, as_json: bool) -> None:
    document = asdict(view)
    if as_json:
        print_json(document)
        return
    for key, value in document.items():
        say(f"{key:<18}{at(value) if key.endswith('_at') else _shown(value)}")


def _shown(value: Any) -> str:
    return shown(value if value is None or isinstance(value, (dict, list, bool)) else str(value), most=300)


def _standing(view: listings.StoreView) -> str:
    if not view.is_active:
        return "removed"
    return "paused" if view.paused_reason else "connected"
