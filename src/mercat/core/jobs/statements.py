"""The statements of every single job, built once: to put one together takes SQLAlchemy longer than a database to run it.

They are made of tables, not of mapped classes, and go past the session's own bookkeeping.
"""

from __future__ import annotations

from typing import cast

from sqlalchemy import Table, and_, bindparam, exists, insert, or_, select, update

from mercat.core.jobs.models import PENDING, RUNNING, Job, JobEvent

jobs = cast("Table", Job.__table__)
_events = cast("Table", JobEvent.__table__)
_other = jobs.alias()
_waits = and_(jobs.c.status == PENDING, jobs.c.handed_at.is_(None))

DUE = (
    select(jobs.c.id, jobs.c.queue, jobs.c.priority, jobs.c.generation, jobs.c.steps_done)
    .where(
        _waits,
        jobs.c.run_after <= bindparam("now"),
        ~exists().where(
            _other.c.merge_key == jobs.c.merge_key,
            _other.c.id != jobs.c.id,
            or_(_other.c.status == RUNNING, and_(_other.c.status == PENDING, _other.c.id < jobs.c.id)),
        ),
    )
    .order_by(jobs.c.priority, jobs.c.run_after)
    .limit(bindparam("most"))
)
DUE_OF_QUEUES = DUE.where(jobs.c.queue.in_(bindparam("queues", expanding=True)))
NEXT_DUE = (
    select(jobs.c.run_after).where(_waits, jobs.c.run_after > bindparam("now")).order_by(jobs.c.run_after).limit(1)
)
SEEN = (
    select(
        jobs.c.status, jobs.c.generation, jobs.c.cancel_requested_at, jobs.c.merge_key, jobs.c.attempts,
        jobs.c.max_attempts, jobs.c.kind, jobs.c.payload, jobs.c.actor, jobs.c.user_id, jobs.c.request_id,
        jobs.c.started_at, jobs.c.handed_at,
    )
    .where(jobs.c.id == bindparam("job"))
    .with_for_update()
)  # fmt: skip
BEGIN = update(jobs).where(jobs.c.id == bindparam("job"))
COMPLETE = update(jobs).where(jobs.c.claim == bindparam("held"), jobs.c.status == RUNNING)
APPEND = insert(_events)
