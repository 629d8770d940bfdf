"""``mercat suggestions``: what could be done, decided and applied by a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer

from mercat.cli.display import at, out, say, short, shown, table
from mercat.cli.listing import print_rows, rows_of
from mercat.cli.progress import progressing
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.core.jobs import Watch
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.suggestions import service as suggestions

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Its id, or the end of it as the list shows it.")]
OnlyOption = Annotated[
    list[str] | None, typer.Option("--action", metavar="ID", help="Only this action; all, if left out.")
]
NotesOption = Annotated[str | None, typer.Option("--notes", help="Why.")]


class Status(StrEnum):
    """How a suggestion stands."""

    PENDING = "pending"
    APPROVED = "approved"
    PARTIALLY_APPROVED = "partially_approved"
    REJECTED = "rejected"
    APPLIED = "applied"
    FAILED = "failed"
    STALE = "stale"
    EXPIRED = "expired"
    ROLLED_BACK = "rolled_back"


@app.callback(epilog="Example: mercat suggestions approve 1a2b3c4d && mercat suggestions apply 1a2b3c4d")
def suggestions_() -> None:
    """What could be done about what was seen, with reasons. Nothing changes before you approve and apply it."""


@app.command("list")
def list_(
    *,
    status: Annotated[list[Status] | None, typer.Option("--status", help="Of these; what waits, if left out.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Of this kind, e.g. restore_margin.")] = None,
    page: PageOption = 1,
    per_page: PerPageOption = 50,
    as_json: JsonOption = False,
) -> None:
    """The suggestions, newest first."""
    waiting = (Status.PENDING, Status.APPROVED, Status.PARTIALLY_APPROVED)
    equal: dict[str, Sequence[Any]] = {"status": [each.value for each in status or waiting]}
    if kind:
        equal["kind"] = [kind]
    rows = rows_of(suggestions.SUGGESTIONS, equal, page=page, per_page=per_page)
    if as_json:
        print_json(rows)
        return
    if not rows["data"]:
        say("Nothing is suggested.")
        return
    lines = [
        (
            short(each["id"]),
            each["priority"],
            each["status"],
            shown(each["title"], most=90),
            each["confidence"] or "",
            f"{len(each['cautions'])} caution(s)" if each["cautions"] else "",
        )
        for each in rows["data"]
    ]
    out().print(table(("id", "priority", "status", "what", "sure", "but"), lines, right=("sure",)))
    print_rows(rows, "suggestions")


@app.command()
def show(suggestion: IdArgument, *, as_json: JsonOption = False) -> None:
    """One suggestion: why, from what, and what it would change."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        view = suggestions.view_of(suggestions.get_suggestion(unit, suggestion))
    _print(view, as_json=as_json)


@app.command()
def advise(*, as_json: JsonOption = False) -> None:
    """Have the advisers look now, instead of when a worker does."""
    with open_runtime() as runtime:
        margins = runtime.attempt(suggestions.check_margins, me())
        done = runtime.attempt(suggestions.advise, me())
    if as_json:
        print_json({**margins, **done})
    else:
        say(f"{done['proposed']} suggestions wait or were refreshed, {done['expired']} expired.")


@app.command()
def approve(
    suggestion: IdArgument, *, action: OnlyOption = None, notes: NotesOption = None, as_json: JsonOption = False
) -> None:
    """Let it be applied. Nothing else changes yet: `mercat suggestions apply` does it."""
    _do(
        suggestion, lambda unit, id_: suggestions.approve(unit, id_, only=_ids(unit, id_, action), notes=notes), as_json
    )


@app.command()
def reject(
    suggestion: IdArgument, *, action: OnlyOption = None, notes: NotesOption = None, as_json: JsonOption = False
) -> None:
    """Turn it down. The same is not suggested again for two weeks."""
    _do(suggestion, lambda unit, id_: suggestions.reject(unit, id_, only=_ids(unit, id_, action), notes=notes), as_json)


@app.command()
def reopen(suggestion: IdArgument, *, as_json: JsonOption = False) -> None:
    """Take the review back: what you turned down or approved is to be decided again."""
    _do(suggestion, suggestions.reopen, as_json)


@app.command()
def edit(
    suggestion: IdArgument,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="The value instead of the one proposed.")],
    *,
    action: Annotated[
        str | None, typer.Option("--action", metavar="ID", help="Which; the only one, if left out.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Another value instead of the one proposed; it has to be approved again."""

    def change(unit: WriteUnit, id_: UUID) -> Any:
        chosen = _ids(unit, id_, [action] if action else None)
        first = chosen or [each.id for each in suggestions.get_suggestion(unit, str(id_)).actions][:1]
        return suggestions.edit(unit, id_, first[0], value)

    _do(suggestion, change, as_json)


@app.command()
def apply(suggestion: IdArgument, *, as_json: JsonOption = False) -> None:
    """Do what was approved, as change sets. Twice does nothing more; what moved meanwhile is stale and stays."""
    _do(suggestion, suggestions.apply, as_json)


@app.command()
def rollback(suggestion: IdArgument, *, as_json: JsonOption = False) -> None:
    """Take back what was applied."""
    _do(suggestion, suggestions.roll_back, as_json)


def _do(reference: str, do: Callable[[WriteUnit, UUID], Any], as_json: bool) -> None:  # noqa: FBT001  # of the commands here
    with open_runtime() as runtime:
        view = runtime.attempt(
            lambda unit: suggestions.view_of(do(unit, suggestions.get_suggestion(unit, reference).id)), me()
        )
    _print(view, as_json=as_json)


def _ids(unit: ReadUnit, suggestion_id: UUID, references: list[str] | None) -> list[UUID] | None:
    """Actions by the ends of their ids."""
    if not references:
        return None
    actions = suggestions.get_suggestion(unit, str(suggestion_id)).actions
    found = [each.id for each in actions for wanted in references if str(each.id).endswith(wanted.lower())]
    return found or [UUID(int=0)]


def _print(view: suggestions.SuggestionView, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(view))
        return
    say(f"{view.title}  [{view.status}]", style="bold")
    say(view.description)
    say(f"Why: {view.reasoning}", style="dim")
    drawn_from = ", ".join(f"{each['type']} {short(each['id'])}" for each in view.evidence)
    say(f"From: {drawn_from}", style="dim")
    for caution in view.cautions:
        say(f"But {caution}", style="yellow")
    for each in view.actions:
        change = f"{each.target}: {each.target_field} {shown(each.current_value)} → {shown(each.proposed_value)}"
        say(f"  {short(each.id)}  {change}  {each.status}{f': {each.error}' if each.error else ''}")
    if view.applied_at is not None:
        say(
            f"Applied {at(view.applied_at)} UTC; `mercat suggestions rollback {short(view.id)}` takes it back.",
            style="dim",
        )


@app.command(epilog="Example: mercat suggestions ask LAMP-1")
def ask(
    skus: Annotated[
        list[str] | None, typer.Argument(metavar="[SKU…]", help="About these; what alerts are open for, if left out.")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Ask the language model that is configured. What it says becomes suggestions, and changes nothing."""
    with open_runtime() as runtime, progressing("products") as progress:
        done = suggestions.consult(runtime, me(), skus=skus or [], watch=Watch(progress))
    if as_json:
        print_json(asdict(done))
        return
    say(f"{done.asked:,} asked about, {done.proposed:,} suggested, {done.waiting:,} wait; {done.tokens:,} tokens.")
    for reason in done.refused:
        say(f"  not taken: {shown(reason, most=200)}", style="yellow")
