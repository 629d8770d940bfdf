"""Work on rows that a new version brings with it: in small transactions after the schema is there, once.

A revision changes the schema and nothing else of weight: what goes over many rows would hold its transaction open. A room
declares it here, in its ``data_steps.py``; it is run by `mercat init`, `mercat db upgrade` and ``init_database``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from mercat.core.actor import Actor
from mercat.core.database.locks import named_lock
from mercat.core.log import get_logger
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.operations.data_step_repository import DataStepRepository

log = get_logger(__name__)


@dataclass(frozen=True)
class DataStep:
    """``work`` does a part in units of its own and says how many rows that were; 0: nothing is left, which ends it for good.

    It finds by itself what is still to be done, so that a run that was killed goes on where it stopped. ``None``: there is
    nothing to begin with yet, and it is asked again at the next start.
    """

    name: str
    work: Callable[[Runtime, Actor], int | None]


_known: dict[str, DataStep] = {}


def declare_data_step(step: DataStep) -> DataStep:
    """Have it run once in every database."""
    _known[step.name] = step
    return step


def run_data_steps(runtime: Runtime, actor: Actor) -> dict[str, int]:
    """Do what is left of the steps that are known: rows by name. Two processes that start together take turns."""
    with runtime.read(actor) as unit:
        done = DataStepRepository(unit.session).completed()
    waiting = [each for name, each in _known.items() if name not in done]
    if not waiting:
        return {}
    with named_lock(runtime.engine, "data-steps"):
        return {each.name: _run(runtime, actor, each) for each in waiting}


def _run(runtime: Runtime, actor: Actor, step: DataStep) -> int:
    total = 0
    while (count := step.work(runtime, actor)) is not None:
        runtime.attempt(partial(_note, step=step, count=count), actor)
        total += count
        if not count:
            log.info("data_step_done", step=step.name, rows=total)
            break
    return total


def _note(unit: WriteUnit, *, step: DataStep, count: int) -> None:
    completed_at = None if count else unit.now
    DataStepRepository(unit.session).note(step.name, count, completed_at=completed_at)
