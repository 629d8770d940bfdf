"""What users prefer."""

from __future__ import annotations

import re
from dataclasses import fields
from decimal import Decimal
from uuid import UUID
from zoneinfo import available_timezones

from mercat.core.actor import Actor
from mercat.core.errors import Invalid, Unauthenticated
from mercat.core.money import plain
from mercat.core.page import MOST_PER_PAGE
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.access.models import UserSettings
from mercat.domain.access.permissions import ROLES
from mercat.domain.access.remembering import memory_of
from mercat.domain.access.schemas import Recipient, SettingsView
from mercat.domain.access.user_repository import UserSettingsRepository

CHANNELS = ("in_app", "email", "webhook")
DIGESTS = ("hourly", "daily")
_NAMES = tuple(each.name for each in fields(SettingsView))
_ALERT_TYPE = re.compile(r"[a-z][a-z0-9_]{0,49}")
_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_MOST_PCT = 1000
_PERCENTAGES = ("price_threshold_pct", "rank_threshold_pct")


def get_settings(unit: ReadUnit) -> SettingsView:
    """What the actor prefers; nothing of it is set at first."""
    unit.actor.require("access.own")
    return settings_view(UserSettingsRepository(unit.session).of(own_id(unit.actor)))


def update_settings(runtime: Runtime, actor: Actor, settings: SettingsView) -> SettingsView:
    """Put all of the actor's settings in place of what they were; ``None`` is the default. Raises ``Invalid``."""
    actor.require("access.own")
    _check(settings)

    def work(unit: WriteUnit) -> SettingsView:
        row = UserSettingsRepository(unit.session).of(own_id(actor))
        if row is None:
            row = UserSettings(user_id=own_id(actor))
            unit.add(row)
        for name in _NAMES:
            setattr(row, name, getattr(settings, name))
        unit.save()
        return settings_view(row)

    view = runtime.attempt(work, actor)
    memory_of(runtime).forget()
    return view


def settings_view(row: UserSettings | None) -> SettingsView:
    """Settings as they are shown; a user without any has the defaults."""
    if row is None:
        return SettingsView()
    given = {name: getattr(row, name) for name in _NAMES}
    # Without the zeros that some databases put behind it.
    numbers = {name: Decimal(plain(given[name]) or 0) for name in _PERCENTAGES if given[name] is not None}
    return SettingsView(**{**given, **numbers})


def list_recipients(unit: ReadUnit, permission: str) -> list[Recipient]:
    """Active users whose role holds the permission, by id, with what they prefer."""
    roles = [role for role, held in ROLES.items() if permission in held]
    return [
        Recipient(user.id, user.username, user.email, settings_view(settings))
        for user, settings in UserSettingsRepository(unit.session).of_active(roles)
    ]


def find_recipient(unit: ReadUnit, user_id: UUID) -> Recipient | None:
    """An active user, or ``None``."""
    found = UserSettingsRepository(unit.session).of_one(user_id)
    return None if found is None else Recipient(found[0].id, found[0].username, found[0].email, settings_view(found[1]))


def own_id(actor: Actor) -> UUID:
    if actor.id is None:
        message = "settings belong to a user: sign in"
        raise Unauthenticated(message)
    return actor.id


def _check(settings: SettingsView) -> None:
    if settings.per_page is not None and not 1 <= settings.per_page <= MOST_PER_PAGE:
        message = f"per_page goes from 1 to {MOST_PER_PAGE}"
        raise Invalid(message, field="per_page")
    if settings.timezone is not None and settings.timezone not in available_timezones():
        message = f"there is no time zone {settings.timezone[:80]!r}: one looks like Europe/Berlin"
        raise Invalid(message, field="timezone")
    _check_notifications(settings)


def _check_notifications(settings: SettingsView) -> None:
    preferences = settings.notification_preferences or {}
    for name, channels in preferences.items():
        if not (name == "*" or _ALERT_TYPE.fullmatch(name)) or set(channels) - set(CHANNELS):
            message = f"notification_preferences: a type of alert, or *, has a list of {', '.join(CHANNELS)}"
            raise Invalid(message, field="notification_preferences")
    hours = (settings.quiet_from, settings.quiet_to)
    if (hours[0] is None) != (hours[1] is None) or any(
        each is not None and not _HOUR.fullmatch(each) for each in hours
    ):
        message = "quiet hours have a beginning and an end, such as quiet_from 22:00 and quiet_to 07:00"
        raise Invalid(message, field="quiet_from")
    if settings.digest not in {None, *DIGESTS}:
        message = f"digest is {' or '.join(DIGESTS)}, or left out"
        raise Invalid(message, field="digest")
    for name in _PERCENTAGES:
        threshold = getattr(settings, name)
        if threshold is not None and not 0 <= threshold <= _MOST_PCT:
            message = f"{name} is a percentage from 0 to {_MOST_PCT}"
            raise Invalid(message, field=name)
