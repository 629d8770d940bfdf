"""What is drawn of a table: its room, columns, keys and meaning."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from sqlalchemy import Column, Table, UniqueConstraint

from mercat.core.database.base import Base
from mercat.core.database.rows import shape_of

_COMMENT = re.compile(r"^    # (.*)$")
_FIELD = re.compile(r"^    (\w+): Mapped\b")


@dataclass(frozen=True)
class DrawnColumn:
    """A column. ``target`` is the table that it points to; ``meaning`` is the comment that stands above it in the model."""

    name: str
    kind: str
    is_key: bool
    is_nullable: bool
    target: str | None
    on_delete: str | None
    meaning: str


@dataclass(frozen=True)
class DrawnTable:
    """A table, each after those that it points to. ``indexes`` are (columns, whether unique)."""

    name: str
    room: str
    meaning: str
    columns: tuple[DrawnColumn, ...]
    indexes: tuple[tuple[tuple[str, ...], bool], ...]


def drawn_tables() -> dict[str, list[DrawnTable]]:
    """Every table that the models describe, by room, the lowest room first. The caller has all of them registered."""
    classes = {
        str(each.local_table.name): each.class_ for each in Base.registry.mappers if isinstance(each.local_table, Table)
    }
    rooms: dict[str, list[DrawnTable]] = {}
    for table in Base.metadata.sorted_tables:
        drawn = _drawn(table, classes[table.name])
        rooms.setdefault(drawn.room, []).append(drawn)
    order = _from_below(rooms)
    return {room: sorted(rooms[room], key=lambda each: each.name) for room in order}


def _from_below(rooms: Mapping[str, Sequence[DrawnTable]]) -> list[str]:
    """The rooms, each after those that its keys point to."""
    home = {each.name: room for room, tables in rooms.items() for each in tables}
    below = {
        room: {home[one.target] for each in tables for one in each.columns if one.target} - {room}
        for room, tables in rooms.items()
    }
    return list(TopologicalSorter({room: sorted(below[room]) for room in sorted(below)}).static_order())


def _drawn(table: Table, described_by: type) -> DrawnTable:
    path = described_by.__module__.split(".")
    room = path[2] if path[1] == "domain" else path[1]
    comments = _comments(described_by)
    kinds = {each.name: each.kind for each in shape_of(table).columns}
    columns = tuple(_column(each, kinds[each.name], comments.get(each.name, "")) for each in table.columns)
    indexes = {(tuple(str(one.name) for one in each.columns), bool(each.unique)) for each in table.indexes}
    indexes |= {
        (tuple(str(one.name) for one in each.columns), True)
        for each in table.constraints
        if isinstance(each, UniqueConstraint)
    }
    meaning = inspect.cleandoc(described_by.__doc__ or "")
    return DrawnTable(str(table.name), room, meaning, columns, tuple(sorted(indexes)))


def _column(column: Column[object], kind: str, meaning: str) -> DrawnColumn:
    key = next(iter(column.foreign_keys), None)
    length = getattr(column.type, "length", None)
    return DrawnColumn(
        str(column.name),
        f"text({length})" if kind == "text" and length else kind,
        column.primary_key,
        bool(column.nullable),
        None if key is None else str(key.column.table.name),
        None if key is None else key.ondelete,
        meaning,
    )


def _comments(described_by: type) -> dict[str, str]:
    """What stands above each field of the class."""
    found: dict[str, str] = {}
    above: list[str] = []
    for line in inspect.getsource(described_by).splitlines():
        if comment := _COMMENT.match(line):
            above.append(comment[1])
            continue
        if field := _FIELD.match(line):
            found[field[1]] = " ".join(above)
        above = []
    return found
