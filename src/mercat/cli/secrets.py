"""``mercat secrets``: the key that seals credentials."""

from __future__ import annotations

import typer

from mercat.cli.display import say
from mercat.cli.session import JsonOption, me, open_runtime, print_json
from mercat.core.secrets import new_key
from mercat.domain.access import service as access
from mercat.domain.listings import service as listings
from mercat.domain.market import service as market
from mercat.domain.operations import service as operations

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def secrets() -> None:
    """The key that seals credentials lies beside the database, in secret.key, or in MERCAT_SECRET_KEY."""


@app.command()
def rotate(*, as_json: JsonOption = False) -> None:
    """Seal everything with a new key. With MERCAT_SECRET_KEY, put the new key in front first: NEW,OLD."""
    with open_runtime() as runtime:
        with runtime.secrets.exchanging():
            count = listings.reseal(runtime, me())
            others = operations.reseal(runtime, me()) + access.reseal(runtime, me())
            others += market.reseal_sources(runtime, me())
        is_given = runtime.secrets.is_given
    if as_json:
        print_json({"resealed": count + others})
        return
    last = "The keys behind the first one in MERCAT_SECRET_KEY can go now." if is_given else "The old key is gone."
    say(f"The credentials of {count} stores and {others} other secrets are sealed with the new key. {last}")


@app.command()
def generate() -> None:
    """Print a fresh key, for MERCAT_SECRET_KEY."""
    typer.echo(new_key())
