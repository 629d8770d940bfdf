"""Changes of the tree put into change sets, many at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from mercat.core.database.bulk import Bulk
from mercat.core.ids import new_id_bytes
from mercat.core.repository import Repository
from mercat.domain.catalog.models import Change, ChangeSet

_COLUMNS = "id change_set_id kind field old_value new_value status created_at updated_at".split()
# kind, field, old value and new value as JSON.
Written = tuple[str, str, str, str]


class StepRepository(Repository[Change]):
    """Writes of applied changes that are not about products."""

    model = Change

    def insert(self, change_set: ChangeSet, steps: Iterable[Written], now: dt.datetime) -> None:
        """Put them in, in their order; the set itself is written first if it is new."""
        self.session.add(change_set)
        self.session.flush()
        bulk = Bulk(self.session.connection())
        steps = list(steps)
        set_id, time = bulk.id(change_set.id.bytes), bulk.time(now)
        born = new_id_bytes(len(steps))
        rows: list[tuple[Any, ...]] = [
            (bulk.id(change_id), set_id, *step, "planned", time, time)
            for change_id, step in zip(born, steps, strict=True)
        ]
        bulk.insert("changes", _COLUMNS, rows)
