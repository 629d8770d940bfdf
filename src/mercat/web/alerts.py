"""Alerts: what needs a person, why, what happened since, and what is done about it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Form
from pydantic import Field
from starlette.responses import Response

from mercat.core.lists import ListQuery, get_row, list_rows
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.alerts import service as alerts
from mercat.domain.reports import service as reports
from mercat.web.alert_story import story
from mercat.web.effects import with_drawn
from mercat.web.formats import instant
from mercat.web.forms import Back, Selected, TakenBack, each_of, said_of, taken_back, undo_of
from mercat.web.market_charts import Chart, chart_of, past_of
from mercat.web.next_steps import next_step
from mercat.web.pages import Page, own_address
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.subjects import SEVERITIES, SUBJECTS, address_of, headline, hours, kind_name, kinds, measured, terms
from mercat.web.tables import Action, Column, Empty, Filter, Index, Listed, View

router = Pages()
_ALL = "all"
SPANS = (("1h", "1 hour"), ("4h", "4 hours"), ("morning", "Until tomorrow, 8:00"), ("7d", "A week"), ("30d", "30 days"))
_LENGTHS = {"1h": 1, "4h": 4, "24h": 24, "7d": 7 * 24, "30d": 30 * 24}
_MORNING = dt.time(8)
ALERTS = Listed(
    alerts.UNRESOLVED,
    Index(
        url="/alerts",
        title="Alerts",
        one="alert",
        columns=(
            Column("title", "Alert", "alert"),
            Column("severity", "How bad", "severity", is_labelled=False),
            Column("new_value", "Was and is", "moved", drops=1, is_labelled=False),
            Column("status", "State", "state", is_labelled=False),
            Column("opened_at", "Since", "time", sort="opened_at", is_number=True, is_labelled=False),
        ),
        also=(
            "alert_type", "rule_key", "subject_type", "subject_id", "subject_label", "message", "old_value", "measure", "occurrences",
            "change_percentage", "last_seen_at", "acknowledged_by", "snoozed_until", "resolved_by", "resolution",
        ),
        filters=(
            Filter("severity", "How bad", tuple((name, words) for name, (words, _) in SEVERITIES.items())),
            Filter("alert_type", "Kind", kinds()),
            Filter("opened_at", "Since", is_range=True, is_date=True),
        ),
        views=(
            View("Open"),
            View("Critical", {"severity": "critical"}),
            View("Snoozed", {"status": "snoozed"}),
            View("All, with what is over", {"view": _ALL}),
        ),
        actions=(
            Action("Acknowledge", "/alerts/acknowledge", "alerts.handle", key="a"),
            Action("Snooze a day", "/alerts/snooze", "alerts.handle", "clock", name="span", value="24h"),
            Action("Resolve", "/alerts/resolve", "alerts.handle", "x", key="r"),
        ),
        row_url="/alerts/{id}",
        search="Find by title or product",
        usual_order="Worst first",
        usual_sort="-urgency",
        own=("view",),
        expands=True,
        empty=Empty(
            "Nothing needs you",
            "What rules watch for shows here: prices and ranks that jump, a Buy Box that is lost, margins, feeds that fall silent.",
            "See the rules",
            "/alerts/rules",
        ),
    ),
)  # fmt: skip
_EVERYTHING = alerts.ALERTS


@router.get("/alerts", **needs("alerts.read"))
def list_alerts(runtime: House, caller: Caller, page: Shown) -> Response:
    """What is open, worst first; all of it where that is asked for."""
    is_all = page.request.query_params.get("view") == _ALL
    index = replace(ALERTS.index, usual_sort="-opened_at", usual_order="Newest first") if is_all else ALERTS.index
    listed = Listed(_EVERYTHING, index) if is_all else ALERTS
    with runtime.read(caller) as unit:
        table = listed.table(unit, page)
    return page.show("alerts/list.html", table=table, headline=headline)


@router.get("/alerts.{ending}", **needs("alerts.read"))
def alerts_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All that fit, a line each."""
    is_all = page.request.query_params.get("view") == _ALL
    return (Listed(_EVERYTHING, ALERTS.index) if is_all else ALERTS).file(page, runtime, caller, ending)


class Snoozed(Selected):
    """Which alerts, and for how long they are silent."""

    span: Literal["1h", "4h", "24h", "morning", "7d", "30d"] = "24h"


class Resolved(Selected):
    """Which alerts are settled, and what was done."""

    notes: str = Field("", max_length=10_000)


@router.post("/alerts/acknowledge", **needs("alerts.handle"))
def acknowledge(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """Somebody looks after them."""
    done = runtime.attempt(lambda unit: each_of(asked.id, lambda each: alerts.acknowledge(unit, [each])), caller)
    return _handled(page, asked, done, "acknowledged")


@router.post("/alerts/snooze", **needs("alerts.handle"))
def snooze(runtime: House, caller: Caller, page: Shown, asked: Annotated[Snoozed, Form()]) -> Response:
    """Silent for a while, and told again if they are still so."""
    until = _until(page, asked.span)
    done = runtime.attempt(lambda unit: each_of(asked.id, lambda each: alerts.snooze(unit, [each], until)), caller)
    said = f"snoozed until {page.clock.when(until).removeprefix('in ')}" if asked.span == "morning" else "snoozed"
    return _handled(page, asked, done, said)


@router.post("/alerts/resolve", **needs("alerts.handle"))
def resolve(runtime: House, caller: Caller, page: Shown, asked: Annotated[Resolved, Form()]) -> Response:
    """They are settled."""
    notes = asked.notes.strip() or None
    done = runtime.attempt(
        lambda unit: each_of(asked.id, lambda each: alerts.resolve(unit, [each], notes=notes)), caller
    )
    return _handled(page, asked, done, "resolved")


@router.post("/alerts/reopen", **needs("alerts.handle"))
def reopen(runtime: House, caller: Caller, page: Shown, ids: TakenBack) -> Response:
    """Open again, as if nobody had looked at them."""
    rows = taken_back(ids)
    done = runtime.attempt(lambda unit: each_of(rows, lambda each: alerts.reopen(unit, [each])), caller)
    return page.go(f"/alerts/{rows[0]}" if len(rows) == 1 else "/alerts", said_of(*done, "alert", "open again"))


def _handled(page: Page, asked: Selected, done: tuple[list[UUID], list[str]], said: str) -> Response:
    undo = undo_of("/alerts/reopen", done[0])
    return page.go(own_address(asked.back, "/alerts"), said_of(*done, "alert", said), undo=undo)


@router.get("/alerts/{alert_id:uuid}", **needs("alerts.read"))
def show_alert(alert_id: UUID, runtime: House, caller: Caller, page: Shown) -> Response:
    """One alert: what was seen, what the rule says, what happened since, what could be done."""
    with runtime.read(caller) as unit:
        alert = get_row(unit, alerts.ALERTS, alert_id, called="alert")
        rule = _rule(unit, alert["rule_key"])
        near = reports.around(unit, alert["subject_type"], alert["subject_id"])
        told = _told(unit, alert_id)
        chart = _chart(unit, page, alert, near)
    near = replace(near, suggestions=[with_drawn(each) for each in near.suggestions])
    drawn = [each for each in near.suggestions if _comes_of(each, alert_id)]
    place = address_of(alert, near.variants)
    return page.show(
        "alerts/one.html",
        alert=alert,
        rule=rule,
        rule_terms=terms(rule) if rule else "",
        kind=kind_name(alert["alert_type"]),
        near=near,
        suggestions=sorted(drawn, key=_is_decided)
        or [each for each in near.suggestions if each["status"] == "pending"],
        is_drawn=bool(drawn),
        others=[each for each in near.alerts if each["id"] != alert["id"]][:8],
        chart=chart,
        happened=story(alert, told, drawn),
        place=place,
        next_step=next_step(alert, place),
        about=SUBJECTS.get(alert["subject_type"], ""),
        measured=measured,
        headline=headline,
        spans=SPANS,
        hours=hours,
    )


class MuteForm(Back):
    """What is to be silent, and for how long."""

    what: Literal["both", "rule", "subject"] = "both"
    days: Literal["1", "7", "30", ""] = "7"
    reason: str = Field("", max_length=2000)


@router.post("/alerts/{alert_id:uuid}/mute", **needs("alerts.handle"))
def mute(alert_id: UUID, runtime: House, caller: Caller, page: Shown, asked: Annotated[MuteForm, Form()]) -> Response:
    """Raise nothing more of its rule, about its subject, or of the one about the other."""

    def work(unit: WriteUnit) -> UUID:
        alert = alerts.get_alert(unit, str(alert_id))
        subject = alerts.Subject(alert.subject_type, alert.subject_id, alert.subject_label or "")
        made = alerts.mute(
            unit,
            rule=None if asked.what == "subject" else alert.rule_key,
            subject=None if asked.what == "rule" else subject,
            until=unit.now + dt.timedelta(days=int(asked.days)) if asked.days else None,
            reason=asked.reason.strip() or None,
        )
        return made.id

    made = runtime.attempt(work, caller)
    said = "Muted. What is open stays so until it is resolved"
    return page.go(f"/alerts/{alert_id}", said, undo=f"/alerts/mutes/{made}/end")


def _until(page: Page, span: str) -> dt.datetime:
    if span != "morning":
        return page.clock.now + dt.timedelta(hours=_LENGTHS[span])
    tomorrow = page.clock.now.astimezone(page.clock.zone).date() + dt.timedelta(days=1)
    return dt.datetime.combine(tomorrow, _MORNING, page.clock.zone).astimezone(dt.UTC)


def _chart(unit: ReadUnit, page: Page, alert: dict[str, Any], near: reports.Around) -> Chart | None:
    """The past of a watched listing around the alert, up to now."""
    if alert["subject_type"] != "market_product" or not near.listings:
        return None
    opened = instant(alert["opened_at"]) or page.clock.now
    age = (page.clock.now - opened).days
    days = next((each for each in (30, 90, 365) if age + 7 <= each), 365)
    return chart_of(unit, past_of(unit, alert["subject_id"], days=days), zone=page.clock.zone, alerts=[alert])


def _rule(unit: ReadUnit, key: str) -> dict[str, Any] | None:
    """The rule behind an alert, if it is still there."""
    found = list_rows(unit, alerts.ALERT_RULES, ListQuery(equal={"key": [key]}, per_page=1)).data
    return found[0] if found else None


def _told(unit: ReadUnit, alert_id: UUID) -> list[dict[str, Any]]:
    """What whoever looks was told of it."""
    return list_rows(unit, alerts.NOTIFICATIONS, ListQuery(equal={"alert_id": [alert_id]}, per_page=20)).data


def _is_decided(suggestion: dict[str, Any]) -> bool:
    return bool(suggestion["status"] != "pending")


def _comes_of(suggestion: dict[str, Any], alert_id: UUID) -> bool:
    return any(each["id"] == str(alert_id) for each in suggestion["evidence"])
