"""Alerts over HTTP: what needs a person, what is done about it, the rules behind it, and who is told."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, Field, StrictBool
from starlette.responses import Response

from mercat.api.answers import answer, nothing
from mercat.api.asking import Asked
from mercat.api.lists import add_list, item_model
from mercat.api.routes import Caller, House, Room, needs
from mercat.core.actor import Actor
from mercat.core.list_queries import Instant
from mercat.core.lists import get_row
from mercat.core.unit import Runtime
from mercat.domain import register_replays
from mercat.domain.alerts import service as alerts

router = Room("Alerts")
AlertItem = item_model("Alert", alerts.ALERTS)
RuleItem = item_model("AlertRule", alerts.ALERT_RULES)
MuteItem = item_model("AlertMute", alerts.ALERT_MUTES)
RuleKey = Annotated[str, Path(max_length=100, pattern=r"^[a-z][a-z0-9_]*$")]
Number = Annotated[Decimal, Field(max_digits=18, decimal_places=4, allow_inf_nan=False)]
Severity = Literal["info", "warning", "critical"]
Comparison = Literal["abs_least", "least", "above", "most", "below"]
_CONDITION = Field(
    None,
    description="`all`, `any`, `not`, or a field with `op` and `value`; a value in braces is another field",
    examples=[{"field": "available", "op": "<=", "value": "{reorder_point}"}],
)
_SUBJECT = Field(None, min_length=1, max_length=100)

add_list(router, "/alerts", alerts.ALERTS, name="Alert", days="opened_at")
add_list(router, "/alert-rules", alerts.ALERT_RULES, name="AlertRule")
add_list(router, "/alert-mutes", alerts.ALERT_MUTES, name="AlertMute")
add_list(router, "/me/notifications", alerts.NOTIFICATIONS, name="Notification")
add_list(router, "/notification-log", alerts.NOTIFICATION_LOG, name="NotificationLog")


class AlertsAsked(Asked):
    """Which alerts: all of them or none."""

    ids: list[UUID] = Field(min_length=1, max_length=1000)


class SnoozeAsked(AlertsAsked):
    """Which alerts, and until when they are silent."""

    until: Instant = Field(examples=["2026-11-22T08:00:00Z"])


class ResolveAsked(AlertsAsked):
    """Which alerts, and what was done."""

    notes: str | None = Field(None, max_length=10_000)


class Handled(BaseModel):
    """How many alerts it was done to."""

    handled: int


class RuleAsked(Asked):
    """A rule of one's own, of a kind of signal that there is."""

    key: str = Field(min_length=1, max_length=100, pattern=r"^[a-z][a-z0-9_]*$", examples=["steep_price_change"])
    kind: str = Field(max_length=50, description="`GET /alert-kinds` lists them", examples=["price_change"])
    name: str = Field("", max_length=200)
    description: str | None = Field(None, max_length=2000)
    condition: dict[str, Any] | None = _CONDITION
    comparison: Comparison | None = Field(None, description="the kind's own where it is left out")
    threshold: Number | None = None
    critical_threshold: Number | None = None
    hysteresis_pct: int = Field(50, ge=0, le=100)
    cooldown_s: int = Field(86_400, ge=0, le=31_622_400)
    severity: Severity = "warning"
    is_event: StrictBool | None = None
    auto_resolve: StrictBool = True
    channels: list[Literal["in_app", "email", "webhook"]] = Field(["in_app", "email"], max_length=3)
    is_active: StrictBool = True


class RulePatch(Asked):
    """What changes of a rule; what is left out stays."""

    name: str | None = Field(None, max_length=200)
    description: str | None = Field(None, max_length=2000)
    condition: dict[str, Any] | None = _CONDITION
    comparison: Comparison | None = None
    threshold: Number | None = None
    critical_threshold: Number | None = None
    hysteresis_pct: int | None = Field(None, ge=0, le=100)
    cooldown_s: int | None = Field(None, ge=0, le=31_622_400)
    severity: Severity | None = None
    auto_resolve: StrictBool | None = None
    channels: list[Literal["in_app", "email", "webhook"]] | None = Field(None, max_length=3)
    is_active: StrictBool | None = None

    @property
    def changes(self) -> dict[str, Any]:
        """What was given: null takes a threshold, a condition or a description away, and leaves all else as it is."""
        given = self.model_dump(exclude_unset=True)
        return {name: value for name, value in given.items() if value is not None or name in _MAY_BE_EMPTY}


_MAY_BE_EMPTY = {"description", "condition", "comparison", "threshold", "critical_threshold"}


class BacktestAsked(Asked):
    """Over how many days, and with which changes of the rule."""

    days: int = Field(default=90, ge=1, le=3660)
    changes: RulePatch | None = None


class BacktestAnswer(BaseModel):
    """How often the rule would have fired."""

    rule: str
    days: int
    signals: int = Field(description="how much was seen in that time")
    subjects: int
    fired: int
    fired_by_day: dict[str, int]
    samples: list[dict[str, Any]]


class KindAnswer(BaseModel):
    """A kind of signal that rules judge."""

    key: str
    subject_type: str
    name: str
    measure: str = Field(description="what a threshold counts; empty where it has none")


class ThresholdAsked(Asked):
    """Another threshold for an item, a category, a user, or a user's item. ``null`` takes it away."""

    threshold: Number | None
    user_id: UUID | None = Field(None, description="one's own needs `alerts.read` only")
    subject_id: str | None = _SUBJECT
    category_id: str | None = _SUBJECT


class ThresholdItem(BaseModel):
    """What differs from the rule's own threshold."""

    user_id: UUID | None
    subject_id: str | None
    category_id: str | None
    threshold: str


class Thresholds(BaseModel):
    """All of a rule."""

    data: list[ThresholdItem]
    total: int


class MuteAsked(Asked):
    """What is to be silent: a rule, a subject, or a rule about a subject; until then, or for good."""

    rule: str | None = Field(None, max_length=100)
    subject_type: str | None = Field(None, min_length=1, max_length=50, examples=["market_product"])
    subject_id: str | None = _SUBJECT
    until: Instant | None = None
    reason: str | None = Field(None, max_length=2000)


class Unread(BaseModel):
    """How many notifications you have not read."""

    unread: int


class ReadAsked(Asked):
    """Which of your notifications you have read; all, if left out."""

    ids: list[UUID] | None = Field(None, max_length=1000)


class MailTest(Asked):
    """Where the test is sent."""

    to: str = Field(max_length=320, pattern=r"^[^\s@<>]+@[^\s@<>]+$", examples=["ann@example.com"])


@router.get("/alert-kinds", response_model=list[KindAnswer], **needs("alerts.read"))
def list_alert_kinds() -> Response:
    """What can be watched."""
    kinds = alerts.KINDS.values()
    return answer([{name: getattr(each, name) for name in KindAnswer.model_fields} for each in kinds])


@router.get("/alerts/{alert_id:uuid}", response_model=AlertItem, **needs("alerts.read"))
def get_alert(alert_id: UUID, runtime: House, caller: Caller) -> Response:
    """One alert."""
    with runtime.read(caller) as unit:
        return answer(get_row(unit, alerts.ALERTS, alert_id, called="alert"))


@router.post("/alerts/acknowledge", response_model=Handled, **needs("alerts.handle"))
def acknowledge_alerts(runtime: House, caller: Caller, asked: AlertsAsked) -> Response:
    """Somebody looks after them: they stay open, and are told again only if they become worse. 409 for a resolved one."""
    done = runtime.attempt(lambda unit: alerts.acknowledge(unit, asked.ids), caller)
    return answer({"handled": len(done)})


@router.post("/alerts/snooze", response_model=Handled, **needs("alerts.handle"))
def snooze_alerts(runtime: House, caller: Caller, asked: SnoozeAsked) -> Response:
    """Silent until then, and told again if it is still so."""
    done = runtime.attempt(lambda unit: alerts.snooze(unit, asked.ids, asked.until), caller)
    return answer({"handled": len(done)})


@router.post("/alerts/resolve", response_model=Handled, **needs("alerts.handle"))
def resolve_alerts(runtime: House, caller: Caller, asked: ResolveAsked) -> Response:
    """They are settled: nothing is raised of the same for the rule's cooldown."""
    done = runtime.attempt(lambda unit: alerts.resolve(unit, asked.ids, notes=asked.notes), caller)
    return answer({"handled": len(done)})


@router.post("/alerts/reopen", response_model=Handled, **needs("alerts.handle"))
def reopen_alerts(runtime: House, caller: Caller, asked: AlertsAsked) -> Response:
    """Open again, as if nobody had looked at them. 409 for what is over by itself, or was raised anew meanwhile."""
    done = runtime.attempt(lambda unit: alerts.reopen(unit, asked.ids), caller)
    return answer({"handled": len(done)})


@router.post("/alert-rules", status_code=201, response_model=RuleItem, **needs("alerts.rules"))
def add_alert_rule(runtime: House, caller: Caller, asked: RuleAsked) -> Response:
    """A rule of your own. 409 for a key that is taken."""
    draft = alerts.RuleDraft(**asked.model_dump())
    made = runtime.attempt(lambda unit: alerts.add_rule(unit, draft).key, caller)
    return _rule(runtime, caller, made, 201)


@router.get("/alert-rules/{key}", response_model=RuleItem, **needs("alerts.read"))
def get_alert_rule(key: RuleKey, runtime: House, caller: Caller) -> Response:
    """One rule."""
    return _rule(runtime, caller, key)


@router.patch("/alert-rules/{key}", response_model=RuleItem, **needs("alerts.rules"))
def change_alert_rule(key: RuleKey, runtime: House, caller: Caller, patch: RulePatch) -> Response:
    """Change a rule's terms; `is_active: false` switches it off."""
    runtime.attempt(lambda unit: alerts.change_rule(unit, key, patch.changes), caller)
    return _rule(runtime, caller, key)


@router.delete("/alert-rules/{key}", status_code=204, **needs("alerts.rules"))
def remove_alert_rule(key: RuleKey, runtime: House, caller: Caller) -> Response:
    """Remove a rule of your own; what it raised stays. 409 for one that comes with Mercat."""
    runtime.attempt(lambda unit: alerts.remove_rule(unit, key), caller)
    return nothing()


@router.post("/alert-rules/{key}/backtest", response_model=BacktestAnswer, **needs("alerts.rules"))
def backtest_alert_rule(key: RuleKey, runtime: House, caller: Caller, asked: BacktestAsked | None = None) -> Response:
    """How often the rule, or the rule with these changes, would have fired on what was recorded. Nothing is changed."""
    register_replays()
    asked = asked or BacktestAsked()
    changes = asked.changes.changes if asked.changes is not None else None
    with runtime.read(caller) as unit:
        return answer(alerts.backtest(unit, key, days=asked.days, changes=changes))


@router.get("/alert-rules/{key}/thresholds", response_model=Thresholds, **needs("alerts.read"))
def list_alert_thresholds(key: RuleKey, runtime: House, caller: Caller) -> Response:
    """What differs from the rule's own threshold, and for whom."""
    with runtime.read(caller) as unit:
        found = alerts.list_thresholds(unit, key)
        data = [{name: getattr(each, name) for name in ThresholdItem.model_fields} for each in found]
    return answer({"data": data, "total": len(data)})


@router.put("/alert-rules/{key}/thresholds", status_code=204, **needs("alerts.read"))
def set_alert_threshold(key: RuleKey, runtime: House, caller: Caller, asked: ThresholdAsked) -> Response:
    """Another threshold for some. Your own need no more than to read alerts; all others `alerts.rules`."""
    where = asked.model_dump(exclude={"threshold"})
    runtime.attempt(lambda unit: alerts.set_threshold(unit, key, asked.threshold, **where), caller)
    return nothing()


@router.post("/alert-mutes", status_code=201, response_model=MuteItem, **needs("alerts.handle"))
def mute_alerts(runtime: House, caller: Caller, asked: MuteAsked) -> Response:
    """Raise nothing of a rule, about a subject, or of a rule about a subject."""
    subject = None
    if asked.subject_id is not None:
        subject = alerts.Subject(asked.subject_type or "", asked.subject_id)
    how: dict[str, Any] = {"rule": asked.rule, "subject": subject, "until": asked.until, "reason": asked.reason}
    made = runtime.attempt(lambda unit: alerts.mute(unit, **how).id, caller)
    with runtime.read(caller) as unit:
        return answer(get_row(unit, alerts.ALERT_MUTES, made, called="mute"), 201)


@router.delete("/alert-mutes/{mute_id:uuid}", status_code=204, **needs("alerts.handle"))
def unmute_alerts(mute_id: UUID, runtime: House, caller: Caller) -> Response:
    """Hear of it again."""
    runtime.attempt(lambda unit: alerts.unmute(unit, mute_id), caller)
    return nothing()


@router.get("/me/notifications/unread", response_model=Unread, **needs("alerts.read"))
def count_unread(runtime: House, caller: Caller) -> Response:
    """How many you have not read."""
    with runtime.read(caller) as unit:
        return answer({"unread": alerts.unread_count(unit)})


@router.post("/me/notifications/read", response_model=Unread, **needs("alerts.read"))
def read_notifications(runtime: House, caller: Caller, asked: ReadAsked | None = None) -> Response:
    """You have read these, or all; how many are left."""
    ids = asked.ids if asked is not None else None
    runtime.attempt(lambda unit: alerts.mark_read(unit, ids), caller)
    return count_unread(runtime, caller)


@router.post("/notifications/test", status_code=204, **needs("alerts.rules"))
def test_mail(runtime: House, caller: Caller, asked: MailTest) -> Response:
    """Send a test e-mail now; 409 says what the server said."""
    alerts.send_test(runtime, caller, asked.to)
    return nothing()


def _rule(runtime: Runtime, caller: Actor, key: str, status: int = 200) -> Response:
    with runtime.read(caller) as unit:
        found = alerts.get_rule(unit, key)
        return answer(get_row(unit, alerts.ALERT_RULES, found.id, called="alert rule"), status)
