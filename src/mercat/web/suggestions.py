"""Suggestions: what could be done, why, what it would bring; decided, applied, taken back, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Form
from pydantic import Field
from starlette.responses import Response

from mercat.core.errors import Conflict, Invalid
from mercat.core.lists import ListQuery, list_rows
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.alerts import service as alerts
from mercat.domain.catalog import service as catalog
from mercat.domain.reports import service as reports
from mercat.domain.suggestions import service as suggestions
from mercat.web.effects import CATEGORIES, PRIORITIES, STATUSES, effects, outcome, shown_action, with_drawn
from mercat.web.forms import Back, Selected, TakenBack, each_of, said_of, taken_back, undo_of
from mercat.web.pages import Page, own_address
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.subjects import SUBJECTS, address_of
from mercat.web.tables import Action, Column, Empty, Filter, Index, Listed, View

router = Pages()
_ALL = "all"
_SET = re.compile(r"held change set ([0-9a-f]{8})")
SUGGESTIONS = Listed(
    suggestions.UNDECIDED,
    Index(
        url="/suggestions",
        title="Suggestions",
        one="suggestion",
        columns=(
            Column("title", "Suggestion", "suggestion"),
            Column("estimated_impact", "Old and new", "change", is_labelled=False),
            Column("category", "Kind", "category", is_labelled=False),
            Column("priority", "Urgency", "priority", is_labelled=False),
            Column("confidence", "Sure", "sure", is_number=True, drops=1),
        ),
        also=(
            "kind", "description", "reasoning", "cautions", "evidence", "subject_type", "subject_id", "subject_label", "source",
            "created_at",
            "expires_at",
            "status",
        ),
        filters=(
            Filter("category", "Kind", tuple(CATEGORIES.items())),
            Filter("priority", "Urgency", tuple((name, words) for name, (words, _) in PRIORITIES.items())),
            Filter("kind", "What is advised"),
            Filter("created_at", "Made", is_range=True, is_date=True),
        ),
        views=(
            View("To decide"),
            View("Prices", {"category": "pricing"}),
            View("Content", {"category": "content"}),
            View("Watching", {"category": "tracking"}),
            View("All, with what was decided", {"view": _ALL}),
        ),
        actions=(
            Action("Approve and apply", "/suggestions/accept", "suggestions.apply", key="a"),
            Action("Reject", "/suggestions/reject", "suggestions.review", "x", is_dangerous=True, key="r"),
        ),
        row_url="/suggestions/{id}",
        search="Find by title or product",
        usual_order="Most urgent first",
        usual_sort="-urgency",
        sorts=(("expires_at", "Soonest to expire"),),
        own=("view",),
        expands=True,
        empty=Empty(
            "Nothing is suggested",
            "Where a margin falls, a Buy Box is lost or a title is too long, what could be done about it comes here, with old and new.",
            "See the alerts",
            "/alerts",
        ),
    ),
)  # fmt: skip


@router.get("/suggestions", **needs("suggestions.read"))
def list_suggestions(runtime: House, caller: Caller, page: Shown) -> Response:
    """What waits for a decision, most urgent first; all of it where that is asked for."""
    listed = _listed(page)
    with runtime.read(caller) as unit:
        table = listed.table(unit, page)
        rows = reports.with_actions(unit, [dict(row) for row in table.rows])
    return page.show("suggestions/list.html", table=replace(table, rows=[with_drawn(row) for row in rows]))


@router.get("/suggestions.{ending}", **needs("suggestions.read"))
def suggestions_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All that fit, a line each."""
    return _listed(page).file(page, runtime, caller, ending)


def _listed(page: Page) -> Listed:
    if page.request.query_params.get("view") != _ALL:
        return SUGGESTIONS
    state = Column("status", "State", "state", is_labelled=False)
    columns = (*SUGGESTIONS.index.columns, state)
    index = replace(SUGGESTIONS.index, columns=columns, usual_sort="", usual_order="Newest first")
    return Listed(suggestions.SUGGESTIONS, index)


class Rejected(Selected):
    """Which are turned down, and why."""

    notes: str = Field("", max_length=10_000)


@router.post("/suggestions/accept", **needs("suggestions.apply"))
def accept_selected(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """Approve and apply the selected ones; each as a change of its own, so that one that moved stops no other."""
    done, refused = 0, list[str]()
    for each in asked.id:
        try:
            made = runtime.attempt(partial(_accept, suggestion_id=each), caller)
        except Conflict as conflict:
            refused.append(conflict.message)
            continue
        done += made.status == "applied"
        refused += [why for action in made.actions if (why := action.error)]
    return page.go(own_address(asked.back, "/suggestions"), said_of(done, refused, "suggestion", "applied"))


@router.post("/suggestions/reject", **needs("suggestions.review"))
def reject_selected(runtime: House, caller: Caller, page: Shown, asked: Annotated[Rejected, Form()]) -> Response:
    """Turn the selected ones down."""
    notes = asked.notes.strip() or None
    done = runtime.attempt(
        lambda unit: each_of(asked.id, lambda each: suggestions.reject(unit, each, notes=notes)), caller
    )
    undo = undo_of("/suggestions/reopen", done[0])
    return page.go(own_address(asked.back, "/suggestions"), said_of(*done, "suggestion", "rejected"), undo=undo)


@router.post("/suggestions/reopen", **needs("suggestions.review"))
def reopen(runtime: House, caller: Caller, page: Shown, ids: TakenBack) -> Response:
    """Take reviews back: they are to be decided again."""
    rows = taken_back(ids)
    done = runtime.attempt(lambda unit: each_of(rows, lambda each: suggestions.reopen(unit, each)), caller)
    back = f"/suggestions/{rows[0]}" if len(rows) == 1 else "/suggestions"
    return page.go(back, said_of(*done, "suggestion", "to decide again"))


@router.get("/suggestions/{suggestion_id:uuid}", **needs("suggestions.read"))
def show_suggestion(suggestion_id: UUID, runtime: House, caller: Caller, page: Shown) -> Response:
    """One suggestion whole: what it would change, why, what it would bring, and what came of it."""
    with runtime.read(caller) as unit:
        return page.show("suggestions/one.html", **_facts(unit, suggestion_id))


class Reviewed(Back):
    """One action of it, or all; and why."""

    action: UUID | Literal[""] = ""
    notes: str = Field("", max_length=10_000)

    @property
    def only(self) -> list[UUID] | None:
        """The actions that are meant."""
        return [self.action] if isinstance(self.action, UUID) else None


@router.post("/suggestions/{suggestion_id:uuid}/accept", **needs("suggestions.apply"))
def accept(
    suggestion_id: UUID, runtime: House, caller: Caller, page: Shown, asked: Annotated[Reviewed, Form()]
) -> Response:
    """Approve all of it and apply it at once."""
    return _applied(runtime, caller, page, asked, lambda unit: _accept(unit, suggestion_id))


@router.post("/suggestions/{suggestion_id:uuid}/approve", **needs("suggestions.review"))
def approve(
    suggestion_id: UUID, runtime: House, caller: Caller, page: Shown, asked: Annotated[Reviewed, Form()]
) -> Response:
    """Let it, or one of its actions, be applied. Nothing else changes yet."""
    runtime.attempt(
        lambda unit: suggestions.approve(unit, suggestion_id, only=asked.only, notes=asked.notes.strip() or None),
        caller,
    )
    undo = undo_of("/suggestions/reopen", [suggestion_id])
    return page.go(_back(asked, suggestion_id), "Approved. Nothing is changed until it is applied", undo=undo)


@router.post("/suggestions/{suggestion_id:uuid}/reject", **needs("suggestions.review"))
def reject(
    suggestion_id: UUID, runtime: House, caller: Caller, page: Shown, asked: Annotated[Reviewed, Form()]
) -> Response:
    """Turn it, or one of its actions, down."""
    runtime.attempt(
        lambda unit: suggestions.reject(unit, suggestion_id, only=asked.only, notes=asked.notes.strip() or None), caller
    )
    undo = undo_of("/suggestions/reopen", [suggestion_id])
    return page.go(_back(asked, suggestion_id), "Rejected. The same is not suggested for two weeks", undo=undo)


@router.post("/suggestions/{suggestion_id:uuid}/apply", **needs("suggestions.apply"))
def apply(
    suggestion_id: UUID, runtime: House, caller: Caller, page: Shown, asked: Annotated[Reviewed, Form()]
) -> Response:
    """Do what was approved."""
    return _applied(
        runtime, caller, page, asked, lambda unit: suggestions.view_of(suggestions.apply(unit, suggestion_id))
    )


@router.post("/suggestions/{suggestion_id:uuid}/rollback", **needs("suggestions.apply"))
def roll_back(
    suggestion_id: UUID, runtime: House, caller: Caller, page: Shown, asked: Annotated[Reviewed, Form()]
) -> Response:
    """Take back what was applied."""
    runtime.attempt(lambda unit: suggestions.roll_back(unit, suggestion_id).id, caller)
    return page.go(_back(asked, suggestion_id), "It was taken back")


class Edited(Back):
    """Another value for an action."""

    action: UUID
    proposed: str = Field("", max_length=10_000)


@router.post("/suggestions/{suggestion_id:uuid}/edit", **needs("suggestions.review"))
def edit(
    suggestion_id: UUID, runtime: House, caller: Caller, page: Shown, asked: Annotated[Edited, Form()]
) -> Response:
    """Another value instead of the one proposed."""
    try:
        runtime.attempt(lambda unit: suggestions.edit(unit, suggestion_id, asked.action, asked.proposed).id, caller)
    except Invalid as wrong:
        with runtime.read(caller) as unit:
            facts = _facts(unit, suggestion_id, wrong=(str(asked.action), asked.proposed, wrong.message))
        return page.show("suggestions/one.html", status=422, **facts)
    return page.go(f"/suggestions/{suggestion_id}", "Changed. It has to be approved with this value")


def _accept(unit: WriteUnit, suggestion_id: UUID) -> suggestions.SuggestionView:
    """Approved and applied in one unit: it is both or neither. What was approved before is only applied."""
    known = suggestions.view_of(suggestions.get_suggestion(unit, str(suggestion_id)))
    if known.status in {"pending", "partially_approved"}:
        suggestions.approve(unit, suggestion_id)
    return suggestions.view_of(suggestions.apply(unit, suggestion_id))


def _applied(
    runtime: House, caller: Caller, page: Page, asked: Reviewed, work: Callable[[WriteUnit], suggestions.SuggestionView]
) -> Response:
    made = runtime.attempt(work, caller)
    here = _back(asked, made.id)
    if made.status == "applied":
        return page.go(here, "Applied", undo=f"/suggestions/{made.id}/rollback")
    why = next((each.error for each in made.actions if each.error), "")
    return page.go(f"/suggestions/{made.id}", f"Nothing was changed: {why}" if why else f"It is {made.status}")


def _back(asked: Back, suggestion_id: UUID) -> str:
    return own_address(asked.back, "") if asked.back != "/" else f"/suggestions/{suggestion_id}"


def _facts(unit: ReadUnit, suggestion_id: UUID, *, wrong: tuple[str, str, str] = ("", "", "")) -> dict[str, Any]:
    view = suggestions.view_of(suggestions.get_suggestion(unit, str(suggestion_id)))
    near = reports.around(unit, view.subject_type, view.subject_id)
    currency = view.estimated_impact.get("currency")
    actions = [shown_action(asdict(each), currency, near.variants) for each in view.actions]
    return {
        "suggestion": view,
        "actions": actions,
        "effects": effects(view.estimated_impact),
        "outcome": outcome(view.outcome),
        "evidence": _evidence(unit, view.evidence, near),
        "cautions": _cautions(unit, view.cautions),
        "place": address_of(asdict(view), near.variants),
        "about": SUBJECTS.get(view.subject_type, ""),
        "statuses": STATUSES,
        "priorities": PRIORITIES,
        "categories": CATEGORIES,
        "wrong": wrong,
    }


def _cautions(unit: ReadUnit, cautions: Sequence[str]) -> list[tuple[str, str]]:
    """Each with the address of the change set that it warns of, if that still waits."""
    ends = {found[1] for each in cautions if (found := _SET.search(each))}
    held: dict[str, str] = {}
    if ends and unit.actor.may(catalog.CHANGE_SETS.permission):
        rows = list_rows(unit, catalog.CHANGE_SETS, ListQuery(equal={"status": ["held"]}, fields=["id"], per_page=200))
        held = {str(row["id"])[-8:]: f"/changes/{row['id']}" for row in rows.data}
    return [(each, held.get(found[1], "") if (found := _SET.search(each)) else "") for each in cautions]


def _evidence(
    unit: ReadUnit, evidence: Sequence[Mapping[str, str]], near: reports.Around
) -> list[tuple[str, str, str]]:
    """What it was drawn from: kind, what it is called, and its address."""
    known = {str(row["id"]): (row["title"], f"/alerts/{row['id']}") for row in near.alerts}
    missing = [UUID(each["id"]) for each in evidence if each["type"] == "alert" and each["id"] not in known]
    if missing and unit.actor.may(alerts.ALERTS.permission):
        rows = list_rows(unit, alerts.ALERTS, ListQuery(equal={"id": missing}, per_page=len(missing))).data
        known |= {str(row["id"]): (row["title"], f"/alerts/{row['id']}") for row in rows}
    known |= {str(row["id"]): (row["title"] or row["asin"], f"/market/{row['id']}") for row in near.listings}
    known |= {str(row["id"]): (f"{row['product']} ({row['sku']})", f"/products/{row['sku']}") for row in near.variants}
    kinds = {"alert": "Alert", **SUBJECTS}
    found = []
    for each in evidence:
        title, url = known.get(
            each["id"], (each["id"], f"/market/{each['id']}" if each["type"] == "market_product" else "")
        )
        found.append((kinds.get(each["type"], each["type"]), title, url))
    return found
