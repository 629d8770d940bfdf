"""Schedules: what happens by itself, when next, and having it done now."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Form
from pydantic import Field
from starlette.responses import Response

from mercat.core.errors import MercatError
from mercat.core.lists import get_row
from mercat.core.page import MOST_PER_PAGE
from mercat.core.unit import ReadUnit
from mercat.domain.listings import service as listings
from mercat.domain.operations import service as operations
from mercat.domain.suppliers import service as suppliers
from mercat.web.forms import Selected, said_of
from mercat.web.pages import Page, own_address
from mercat.web.rhythm import CHOICES, Rhythm
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.tables import Action, Column, Empty, Filter, Index, Listed

router = Pages()
SCHEDULES = Listed(
    operations.SCHEDULES,
    Index(
        url="/schedules",
        title="Schedules",
        one="schedule",
        columns=(
            Column("name", "What", "what", sort="name"),
            Column("cron", "When", "when"),
            Column("next_at", "Next", "next", sort="next_at", is_number=True),
            Column("last_at", "Last", "last", is_number=True, drops=1),
            Column("skipped", "Left out", "number", is_number=True, drops=2),
            Column("actor", "Made by", drops=2),
        ),
        also=("kind", "every_s", "timezone", "is_active", "last_job_id"),
        filters=(Filter("kind", "Kind"), Filter("is_active", "Active", (("true", "Yes"), ("false", "No")))),
        actions=(
            Action("Run now", "/schedules/run", "operations.schedule", "play"),
            Action("Remove", "/schedules/remove", "operations.schedule", "x", is_dangerous=True),
        ),
        usual_order="Oldest first",
        empty=Empty(
            "Nothing happens by itself yet",
            "Have a feed fetched every night, or a store looked at every hour.",
            "Add a schedule",
            "/schedules/new",
            "operations.schedule",
        ),
    ),
)


class ScheduleForm(Rhythm):
    """What is to be done, and when. ``what`` is a kind of job and its message as the page offered them."""

    name: str = Field("", max_length=200)
    what: str = Field("", max_length=2000)


@router.get("/schedules", **needs("operations.read"))
def list_schedules(runtime: House, caller: Caller, page: Shown) -> Response:
    """What happens by itself."""
    with runtime.read(caller) as unit:
        table = SCHEDULES.table(unit, page)
    return page.show("schedules/list.html", table=table)


@router.get("/schedules.{ending}", **needs("operations.read"))
def schedules_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All of them, a line each."""
    return SCHEDULES.file(page, runtime, caller, ending)


@router.get("/schedules/new", **needs("operations.schedule"))
def new_schedule(runtime: House, caller: Caller, page: Shown) -> Response:
    """The form for one more."""
    with runtime.read(caller) as unit:
        return _form(page, unit, ScheduleForm.model_validate({}))


@router.post("/schedules/new", **needs("operations.schedule"))
def add_schedule(runtime: House, caller: Caller, page: Shown, asked: Annotated[ScheduleForm, Form()]) -> Response:
    """Have it done again and again, by the clock of whoever asks."""
    try:
        cron, every_s = asked.parts()
        kind, _, payload = asked.what.partition(" ")
        draft = operations.ScheduleDraft(
            asked.name, kind, json.loads(payload or "{}"), cron=cron, every_s=every_s, timezone=str(page.clock.zone)
        )
        with runtime.write(caller) as unit:
            operations.add_schedule(unit, draft)
    except (MercatError, ValueError) as wrong:
        with runtime.read(caller) as unit:
            return _form(page, unit, asked, error=str(wrong))
    return page.go("/schedules", f"{asked.name} happens by itself from now on")


@router.post("/schedules/run", **needs("operations.schedule"))
def run_schedules(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """Do the selected ones now; their time stays as it is."""
    with runtime.write(caller) as unit:
        jobs = [operations.run_schedule(unit, name) for name in _names(unit, asked.id)]
    back = f"/jobs/{jobs[0]}" if len(jobs) == 1 else own_address(asked.back, "/schedules")
    return page.go(back, said_of(len(jobs), [], "schedule", "will run now"))


@router.post("/schedules/remove", **needs("operations.schedule"))
def remove_schedules(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """They fire no more; jobs that they made go on."""
    with runtime.write(caller) as unit:
        names = _names(unit, asked.id)
        for name in names:
            operations.remove_schedule(unit, name)
    return page.go(own_address(asked.back, "/schedules"), said_of(len(names), [], "schedule", "removed"))


def _names(unit: ReadUnit, ids: list[UUID]) -> list[str]:
    return [get_row(unit, operations.SCHEDULES, each, called="schedule")["name"] for each in ids]


def _form(page: Page, unit: ReadUnit, given: ScheduleForm, *, error: str = "") -> Response:
    facts = {"offers": _offers(unit), "choices": CHOICES, "given": given, "error": error}
    return page.show("schedules/new.html", status=422 if error else 200, **facts)


def _offers(unit: ReadUnit) -> list[tuple[str, list[tuple[str, str]]]]:
    """What can be done again and again, group by group: (kind and message, words)."""
    feeds = [each.name for each in suppliers.list_feeds(unit, per_page=MOST_PER_PAGE) if each.is_active]
    stores = [each.name for each in listings.list_stores(unit) if each.is_active]
    groups: list[tuple[str, list[tuple[str, dict[str, Any], str]]]] = [
        ("Feeds", [("suppliers.run_feed", {"name": each}, f"Run the feed {each}") for each in feeds]),
        ("Stores", [
            (kind, {"store": each}, words.format(each))
            for each in stores
            for kind, words in (
                ("listings.publish", "Publish to {}"),
                ("listings.pull", "Look what {} shows"),
                ("listings.reconcile", "Compare all of {}, and mend it"),
            )
        ]),
        ("House", [("operations.tidy", {}, "Tidy up what is old"), ("alerts.watch", {}, "Look after what needs a person")]),
    ]  # fmt: skip
    return [
        (title, [(f"{kind} {json.dumps(of)}", words) for kind, of, words in some]) for title, some in groups if some
    ]
