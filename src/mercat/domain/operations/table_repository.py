"""Tables by their names, whichever room they are of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from mercat.core.database.base import Base
from mercat.core.database.rows import Shape, Values, read_rows, read_view, shape_named, shapes, views


class TableRepository:
    """Whole tables, as plain values. The caller has every room's tables registered."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def listed(self) -> list[dict[str, Any]]:
        """Name, kind (``table`` or ``view``), columns with their kinds, and by what alone it changes."""
        tables = [
            {
                "name": each.table,
                "kind": "table",
                "columns": [{"name": one.name, "kind": one.kind} for one in each.columns],
                "kept_by": self.kept_by(each.table),
            }
            for each in sorted(shapes().values(), key=lambda each: each.table)
        ]
        found: list[dict[str, Any]] = [
            {"name": name, "kind": "view", "columns": [], "kept_by": None} for name in views(self.session.connection())
        ]
        return [*tables, *found]

    def read(self, name: str) -> tuple[Shape, Iterator[list[Values]]]:
        """A table's rows in the order of its key, or a view's. Raises ``NotFound``, which names the tables there are."""
        connection = self.session.connection()
        if name not in shapes() and name in views(connection):
            return read_view(connection, name)
        shape = shape_named(name)
        return shape, read_rows(connection, shape)

    def kept_by(self, name: str) -> str | None:
        """By what alone its rows change, where not everybody may write them. Raises ``NotFound``."""
        shape_named(name)
        kept: str | None = Base.metadata.tables[name].info.get("kept_by")
        return kept
