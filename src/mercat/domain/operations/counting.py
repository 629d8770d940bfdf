"""Counting the calls of one piece of work, so that they are written in bulk."""

from __future__ import annotations

from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.operations.calling import record_calls
from mercat.sdk.channels import Call


class Meter:
    """Counts the calls of one piece of work; they are written in bulk, outside of the calls' own time."""

    def __init__(self, runtime: Runtime, actor: Actor, account: UUID | None, job_id: UUID | None = None) -> None:
        self.runtime = runtime
        self.actor = actor
        self.account = account
        self.job_id = job_id
        self.calls = 0
        self.cost = 0.0
        self._pending: list[Call] = []

    def called(self, call: Call) -> None:
        """A request went out. Nothing is written here: the channel is in the middle of something."""
        self.calls += 1
        self.cost += call.cost or 0.0
        self._pending.append(call)

    def write(self, unit: WriteUnit) -> None:
        """Write down what went out since, in somebody's unit."""
        if self._pending:
            calls, self._pending = self._pending, []
            record_calls(unit, calls, account=self.account, job_id=self.job_id)

    def flush(self, *, at_least: int = 1) -> None:
        """The same in a unit of its own, if so many wait."""
        if len(self._pending) >= at_least:
            with self.runtime.write(self.actor) as unit:
                self.write(unit)
