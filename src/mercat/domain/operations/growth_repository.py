"""How large tables were on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import delete, func, select

from mercat.core.database.upkeep import TableFigures
from mercat.core.repository import Repository
from mercat.domain.operations.models import TableGrowth


class GrowthRepository(Repository[TableGrowth]):
    """One row for each table and day."""

    model = TableGrowth

    def has(self, day: dt.date) -> bool:
        """Whether that day is noted."""
        return self.session.scalar(select(TableGrowth.id).where(TableGrowth.day == day).limit(1)) is not None

    def note(self, day: dt.date, figures: Sequence[TableFigures], *, forget_before: dt.date) -> None:
        """Write a day down, and forget what nobody compares with any more."""
        self.session.execute(delete(TableGrowth).where(TableGrowth.day < forget_before))
        self.session.add_all(
            TableGrowth(day=day, table_name=each.name, rows=each.rows, bytes=each.bytes) for each in figures
        )
        self.session.flush()

    def before(self, day: dt.date) -> dict[str, tuple[dt.date, int, int | None]]:
        """(day, rows, bytes) of each table on the newest day that is not after that one, or on the first there is."""
        newest = self.session.scalar(select(func.max(TableGrowth.day)).where(TableGrowth.day <= day))
        chosen = newest or self.session.scalar(select(func.min(TableGrowth.day)))
        rows = self.session.scalars(select(TableGrowth).where(TableGrowth.day == chosen)) if chosen else ()
        return {each.table_name: (each.day, each.rows, each.bytes) for each in rows}
