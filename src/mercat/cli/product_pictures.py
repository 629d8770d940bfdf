"""``mercat product picture``: pictures of one's own on a product."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mercat.cli.display import out, plain, say, short, shown, table
from mercat.cli.session import JsonOption, me, open_runtime, print_json
from mercat.core.errors import Invalid
from mercat.core.unit import WriteUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.media import service as media

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

SkuArgument = Annotated[str, typer.Argument(metavar="SKU", help="The SKU of the product or of one of its variants.")]


@app.callback()
def picture() -> None:
    """Pictures of a product: add, list, remove."""


@app.command(epilog="Example: mercat product picture add ABC123 front.jpg back.jpg")
def add(
    sku: SkuArgument,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="JPEG, PNG, WebP or GIF.", exists=True, dir_okay=False)
    ],
    *,
    alt: Annotated[str | None, typer.Option("--alt", help="What they show, for whoever cannot see it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Keep files and show them behind the product's other pictures, as one change set. Metadata is taken out of them."""
    with open_runtime() as runtime:
        done = catalog.add_pictures(runtime, me(), sku, [(each, each.name) for each in files], alt_text=alt)
    if as_json:
        listed = {name: [each.address for each in getattr(done, name)] for name in ("added", "there")}
        change_set = None if done.change_set is None else done.change_set.id
        print_json({"sku": sku, "change_set": change_set, **listed, "refused": done.refused})
    else:
        for each in done.added:
            say(f"{plain(each.filename)}: {each.width} × {each.height}, {each.address}")
        for each in done.there:
            say(f"{plain(each.filename)} is shown already.", style="dim")
        for reason in done.refused:
            say(plain(reason), style="red")
        if done.change_set is not None:
            say(f"mercat changes undo {short(done.change_set.id)} takes it back.", style="dim")
    if done.refused:
        raise typer.Exit(1)


@app.command("list")
def list_(sku: SkuArgument, *, as_json: JsonOption = False) -> None:
    """The pictures in their order; the first stands for the product."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        pictures = catalog.get_product(unit, sku).document["images"]
        own = media.find_pictures(unit, [each["url"] for each in pictures])
    if as_json:
        print_json([{**each, "is_own": each["url"] in own} for each in pictures])
        return
    if not pictures:
        say(f"{plain(sku)} has no pictures.")
        return
    rows = [
        (
            str(number),
            shown(each["url"], most=90),
            f"{kept.width} × {kept.height}" if (kept := own.get(each["url"])) else "",
            shown(each["alt_text"] or "", most=50),
        )
        for number, each in enumerate(pictures, 1)
    ]
    out().print(table(("", "address", "pixels", "shows"), rows, right=("",)))


@app.command()
def remove(
    sku: SkuArgument,
    number: Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="As `list` counts them.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Take a picture away from a product. A file of your own stays kept, so that this can be undone."""

    def work(unit: WriteUnit) -> Any:
        pictures = catalog.get_product(unit, sku).document["images"]
        if number > len(pictures):
            message = f"{sku} has {len(pictures)} pictures: `mercat product picture list {sku}` counts them"
            raise Invalid(message)
        return catalog.edit(unit, sku, {"images": [*pictures[: number - 1], *pictures[number:]]})

    with open_runtime() as runtime:
        change_set = runtime.attempt(work, me())
    if as_json:
        print_json({"sku": sku, "change_set": change_set.id})
    else:
        say(f"Picture {number} of {plain(sku)} is taken away.")
        say(f"mercat changes undo {short(change_set.id)} takes it back.", style="dim")
