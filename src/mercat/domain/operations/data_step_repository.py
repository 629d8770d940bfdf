"""Data steps that were begun and done."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from mercat.core.repository import Repository
from mercat.domain.operations.models import DataStep


class DataStepRepository(Repository[DataStep]):
    """By name."""

    model = DataStep

    def completed(self) -> set[str]:
        """Names of those that are done for good."""
        return set(self.session.scalars(select(DataStep.name).where(DataStep.completed_at.is_not(None))))

    def note(self, name: str, rows: int, *, completed_at: dt.datetime | None) -> None:
        """A part was done, or the whole."""
        step = self.session.scalar(select(DataStep).where(DataStep.name == name))
        if step is None:
            step = DataStep(name=name, rows=0)
            self.session.add(step)
        step.rows += rows
        step.completed_at = completed_at
        self.session.flush()
