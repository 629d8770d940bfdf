"""``mercat config``: the settings in force."""

from __future__ import annotations

import typer

from mercat.cli.display import out, table
from mercat.cli.session import JsonOption, print_json
from mercat.core.settings import describe, load

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def config() -> None:
    """The settings in force: read from the environment, once."""


@app.command()
def show(*, as_json: JsonOption = False) -> None:
    """Every setting with its value; secrets are masked."""
    settings = describe(load())
    if as_json:
        print_json(settings)
        return
    out().print(table(("setting", "value", "what it is"), [(s["name"], s["value"], s["help"]) for s in settings]))
