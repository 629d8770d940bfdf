"""Writing a job down in the transaction that causes it. Nothing here knows the engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.orm import Session
from structlog.contextvars import get_contextvars

from mercat.core.actor import Actor
from mercat.core.database.results import rows_of
from mercat.core.errors import Conflict, Invalid
from mercat.core.ids import new_id
from mercat.core.jobs.messages import MAX_ATTEMPTS, NORMAL_PRIORITY, Message, payload_of
from mercat.core.jobs.models import LONGEST_KEY, PENDING, Job

CHANNEL = "mercat_jobs"
_TRIES = 5


class Unit(Protocol):
    """Of a unit of work what a job is written down with: its transaction, its one instant, and who asks."""

    session: Session
    actor: Actor
    now: dt.datetime


@dataclass(frozen=True)
class Order:
    """A job as asked for. ``subject`` is what it is about, as (kind of thing, id); ``actor``: not the unit's own."""

    kind: str
    title: str
    queue: str
    payload: Mapping[str, Any]
    key: str | None = None
    run_after: dt.datetime | None = None
    priority: int = NORMAL_PRIORITY
    max_attempts: int = MAX_ATTEMPTS
    subject: tuple[str, str] | None = None
    parent_id: UUID | None = None
    schedule_id: UUID | None = None
    actor: str | None = None


def order_of(message: Message, **more: Any) -> Order:
    """The order that a message makes."""
    queue = more.pop("queue", None) or message.queue
    title = more.pop("title", None) or message.title
    return Order(kind=message.kind, title=title, queue=queue, payload=payload_of(message), **more)


def put(unit: Unit, order: Order) -> UUID:
    """Write the job, or join the one of the same key that still waits. The id of whichever it is."""
    if order.run_after is not None and order.run_after.tzinfo is None:
        message = "run_after is a time without a zone: give an aware datetime"
        raise Invalid(message)
    key = None if order.key is None else f"{order.kind}:{order.key}"
    if key is not None and len(key) > LONGEST_KEY:
        message = f"the key of a {order.kind} is too long: {LONGEST_KEY - len(order.kind) - 1} characters at most"
        raise Invalid(message)
    for _ in range(_TRIES):
        id_ = _join(unit, key, order) or _insert(unit, key, order)
        if id_ is not None:
            _wake(unit.session)
            return id_
    message = f"the job {order.kind} could not be queued: others queue and start the same one all the time"
    raise Conflict(message)


def _join(unit: Unit, key: str | None, order: Order) -> UUID | None:
    """The job of this key that waits, asked to run no later than this one would.

    The update locks its row: it cannot start before this transaction is over, so it will see what this one changed.
    """
    if key is None:
        return None
    wanted = order.run_after or unit.now
    waiting = select(Job.id, Job.run_after, Job.priority).where(Job.queued_key == key).with_for_update()
    found = unit.session.execute(waiting).first()
    if found is None:
        return None
    changes = {"run_after": min(found.run_after, wanted), "priority": min(found.priority, order.priority)}
    statement = update(Job).where(Job.id == found.id, Job.queued_key == key).values(updated_at=unit.now, **changes)
    result = unit.session.execute(statement, execution_options={"synchronize_session": False})
    return found.id if rows_of(result) == 1 else None


def _insert(unit: Unit, key: str | None, order: Order) -> UUID | None:
    """``None`` where somebody else wrote one of the same key just now."""
    subject_type, subject_id = order.subject or (None, None)
    id_ = new_id()
    values = {
        "id": id_,
        "kind": order.kind,
        "title": order.title[:255],
        "queue": order.queue,
        "status": PENDING,
        "payload": dict(order.payload),
        "attempts": 0,
        "generation": 0,
        "steps_done": 0,
        "max_attempts": order.max_attempts,
        "priority": order.priority,
        "run_after": order.run_after or unit.now,
        "actor": order.actor or unit.actor.name,
        "user_id": None if order.actor else unit.actor.id,
        "request_id": get_contextvars().get("request_id"),
        "subject_type": subject_type,
        "subject_id": subject_id,
        "parent_id": order.parent_id,
        "schedule_id": order.schedule_id,
        "merge_key": key,
        "queued_key": key,
        "created_at": unit.now,
        "updated_at": unit.now,
    }
    if key is None:
        unit.session.execute(insert(Job), values)
        return id_
    unit.session.execute(_insert_unless_queued(unit.session), values)
    return id_ if unit.session.scalar(select(Job.id).where(Job.queued_key == key)) == id_ else None


def _insert_unless_queued(session: Session) -> Any:
    match session.get_bind().dialect.name:
        case "postgresql":
            return postgresql.insert(Job).on_conflict_do_nothing(index_elements=["queued_key"])
        case "sqlite":
            return sqlite.insert(Job).on_conflict_do_nothing(index_elements=["queued_key"])
        case _:
            # Not INSERT IGNORE, which would swallow every other fault as well.
            return mysql.insert(Job).on_duplicate_key_update(id=Job.id)


def _wake(session: Session) -> None:
    """Tell listening dispatchers, if and when this transaction commits. Elsewhere they look by themselves."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_notify('{CHANNEL}', '')"))
