"""``mercat match``: supplier codes that only a person can match."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from mercat.cli.display import out, paged, print_paging, say, shown, table
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.domain.suppliers import service as suppliers

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

SupplierArgument = Annotated[str, typer.Argument(metavar="SUPPLIER", help="The supplier's code.")]
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The supplier's own code for the product.")]
SkuArgument = Annotated[str, typer.Argument(metavar="SKU", help="The SKU of our variant.")]


class Decision(StrEnum):
    """What may be decided about a supplier's code."""

    OPEN = "open"
    PIN = "pin"
    BAN = "ban"


@app.callback()
def match() -> None:
    """Which product a supplier's code means, where its codes do not tell. A person's word survives every re-import."""


@app.command("list")
def list_(
    *,
    decision: Annotated[Decision, typer.Option("--decision", help="Open questions, pins or bans.")] = Decision.OPEN,
    page: PageOption = 1,
    per_page: PerPageOption = 20,
    as_json: JsonOption = False,
) -> None:
    """The questions that wait for a person, with the candidates and why each may be meant."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        matches = suppliers.list_matches(unit, decision=decision.value, page=page, per_page=per_page)
    if as_json:
        print_json(paged(matches, [asdict(each) for each in matches]))
        return
    if not len(matches):
        say("No question is open." if decision is Decision.OPEN else f"There is no {decision.value}.")
        return
    rows = []
    for each in matches:
        candidates = [f"{shown(c['sku'])}: {shown(c['name'])} ({c['reason']})" for c in each.candidates]
        meant = "; ".join(candidates) if each.decision == "open" else shown(each.sku)
        rows.append((each.supplier, each.key, shown(each.title or ""), each.decision, meant))
    out().print(table(("supplier", "key", "title", "decision", "meant"), rows))
    print_paging(matches, "matches")
    if decision is Decision.OPEN:
        say("mercat match pin SUPPLIER KEY SKU says which one it is; ban says which one it is not.", style="dim")


@app.command()
def pin(supplier: SupplierArgument, key: KeyArgument, sku: SkuArgument, *, as_json: JsonOption = False) -> None:
    """This key is our variant with this SKU, whatever its codes say."""
    with open_runtime() as runtime:
        runtime.attempt(lambda unit: suppliers.pin(unit, supplier, key, sku), me())
    _report(supplier, key, sku, "pin", as_json=as_json)


@app.command()
def ban(supplier: SupplierArgument, key: KeyArgument, sku: SkuArgument, *, as_json: JsonOption = False) -> None:
    """This key is not our variant with this SKU, whatever its codes say."""
    with open_runtime() as runtime:
        runtime.attempt(lambda unit: suppliers.ban(unit, supplier, key, sku), me())
    _report(supplier, key, sku, "ban", as_json=as_json)


@app.command()
def unpin(supplier: SupplierArgument, key: KeyArgument, *, as_json: JsonOption = False) -> None:
    """Take a pin or a ban back: the codes decide again."""
    with open_runtime() as runtime:
        runtime.attempt(lambda unit: suppliers.unpin(unit, supplier, key), me())
    _report(supplier, key, None, "none", as_json=as_json)


def _report(supplier: str, key: str, sku: str | None, decision: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"supplier": supplier, "key": key, "sku": sku, "decision": decision})
        return
    word = {"pin": f"is {sku}", "ban": f"is not {sku}", "none": "is judged by its codes again"}[decision]
    say(f"{key} of {supplier} {word}. The next import of its file obeys; the same file will be read anew.")
