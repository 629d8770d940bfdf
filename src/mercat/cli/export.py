"""``mercat export``: the catalogue as a file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mercat.cli.display import number, plain, say
from mercat.cli.product import Status
from mercat.cli.progress import progressing
from mercat.cli.session import JsonOption, me, open_runtime, print_json
from mercat.domain.catalog import service as catalog

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def export() -> None:
    """Export the catalogue."""


@app.command()
def products(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Its ending says the format: .jsonl, .csv or .xlsx.")],
    *,
    format: Annotated[
        str | None, typer.Option("--format", help="jsonl, csv, xlsx, or the format of a connector: shopify-csv.")
    ] = None,
    status: Annotated[
        list[Status] | None, typer.Option("--status", help="Only these; may be given more than once.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Every product. A .jsonl file holds all there is: importing it back changes nothing."""
    with open_runtime() as runtime, progressing("products") as progress, runtime.read(me(), snapshot=True) as unit:
        statuses = [each.value for each in status or ()]
        result = catalog.export_products(unit, file, format=format, statuses=statuses, progress=progress)
    if as_json:
        print_json(asdict(result))
        return
    say(f"{number(result.products)} products ({number(result.variants)} variants) in {plain(result.file)}")
    for warning in result.warnings:
        say(f"  {plain(warning)}", style="yellow")
