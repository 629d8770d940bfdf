"""``mercat sandbox``: loopback servers to try things on, without an account and without the internet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mercat.cli import sandbox_feeds
from mercat.cli.display import say
from mercat.cli.session import JsonOption, print_json
from mercat.core.errors import Invalid

if TYPE_CHECKING:
    from mercat.sandbox.shopify.house import House

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

PortOption = Annotated[int, typer.Option("--port", min=0, max=65_535, help="Where to listen; 0 takes a free port.")]
HostOption = Annotated[str, typer.Option("--host", help="The address to listen on.")]

SeedOption = Annotated[int, typer.Option("--seed", help="Another seed, another market.")]


@app.callback()
def sandbox() -> None:
    """Loopback servers to try things on, without an account and without the internet."""


@app.command()
def shopify(
    *,
    port: PortOption = 8300,
    host: HostOption = "127.0.0.1",
    plan: Annotated[
        str, typer.Option("--plan", help="standard, advanced or plus: 100, 200 or 1000 points/s.")
    ] = "standard",
    faults: Annotated[str, typer.Option("--faults", help="What goes wrong how often, as in 500=5%,502=2%.")] = "",
    currency: Annotated[str, typer.Option("--currency", help="What the shop sells in.")] = "USD",
    seed: Annotated[int, typer.Option("--seed", help="Another seed, other faults.")] = 0,
    cost: Annotated[str, typer.Option("--cost", help="How connections are priced: recorded or linear.")] = "recorded",
    as_json: JsonOption = False,
) -> None:
    """A Shopify shop: the official Admin API 2026-10, strict and stateful, until you stop it."""
    from mercat.sandbox.shopify import Options, serve
    from mercat.sandbox.shopify.faults import parse
    from mercat.sandbox.shopify.options import COST_CURVES, POINTS_PER_SECOND

    _among("--plan", plan, POINTS_PER_SECOND)
    _among("--cost", cost, COST_CURVES)
    try:
        rates = parse(faults)
    except ValueError as wrong:
        raise Invalid(f"--faults: {wrong}") from None
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise Invalid(f"--currency: {currency!r} is no ISO 4217 code such as USD or EUR")
    options = Options(plan=plan, currency=currency.upper(), faults=rates, seed=seed, cost_curve=cost)
    serve(options, host=host, port=port, opened=lambda house: _announce(house, as_json=as_json))


@app.command(epilog="Example: mercat sandbox keepa --port 8310")
def keepa(
    *, port: PortOption = 8310, host: HostOption = "127.0.0.1", seed: SeedOption = 0, as_json: JsonOption = False
) -> None:
    """Keepa's API with a market that moves: tokens, products and their history, until you stop it."""
    _serve_market("keepa", host=host, port=port, seed=seed, as_json=as_json)


@app.command(epilog="Example: mercat sandbox spapi --port 8320")
def spapi(
    *, port: PortOption = 8320, host: HostOption = "127.0.0.1", seed: SeedOption = 0, as_json: JsonOption = False
) -> None:
    """Amazon's Selling Partner API with a market that moves: tokens, catalogue and offers, until you stop it."""
    _serve_market("amazon", host=host, port=port, seed=seed, as_json=as_json)


def _serve_market(kind: str, *, host: str, port: int, seed: int, as_json: bool) -> None:
    from mercat.sandbox.market import RunningSource, serve

    def opened(source: RunningSource) -> None:
        if as_json:
            print_json({"service": kind, "url": source.url, "credentials": f"{source.url}/__sandbox__/credentials"})
            return
        say(f"The {kind} sandbox listens on {source.url}; Ctrl-C closes it. ASINs that begin with B0 are sold.")
        say(f"Connect it: mercat market source add NAME --provider {kind} --sandbox {source.url}")

    serve(kind, host=host, port=port, seed=seed, opened=opened)


for _command in (sandbox_feeds.ftp, sandbox_feeds.ftps, sandbox_feeds.sftp, sandbox_feeds.s3):
    app.command()(_command)


def _announce(house: House, *, as_json: bool) -> None:
    url = house.shop.origin
    if as_json:
        # Secrets are not printed: whoever may have them asks for them.
        print_json(
            {
                "service": "shopify",
                "url": url,
                "plan": house.options.plan,
                "credentials": f"{url}/__sandbox__/credentials",
            }
        )
        return
    say(f"A Shopify shop listens on {url}; Ctrl-C closes it.")
    say(f"Connect a store to it: mercat store add shopify NAME --sandbox {url}")
    say(f"Look inside: {url}/__sandbox__/state")


def _among(option: str, value: str, known: Any) -> None:
    if value not in known:
        raise Invalid(f"{option}: {value!r} is none of {', '.join(known)}")
