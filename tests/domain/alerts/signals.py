"""Signals, terms and people for this room's tests."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from mercat.core.actor import Actor
from mercat.core.ids import new_id
from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from mercat.domain.alerts import service as alerts
from mercat.domain.alerts.judging import Terms
from mercat.domain.alerts.models import Alert, Notification

ME = Actor("user", "Ada", via="terminal")
T0 = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def terms(**more: Any) -> Terms:
    given: dict[str, Any] = {"kind": "price_change", "severity": "warning", **more}
    return Terms(new_id(), given.pop("key", given["kind"]), **given)


def moved(pct: int | str, *, at: dt.datetime | None = None, item: str = "B00", **more: Any) -> alerts.Signal:
    subject = alerts.Subject("market_product", item, f"item {item}")
    return alerts.Signal("price_change", subject, f"moved by {pct} %", measure=Decimal(pct), at=at, **more)


def state(
    kind: str, *, on: bool = True, item: str = "B00", at: dt.datetime | None = None, **more: Any
) -> alerts.Signal:
    subject = alerts.Subject(alerts.KINDS[kind].subject_type, item, f"item {item}")
    return alerts.Signal(kind, subject, f"{kind} of {item}", is_on=on, at=at, **more)


def give(runtime: Runtime, *signals: alerts.Signal) -> alerts.Tally:
    return runtime.attempt(lambda unit: alerts.judge(unit, signals), ME)


def kept(runtime: Runtime, **where: object) -> list[Alert]:
    with runtime.read(ME) as unit:
        return list(unit.session.scalars(select(Alert).filter_by(**where).order_by(Alert.opened_at, Alert.id)))


def told(runtime: Runtime, **where: object) -> list[Notification]:
    with runtime.read(ME) as unit:
        return list(unit.session.scalars(select(Notification).filter_by(**where).order_by(Notification.id)))


def person(runtime: Runtime, name: str = "vera", role: str = "viewer", **settings: Any) -> access.UserView:
    user = access.create_user(runtime, ME, access.UserDraft(name, f"{name}@example.com", role))
    if settings:
        who = Actor("user", name, access.ROLES[role], id=user.id)
        access.update_settings(runtime, who, access.SettingsView(**settings))
    return user
