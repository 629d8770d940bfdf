"""``mercat changes``: what was planned, held, applied and undone, and deciding about it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, cast

import typer

from mercat.cli.display import at, number, out, paged, print_paging, say, short, shown, status, table
from mercat.cli.progress import progressing
from mercat.cli.results import print_findings
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.core.jobs import Watch
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.suppliers import service as suppliers

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The change set's id, or the end of it.")]


class Status(StrEnum):
    """The fates of a change set."""

    PLANNED = "planned"
    HELD = "held"
    APPLIED = "applied"
    PARTIALLY_APPLIED = "partially_applied"
    REJECTED = "rejected"
    UNDONE = "undone"


@app.callback()
def changes() -> None:
    """Change sets: the one door into the catalogue."""


@app.command("list")
def list_(
    *,
    fate: Annotated[Status | None, typer.Option("--status", help="Only sets of this status.")] = None,
    page: PageOption = 1,
    per_page: PerPageOption = 20,
    as_json: JsonOption = False,
) -> None:
    """The change sets, newest first."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        sets = catalog.list_sets(unit, status=None if fate is None else fate.value, page=page, per_page=per_page)
        found = [catalog.described(each) for each in sets]
    if as_json:
        print_json(paged(sets, found))
        return
    if not found:
        say("There is no change set yet: `mercat import FILE` makes one.")
        return
    figures = ("created", "updated", "archived", "rejected")
    rows = [
        (
            short(each["id"]),
            at(each["created_at"]),
            status(each["status"]),
            shown(each["title"], most=50),
            each["origin"],
            *(number(each["counts"].get(name, 0)) for name in figures),
        )
        for each in found
    ]
    out().print(table(("id", "made", "status", "title", "origin", *figures), rows, right=figures))
    print_paging(sets, "change sets")


@app.command()
def show(
    reference: IdArgument,
    *,
    flagged: Annotated[bool, typer.Option("--flagged", help="Only what a guard flagged.")] = False,
    rejects: Annotated[bool, typer.Option("--rejects", help="The rows that were not taken, instead.")] = False,
    page: PageOption = 1,
    per_page: PerPageOption = 50,
    as_json: JsonOption = False,
) -> None:
    """One change set: its counts, what the guards found, and its changes, old → new."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        change_set = catalog.described(catalog.get_set(unit, reference))
        listed: Any
        if rejects:
            listed = suppliers.list_rejects(unit, str(change_set["id"]), page=page, per_page=per_page)
            lines = [_rejected(each) for each in listed]
        else:
            listed = catalog.list_changes(unit, change_set["id"], flagged=flagged, page=page, per_page=per_page)
            lines = [shown_change(each) for each in listed]
    if as_json:
        print_json({**change_set, ("rejects" if rejects else "changes"): paged(listed, lines)})
        return
    _print_set(change_set)
    if rejects:
        print_rejects(lines)
        print_paging(listed, "rejected rows")
    else:
        print_changes(lines)
        print_paging(listed, "changes")


@app.command()
def approve(reference: IdArgument, *, as_json: JsonOption = False) -> None:
    """Let a held or planned set through: it is applied at once."""
    _decide(reference, "approve", as_json=as_json)


class Decision(StrEnum):
    """What can be decided about a row, or about all that a rule flagged."""

    APPROVED = "approved"
    HELD = "held"
    REJECTED = "rejected"
    OPEN = "open"


@app.command("decide")
def decide_rows(
    reference: IdArgument,
    decision: Annotated[Decision, typer.Argument(help="What is decided; `open` takes it back.")],
    *,
    keys: Annotated[list[str] | None, typer.Option("--key", help="A row, by the supplier's key; repeatable.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="All that this guard's rule flagged.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Decide about rows of a set that waits; nothing is applied yet.

    Example: mercat changes decide 3f2a approved --rule price_change
    """
    from dataclasses import asdict

    said = cast("catalog.Decision | None", None if decision is Decision.OPEN else decision.value)
    with open_runtime() as runtime:

        def work(unit: WriteUnit) -> Any:
            found = catalog.get_set(unit, reference)
            catalog.decide_rows(unit, found.id, said, keys=keys or (), rule=rule)
            return catalog.review(unit, found)

        review = runtime.attempt(work, me())
    if as_json:
        print_json(asdict(review))
        return
    figures = ("flagged", "approved", "held", "rejected", "open")
    say(" · ".join(f"{number(getattr(review, name))} {name}" for name in figures))
    say(f"mercat changes apply-passed {reference} applies {number(review.passing)} rows.", style="dim")


@app.command("apply-passed")
def apply_passed(reference: IdArgument, *, as_json: JsonOption = False) -> None:
    """Apply what nothing flagged and what was approved; the rest waits on in a set of its own.

    Example: mercat changes apply-passed 3f2a
    """
    _decide(reference, "apply_passed", as_json=as_json)


@app.command()
def reject(reference: IdArgument, *, as_json: JsonOption = False) -> None:
    """Turn a held or planned set down. Nothing was touched and nothing will be."""
    _decide(reference, "reject", as_json=as_json)


@app.command()
def undo(reference: IdArgument, *, as_json: JsonOption = False) -> None:
    """Take an applied set back, field by field; what has changed again since is left alone and reported."""
    _decide(reference, "undo", as_json=as_json)


def _decide(reference: str, verdict: catalog.Verdict, *, as_json: bool) -> None:
    with open_runtime() as runtime:
        _show_decided(decide(runtime, reference, verdict), as_json=as_json)


def decide(runtime: Runtime, reference: str, verdict: catalog.Verdict) -> dict[str, Any]:
    """Carry a verdict out, with progress."""
    with progressing("changes") as progress:
        return catalog.decide(runtime, me(), reference, verdict, watch=Watch(progress=progress))


def _show_decided(change_set: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(change_set)
        return
    _print_set(change_set)
    reference = short(change_set["id"])
    if change_set["status"] in {"applied", "partially_applied"}:
        say(f"mercat changes undo {reference} takes it back.", style="dim")


def shown_change(change: Any) -> dict[str, Any]:
    """A change as JSON shows it."""
    return {
        "id": change.id,
        "kind": change.kind,
        "field": change.field,
        "old": change.old_value,
        "new": change.new_value,
        "status": change.status,
        "reason": change.reason,
        "flag": change.flag,
        "key": change.source_key,
        "line": change.line,
        "product_id": change.product_id,
        "variant_id": change.variant_id,
    }


def _rejected(row: Any) -> dict[str, Any]:
    return {"line": row.line, "key": row.source_key, "reason": row.reason, "raw": row.raw}


def _print_set(change_set: dict[str, Any]) -> None:
    say(f"{change_set['title']}  ({change_set['id']})", style="bold")
    out().print("  ", status(change_set["status"]), f"  by {shown(change_set['created_by'])}", sep="", end="")
    if change_set["approved_by"]:
        out().print(f", approved by {shown(change_set['approved_by'])}", end="")
    out().print(f", applied {at(change_set['applied_at'])}" if change_set["applied_at"] else "")
    counts = " · ".join(f"{number(count)} {name}" for name, count in change_set["counts"].items() if count)
    if counts:
        say(f"  {counts}")
    print_findings(change_set["findings"])


def print_changes(lines: list[dict[str, Any]]) -> None:
    """Changes as a table, old → new."""
    rows = []
    for each in lines:
        new = each["new"]
        if each["kind"] == "create" and each["field"] is None and isinstance(new, dict):
            new = new.get("name")
        rows.append(
            (
                number(each["line"]) if each["line"] else "",
                shown(each["key"] or short(each["product_id"] or ""), most=30),
                each["kind"],
                each["field"] or "",
                shown(each["old"], most=40) if each["old"] is not None else "",
                shown(new, most=40) if new is not None else "",
                each["flag"] or "",
                each["reason"] or ("" if each["status"] == "planned" else each["status"]),
            )
        )
    if rows:
        headings = ("line", "product", "kind", "field", "old", "new", "flag", "note")
        out().print(table(headings, rows, right=("line",)))


def print_rejects(lines: list[dict[str, Any]]) -> None:
    """Rejected rows as a table."""
    if not lines:
        say("No row was rejected.")
        return
    rows = [
        (number(each["line"]), shown(each["key"] or "", most=30), shown(each["reason"], most=120), shown(each["raw"]))
        for each in lines
    ]
    out().print(table(("line", "key", "reason", "text"), rows, right=("line",)))
