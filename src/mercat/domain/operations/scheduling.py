"""Schedules: work that is due again and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from mercat.core.errors import Conflict, Invalid
from mercat.core.jobs.firing import fire
from mercat.core.jobs.messages import Message, payload_of
from mercat.core.jobs.models import Schedule
from mercat.core.jobs.registry import message_of
from mercat.core.page import Page
from mercat.core.schedule import following, next_cron, next_every, zone_of
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.operations.job_repository import ScheduleRepository

_LONGEST_NAME = 200
_LONGEST_INTERVAL_S = 366 * 86_400


@dataclass(frozen=True)
class ScheduleDraft:
    """A schedule as asked for: a job's kind and payload, and either ``cron`` (five fields) or ``every_s``."""

    name: str
    kind: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    cron: str | None = None
    every_s: int | None = None
    timezone: str = "UTC"
    may_overlap: bool = False


def add_schedule(unit: WriteUnit, draft: ScheduleDraft) -> Schedule:
    """Raises ``Conflict`` where the name is taken, ``Invalid`` and ``NotFound`` for what could never run."""
    unit.actor.require("operations.schedule")
    name = draft.name.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        message = f"a schedule's name has 1 to {_LONGEST_NAME} printable characters"
        raise Invalid(message)
    if (draft.cron is None) == (draft.every_s is None):
        message = "a schedule has either a cron expression or an interval: give one of the two"
        raise Invalid(message)
    if draft.every_s is not None and not 1 <= draft.every_s <= _LONGEST_INTERVAL_S:
        message = "an interval is between a second and a year"
        raise Invalid(message)
    repository = ScheduleRepository(unit.session)
    if repository.by_name(name) is not None:
        message = f"there is a schedule called {name}: remove it first, or take another name"
        raise Conflict(message)
    zone_of(draft.timezone)
    asked = message_of(draft.kind, dict(draft.payload))
    if draft.cron is not None:
        next_at = next_cron(draft.cron, unit.now, draft.timezone)
    else:
        next_at = next_every(draft.every_s or 1, unit.now, unit.now)
    schedule = Schedule(
        name=name,
        kind=draft.kind,
        payload=payload_of(asked),
        queue=asked.queue,
        cron=draft.cron,
        every_s=draft.every_s,
        timezone=draft.timezone,
        may_overlap=draft.may_overlap,
        next_at=next_at,
        actor=unit.actor.name,
    )
    unit.add(schedule)
    return schedule


def ensure_schedule(
    unit: WriteUnit, name: str, message: Message, *, cron: str | None = None, every_s: int | None = None
) -> None:
    """Have a job of the house's own run by itself, unless a schedule of that name is there already."""
    if ScheduleRepository(unit.session).by_name(name) is not None:
        return
    schedule = Schedule(
        name=name,
        kind=message.kind,
        payload=payload_of(message),
        queue=message.queue,
        cron=cron,
        every_s=every_s,
        timezone="UTC",
        next_at=following(cron, every_s, "UTC", due=unit.now, now=unit.now),
        actor=unit.actor.name,
    )
    unit.add(schedule)


def list_schedules(unit: ReadUnit, *, page: int = 1, per_page: int = 50) -> Page[Schedule]:
    """Schedules by name."""
    return ScheduleRepository(unit.session).listed(page=page, per_page=per_page)


def find_schedule(unit: ReadUnit, name: str) -> Schedule | None:
    """The schedule of this name, or ``None``."""
    return ScheduleRepository(unit.session).by_name(name)


def remove_schedule(unit: WriteUnit, name: str) -> None:
    """It fires no more; jobs that it made go on. Raises ``NotFound``."""
    unit.actor.require("operations.schedule")
    repository = ScheduleRepository(unit.session)
    repository.remove(repository.get_by_name(name))


def run_schedule(unit: WriteUnit, name: str) -> UUID:
    """Enqueue its job now, whatever its time is. Raises ``NotFound``."""
    unit.actor.require("operations.schedule")
    return fire(unit, ScheduleRepository(unit.session).get_by_name(name), unit.now)
