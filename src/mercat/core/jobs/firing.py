"""Schedules that are due enqueue their jobs: each firing once, however many workers look."""

from __future__ import annotations

import datetime as dt
from functools import partial
from uuid import UUID

from sqlalchemy import select

from mercat.core.errors import MercatError
from mercat.core.jobs.models import PENDING, RUNNING, Job, Schedule
from mercat.core.jobs.outbox import Order, put
from mercat.core.log import get_logger
from mercat.core.schedule import following
from mercat.core.unit import Runtime, WriteUnit

log = get_logger(__name__)


def fire_due(runtime: Runtime) -> int:
    """Fire what is due. How many jobs that made."""
    with runtime.read() as unit:
        due = select(Schedule.id).where(Schedule.is_active, Schedule.next_at <= unit.now).order_by(Schedule.next_at)
        ids = list(unit.session.scalars(due))
    return sum(runtime.attempt(partial(_fire, schedule_id=id_)) for id_ in ids)


def _fire(unit: WriteUnit, schedule_id: UUID) -> bool:
    """The job and the next instant in one transaction, with the schedule locked: a second worker finds it not due."""
    schedule = unit.session.scalars(select(Schedule).where(Schedule.id == schedule_id).with_for_update()).first()
    if schedule is None or not schedule.is_active or schedule.next_at > unit.now:
        return False
    due = schedule.next_at
    try:
        schedule.next_at = following(schedule.cron, schedule.every_s, schedule.timezone, due=due, now=unit.now)
    except MercatError as wrong:
        # It was checked when it was added; a zone may have left the system's time zone data since.
        schedule.is_active = False
        log.warning("schedule_switched_off", name=schedule.name, reason=wrong.message)
        return False
    if not schedule.may_overlap and is_at_work(unit, schedule):
        schedule.skipped += 1
        log.info("schedule_skipped", name=schedule.name, due=due.isoformat())
        return False
    fire(unit, schedule, due)
    return True


def is_at_work(unit: WriteUnit, schedule: Schedule) -> bool:
    """Whether a job of this schedule waits or runs."""
    rows = select(Job.id).where(Job.schedule_id == schedule.id, Job.status.in_((PENDING, RUNNING))).limit(1)
    return unit.session.scalar(rows) is not None


def fire(unit: WriteUnit, schedule: Schedule, due: dt.datetime) -> UUID:
    """Enqueue the schedule's job."""
    order = Order(
        kind=schedule.kind,
        title=schedule.name,
        queue=schedule.queue,
        payload=schedule.payload,
        schedule_id=schedule.id,
        actor=schedule.actor,
    )
    job_id = put(unit, order)
    schedule.last_at, schedule.last_job_id = due, job_id
    return job_id
