"""Rules: what is watched for and from when on, tried on the past before it is switched on; and what is muted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Form, Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.core.errors import Conflict, Invalid
from mercat.core.lists import ListQuery, get_row, list_rows
from mercat.core.unit import ReadUnit
from mercat.domain import register_replays
from mercat.domain.alerts import service as alerts
from mercat.domain.market import service as market
from mercat.web.formats import plural
from mercat.web.forms import Back, Named, each_of, said_of
from mercat.web.pages import Page, own_address
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.rule_forms import CHANNELS, COMPARISONS, NewRule, RuleForm, number, typed_of
from mercat.web.subjects import SEVERITIES, headline, hours, kind_name, kinds, measured, terms
from mercat.web.tables import Action, Column, Empty, Filter, Index, Listed, View

router = Pages()
_YES = (("true", "On"), ("false", "Off"))
RULES = Listed(
    alerts.ALERT_RULES,
    Index(
        url="/alerts/rules",
        title="Alert rules",
        one="rule",
        columns=(
            Column("name", "Rule", "rule"),
            Column("threshold", "Fires", "fires"),
            Column("severity", "How bad", "severity"),
            Column("channels", "Told", "channels", drops=2),
            Column("fired_count", "Fired", "number", is_number=True, drops=1),
            Column("last_fired_at", "Last", "time", is_number=True, drops=1),
            Column("is_active", "State", "on"),
        ),
        also=("key", "kind", "comparison", "critical_threshold", "condition", "is_built_in"),
        filters=(
            Filter("is_active", "State", _YES),
            Filter("severity", "How bad", tuple((name, words) for name, (words, _) in SEVERITIES.items())),
            Filter("is_built_in", "Made", (("true", "Comes with Mercat"), ("false", "Your own"))),
        ),
        views=(View("All"), View("On", {"is_active": "true"}), View("Your own", {"is_built_in": "false"})),
        actions=(
            Action("Switch on", "/alerts/rules/on", "alerts.rules"),
            Action("Switch off", "/alerts/rules/off", "alerts.rules", "x"),
        ),
        row_url="/alerts/rules/{key}",
        row_id="key",
        row_label="name",
        search="Find by name",
        usual_order="Oldest first",
        empty=Empty(
            "No rules yet", "Those that come with Mercat are put down by mercat init, or with the first thing that is seen.", "Add a rule", "/alerts/rules/new", "alerts.rules",
        ),
    ),
)  # fmt: skip
Key = Annotated[str, Path(max_length=100, pattern=r"^[a-z][a-z0-9_]*$")]


@router.get("/alerts/rules", **needs("alerts.read"))
def list_rules(runtime: House, caller: Caller, page: Shown) -> Response:
    """What is watched for."""
    with runtime.read(caller) as unit:
        table = RULES.table(unit, page)
    return page.show("alerts/rules.html", table=table, terms=terms)


@router.get("/alerts/rules.{ending}", **needs("alerts.read"))
def rules_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All of them, a line each."""
    return RULES.file(page, runtime, caller, ending)


@router.post("/alerts/rules/on", **needs("alerts.rules"))
def switch_on(runtime: House, caller: Caller, page: Shown, asked: Annotated[Named, Form()]) -> Response:
    """Watch for it."""
    return _switched(runtime, caller, page, asked, is_on=True)


@router.post("/alerts/rules/off", **needs("alerts.rules"))
def switch_off(runtime: House, caller: Caller, page: Shown, asked: Annotated[Named, Form()]) -> Response:
    """Watch for it no more; what is open stays so."""
    return _switched(runtime, caller, page, asked, is_on=False)


def _switched(runtime: House, caller: Caller, page: Page, asked: Named, *, is_on: bool) -> Response:
    done = runtime.attempt(
        lambda unit: each_of(asked.id, lambda key: alerts.change_rule(unit, key, {"is_active": is_on})), caller
    )
    said = said_of(*done, "rule", f"switched {'on' if is_on else 'off'}")
    return page.go(own_address(asked.back, "/alerts/rules"), said)


@router.get("/alerts/rules/new", **needs("alerts.rules"))
def new_rule(page: Shown) -> Response:
    """The form for one more."""
    given = NewRule.model_validate({"kind": page.request.query_params.get("kind", "price_change")})
    return _new(page, given)


@router.post("/alerts/rules/new", **needs("alerts.rules"))
def add_rule(runtime: House, caller: Caller, page: Shown, asked: Annotated[NewRule, Form()]) -> Response:
    """A rule of one's own: switched off, so that it can be tried first."""
    try:
        draft = alerts.RuleDraft(asked.key.strip(), asked.kind, **asked.changes(), is_active=False)
        runtime.attempt(lambda unit: alerts.add_rule(unit, draft).key, caller)
    except (Invalid, Conflict) as wrong:
        return _new(page, asked, wrong)
    return page.go(f"/alerts/rules/{draft.key}", "Added, and switched off: try it on the past, then switch it on")


def _new(page: Page, given: NewRule, wrong: Invalid | Conflict | None = None) -> Response:
    return page.show(
        "alerts/rule_new.html",
        status=422 if wrong else 200,
        given=given,
        errors=_errors(wrong),
        kinds=kinds(),
        **_choices(given.kind),
    )


@router.get("/alerts/rules/{key}", **needs("alerts.read"))
def show_rule(key: Key, runtime: House, caller: Caller, page: Shown) -> Response:
    """One rule: its terms, what differs from them for whom, and what it raised."""
    with runtime.read(caller) as unit:
        return page.show("alerts/rule.html", **_facts(unit, page, key))


@router.post("/alerts/rules/{key}", **needs("alerts.rules"))
def change_rule(key: Key, runtime: House, caller: Caller, page: Shown, asked: Annotated[RuleForm, Form()]) -> Response:
    """Keep its terms."""
    try:
        changes = asked.changes()
        runtime.attempt(lambda unit: alerts.change_rule(unit, key, changes), caller)
    except Invalid as wrong:
        with runtime.read(caller) as unit:
            return page.show("alerts/rule.html", status=422, **_facts(unit, page, key, given=asked, wrong=wrong))
    return page.go(f"/alerts/rules/{key}", "Saved")


@router.post("/alerts/rules/{key}/try", **needs("alerts.rules"))
def try_rule(key: Key, runtime: House, caller: Caller, page: Shown, asked: Annotated[RuleForm, Form()]) -> Response:
    """How often it would have fired, with the terms as they are typed. Nothing is changed."""
    register_replays()
    with runtime.read(caller) as unit:
        try:
            changes = asked.changes()
            tried = alerts.backtest(unit, key, days=int(asked.days), changes=changes)
        except (Invalid, Conflict) as wrong:
            return page.show("alerts/rule.html", status=422, **_facts(unit, page, key, given=asked, wrong=wrong))
        facts = _facts(unit, page, key, given=asked)
    return page.show(
        "alerts/rule.html", **{**facts, "tried": tried, "bars": bars(tried.fired_by_day, page, tried.days)}
    )


class MineForm(BaseModel):
    """From when on whoever sends it wants to hear; empty is as everybody."""

    own: str = Field("", max_length=30)


@router.post("/alerts/rules/{key}/mine", **needs("alerts.read"))
def set_mine(key: Key, runtime: House, caller: Caller, page: Shown, asked: Annotated[MineForm, Form()]) -> Response:
    """A threshold of one's own."""
    threshold = number("own", asked.own)
    runtime.attempt(lambda unit: alerts.set_threshold(unit, key, threshold, user_id=caller.id), caller)
    return page.go(
        f"/alerts/rules/{key}", "You hear of it as everybody" if threshold is None else "You hear of it from there on"
    )


@router.post("/alerts/rules/{key}/remove", **needs("alerts.rules"))
def remove_rule(key: Key, runtime: House, caller: Caller, page: Shown, _asked: Annotated[Back, Form()]) -> Response:
    """Remove one's own; what it raised stays."""
    runtime.attempt(lambda unit: alerts.remove_rule(unit, key), caller)
    return page.go("/alerts/rules", f"{key} is removed. What it raised stays")


def bars(by_day: Mapping[str, int], page: Page, days: int) -> list[tuple[str, int, float]]:
    """Each of the last days (thirty columns at most): its name, how often, and how high its bar is, in percent."""
    width = -(-days // 30)
    today = page.clock.now.date()
    starts = [today - dt.timedelta(days=offset) for offset in range((-(-days // width) - 1) * width, -1, -width)]
    counts = [sum(by_day.get(str(start + dt.timedelta(days=each)), 0) for each in range(width)) for start in starts]
    most = max([*counts, 1])
    return [
        (f"{start.day} {start:%b}", count, round(count / most * 100, 1))
        for start, count in zip(starts, counts, strict=True)
    ]


def _errors(wrong: Invalid | Conflict | None) -> dict[str, str]:
    return {} if wrong is None else {str(wrong.facts.get("field", "")): wrong.message}


def _choices(kind: str) -> dict[str, Any]:
    return {
        "comparisons": COMPARISONS,
        "channels": CHANNELS,
        "severities": tuple((name, words) for name, (words, _) in SEVERITIES.items()),
        "measure": alerts.KINDS[kind].measure if kind in alerts.KINDS else "",
    }


def _facts(
    unit: ReadUnit, page: Page, key: str, *, given: RuleForm | None = None, wrong: Invalid | Conflict | None = None
) -> dict[str, Any]:
    rule = get_row(unit, alerts.ALERT_RULES, alerts.get_rule(unit, key).id, called="alert rule")
    return {
        "rule": rule,
        "kind": kind_name(rule["kind"]),
        "said": terms(rule),
        "given": given or typed_of(rule),
        "is_typed": given is not None,
        "errors": _errors(wrong),
        "refused": wrong.message if isinstance(wrong, Conflict) else "",
        "tried": None,
        "bars": (),
        "heard": _heard(unit, page, rule),
        "raised": list_rows(unit, alerts.ALERTS, ListQuery(equal={"rule_key": [key]}, per_page=6)).data,
        "hours": hours,
        "headline": headline,
        "days_choices": (("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "a year")),
        **_choices(rule["kind"]),
    }


def _heard(unit: ReadUnit, page: Page, rule: Mapping[str, Any]) -> dict[str, Any]:
    """From when on who hears of it: everybody, whoever looks, and items or categories of their own."""
    kind, rows = rule["kind"], alerts.list_thresholds(unit, rule["key"])
    me = unit.actor.id
    mine = next((row.threshold for row in rows if row.user_id == me and row.subject_id is None), None)
    name = alerts.PREFERRED.get(kind)
    settings = page.principal.settings if page.principal else None
    preferred = getattr(settings, name, None) if name else None
    found = mine if mine is not None else preferred if preferred is not None else rule["threshold"]
    why = "your own" if mine is not None else "from your settings" if preferred is not None else "as everybody"
    further = [(row, measured(kind, row.threshold)) for row in rows if row.user_id is None]
    names = _names(unit, [row.subject_id for row, _ in further if row.subject_id])
    return {
        "all": measured(kind, rule["threshold"]) if rule["threshold"] is not None else "",
        "you": measured(kind, found) if found is not None else "",
        "why": why,
        "mine": "" if mine is None else f"{mine.normalize():f}",
        "further": [
            (names.get(row.subject_id or "", row.subject_id or row.category_id), bool(row.subject_id), said)
            for row, said in further
        ],
        "others": plural(sum(row.user_id not in {None, me} for row in rows), "person has", "people have"),
        "has_others": any(row.user_id not in {None, me} for row in rows),
    }


def _names(unit: ReadUnit, ids: list[str]) -> dict[str, str]:
    known = []
    for each in ids:
        try:
            known.append(UUID(each))
        except ValueError:
            continue
    if not known or not unit.actor.may(market.LISTINGS.permission):
        return {}
    rows = list_rows(unit, market.LISTINGS, ListQuery(equal={"id": known}, per_page=len(known))).data
    return {str(row["id"]): row["title"] or row["asin"] for row in rows}
