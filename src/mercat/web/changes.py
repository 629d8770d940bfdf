"""Change sets: what was planned, held, applied and undone; and reviewing one that waits, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from fastapi import Form
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.core.unit import ReadUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.suppliers import service as suppliers
from mercat.web.change_story import story
from mercat.web.changed_values import RULES, field_name, shown
from mercat.web.formats import number, plural
from mercat.web.pages import Page
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.tables import Action, Column, Empty, Filter, Index, Listed, Table, View

router = Pages()
_STATUSES = ("held", "applied", "partially_applied", "planned", "rejected", "undone")
_ORIGINS = ("feed", "import", "user", "api", "channel", "suggestion", "undo", "system")
SETS = Listed(
    catalog.CHANGE_SETS,
    Index(
        url="/changes",
        title="Changes",
        one="change set",
        columns=(
            Column("title", "What", "set"),
            Column("status", "Status", "status"),
            Column("counts", "Rows", "counts", drops=1),
            Column("created_by", "By", drops=1),
            Column("created_at", "When", "time", sort="created_at", is_number=True),
        ),
        filters=(
            Filter("status", "Status", tuple((each, field_name(each)) for each in _STATUSES)),
            Filter("origin", "From", tuple((each, field_name(each)) for each in _ORIGINS)),
            Filter("source", "Source"),
            Filter("created_at", "When", is_range=True, is_date=True),
        ),
        views=(
            View("All"),
            View("Held", {"status": "held"}),
            View("Undone", {"status": "undone"}),
        ),
        row_url="/changes/{id}",
        search="Find by title",
        empty=Empty("Nothing has changed yet", "Every import, edit and undoing is kept here, and can be taken back."),
    ),
)
REVIEW = Listed(
    catalog.REVIEW,
    Index(
        url="/changes",
        title="Changes",
        one="change",
        columns=(
            Column("title", "Product", "product"),
            Column("about", "Field", "about", is_labelled=False),
            Column("before", "Old", "before", is_number=True, is_labelled=False),
            Column("after", "New", "after", is_labelled=False),
            Column("step", "Change", "step", is_number=True, is_labelled=False),
            Column("margins", "Your margin", "margins", drops=1, is_labelled=False),
            Column("flag", "Why flagged", "why", drops=1, is_labelled=False),
            Column("decision", "Decision", "decision", is_number=True, is_labelled=False),
        ),
        filters=(
            Filter("field", "Field"),
            Filter("decision", "Decision", (("approved", "Approved"), ("held", "Held"), ("rejected", "Rejected"))),
        ),
        row_id="key",
        row_label="key",
        search="Find product or SKU",
        usual_order="As in the file",
        own=("part", "q"),
        has_files=False,
        swaps="#index,#savebar",
        expands=True,
        opens_by="id",
        empty=Empty("Nothing here", "This part of the set holds no change."),
    ),
)
_NEEDED = (
    "id",
    "product_id",
    "product",
    "handle",
    "sku",
    "kind",
    "field",
    "old",
    "new",
    "price",
    "cost_price",
    "currency",
    "flag",
    "key",
    "line",
    "decision",
    "decided_by",
    "status",
    "reason",
)
REJECTS = Listed(
    suppliers.REJECTS,
    Index(
        url="/changes",
        title="Bad rows",
        one="bad row",
        columns=(
            Column("reason", "Why it was not taken"),
            Column("line", "Line", "number", is_number=True),
            Column("key", "Key", "mono"),
            Column("raw", "The row as it was", "raw"),
        ),
        usual_order="As in the file",
        own=("part", "q"),
        has_files=False,
        empty=Empty("No bad rows", "Every row of the file could be read."),
    ),
)
_DECIDE = (
    Action("Approve", "", "catalog.approve", "check", name="decision", value="approved"),
    Action("Hold", "", "catalog.approve", "hold", name="decision", value="held"),
    Action("Reject", "", "catalog.approve", "x", name="decision", value="rejected"),
)


@router.get("/changes", **needs("catalog.read"))
def list_changes(runtime: House, caller: Caller, page: Shown) -> Response:
    """Change sets, newest first."""
    with runtime.read(caller) as unit:
        return page.show("changes/list.html", table=SETS.table(unit, page))


@router.get("/changes.{ending}", **needs("catalog.read"))
def changes_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All change sets that fit, a line each."""
    return SETS.file(page, runtime, caller, ending)


@router.get("/changes/{reference}", **needs("catalog.read"))
def show_change_set(reference: str, runtime: House, caller: Caller, page: Shown) -> Response:
    """One set: why it waits, its parts, and each change from old to new."""
    with runtime.read(caller) as unit:
        change_set = catalog.get_set(unit, reference)
        review = catalog.review(unit, change_set)
        part = page.request.query_params.get("part") or _first_part(change_set, review)
        table = _rejects(unit, page, change_set) if part == "rejects" else _part(unit, page, change_set, part)
        return page.show(
            "changes/show.html",
            set=catalog.described(change_set),
            review=review,
            part=part,
            parts=_parts(change_set, review),
            rules=RULES,
            table=table,
            is_open=change_set.status in {"held", "planned", "approved"},
        )


class Decided(BaseModel):
    """A decision about rows: by the buttons of one (``approved=<key>``), by those that are selected, or by a rule."""

    approved: str = ""
    held: str = ""
    rejected: str = ""
    open: str = ""
    decision: Literal["approved", "held", "rejected", "open", ""] = ""
    id: list[str] = Field([], max_length=1000)
    rule: str = Field("", max_length=50)
    back: str = Field("", max_length=2000)

    def meant(self) -> tuple[catalog.Decision | None, list[str]]:
        """What is decided, and about which rows."""
        for name in ("approved", "held", "rejected", "open"):
            if given := getattr(self, name):
                return _decision(name), [given]
        return _decision(self.decision), self.id


def _decision(name: str) -> catalog.Decision | None:
    return None if name in {"open", ""} else cast("catalog.Decision", name)


@router.post("/changes/{reference}/decide", **needs("catalog.approve"))
def decide(reference: str, runtime: House, caller: Caller, page: Shown, asked: Annotated[Decided, Form()]) -> Response:
    """Decide about rows; nothing is applied yet."""
    decision, keys = asked.meant()
    rule = asked.rule or None

    def work(unit: Any) -> int:
        found = catalog.get_set(unit, reference)
        return catalog.decide_rows(unit, found.id, decision, keys=() if rule else keys, rule=rule)

    count = runtime.attempt(work, caller)
    here = f"/changes/{reference}"
    back = asked.back if asked.back.split("?")[0] == here else here
    if rule is None and len(keys) == 1:
        return page.go(back)
    said = "opened again" if decision is None else decision
    return page.go(
        back, f"Everything {RULES.get(rule, rule)!r} flagged is {said}" if rule else f"{plural(count, 'row')} {said}"
    )


@router.post("/changes/{reference}/apply", **needs("catalog.approve"))
def apply_passed(reference: str, runtime: House, caller: Caller, page: Shown) -> Response:
    """Apply what passed and what was approved; the rest waits in a set of its own."""
    with runtime.read(caller) as unit:
        change_set = catalog.get_set(unit, reference)
        has_rows = bool(change_set.findings)
    return _carry_out(runtime, caller, page, reference, "apply_passed" if has_rows else "approve")


@router.post("/changes/{reference}/reject", **needs("catalog.approve"))
def reject(reference: str, runtime: House, caller: Caller, page: Shown) -> Response:
    """Turn a whole set down."""
    return _carry_out(runtime, caller, page, reference, "reject")


@router.post("/changes/{reference}/undo", **needs("catalog.undo"))
def undo(reference: str, runtime: House, caller: Caller, page: Shown) -> Response:
    """Take an applied set back."""
    return _carry_out(runtime, caller, page, reference, "undo")


def _carry_out(runtime: House, caller: Caller, page: Page, reference: str, verdict: catalog.Verdict) -> Response:
    decided = catalog.decide_soon(runtime, caller, reference, verdict)
    here = f"/changes/{reference}"
    if isinstance(decided, UUID):
        return page.go(here, "A worker does it now: this page shows when it is done")
    made, counts = str(decided["id"]), decided["counts"]
    if verdict == "reject":
        return page.go(here, "The set was rejected. Nothing was changed")
    if verdict == "undo":
        if decided["undo_of"] is None:
            return page.go(f"/changes/{made}", "It stands again", undo=f"/changes/{made}/undo")
        return page.go(here, "It was taken back", undo=f"/changes/{made}/undo")
    rows = sum(counts.get(name, 0) for name in ("created", "updated", "archived"))
    waits = counts.get("held_back", 0)
    said = f"{plural(rows, 'row')} applied" + (f", {number(waits)} held back" if waits else "")
    return page.go(here, said, undo=f"/changes/{made}/undo" if page.may("catalog.undo") else None)


def _first_part(change_set: Any, review: catalog.Review) -> str:
    if review.flagged:
        return "flagged"
    counts = change_set.counts
    order = (("changed", "updated"), ("new", "created"), ("missing", "archived"))
    return next((part for part, name in order if counts.get(name)), "changed")


def _parts(change_set: Any, review: catalog.Review) -> list[tuple[str, str, int | None, str]]:
    """Of each part: its name in the address, its title, how many rows, and its colour."""
    counts: Mapping[str, int] = change_set.counts
    listed = [
        ("flagged", "Flagged", review.flagged, ""),
        ("changed", "Changed", counts.get("updated", 0), "x-chg"),
        ("new", "New or back", counts.get("created", 0), "x-new"),
        ("missing", "Missing", counts.get("archived", 0), "x-gone"),
        ("rejects", "Bad rows", counts.get("rejected", 0), "x-badrow"),
    ]
    if change_set.origin not in {"feed", "import"}:
        return [("changed", "Changed", None, "x-chg"), ("new", "New", None, "x-new")]
    return [each for each in listed if each[0] != "flagged" or each[2]]


def _part(unit: ReadUnit, page: Page, change_set: Any, part: str) -> Table:
    spec = catalog.review_list(unit, change_set, part, q=page.request.query_params.get("q", ""))
    url = f"/changes/{change_set.id}"
    may = part == "flagged" or change_set.status == "held"
    actions = tuple(replace(each, url=f"{url}/decide") for each in _DECIDE) if may else ()
    index = replace(REVIEW.index, url=url, row_url="", actions=actions)
    drawn = REVIEW.table_of(unit, page, spec, index, needed=_NEEDED, change_set_id=change_set.id)
    opened = drawn.opened_row
    told = None if opened is None else story(unit, change_set, opened, _NEEDED)
    return replace(drawn, rows=[{**shown(row), "story": told if row is opened else None} for row in drawn.rows])


def _rejects(unit: ReadUnit, page: Page, change_set: Any) -> Table:
    index = replace(REJECTS.index, url=f"/changes/{change_set.id}")
    return REJECTS.table_of(unit, page, suppliers.REJECTS, index, change_set_id=change_set.id)
