"""Rows of a file into a table, in sets: what is new is inserted, what is there is compared and changed, or refused."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Column as TableColumn
from sqlalchemy import Table

from mercat.core.database.base import Base
from mercat.core.database.bulk import Bulk
from mercat.core.database.drivers import said_by_driver
from mercat.core.database.partitions import ensure_months, partition_column
from mercat.core.database.rows import Shape, Values, insert_rows, rows_by_key, shape_named, to_parameters
from mercat.core.database.tables.cells import Unfit, text_of, value_of
from mercat.core.database.tables.files import Lines
from mercat.core.errors import Conflict, Invalid
from mercat.core.ids import new_id
from mercat.core.money import plain

Source = Callable[[], Lines]


@dataclass
class Loaded:
    """What became of a file's rows."""

    table: str
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0


class TableLoad:
    """One file on its way into one table, in the caller's transaction.

    ``header``: the columns that the file speaks of. A new row takes the usual value of those that it leaves out; of a row
    that is there they stay as they are. Raises ``Invalid`` for columns that cannot be.
    """

    def __init__(self, bulk: Bulk, name: str, header: Sequence[str], *, file: str, is_text: bool) -> None:
        self.bulk = bulk
        self.file = file
        self.is_text = is_text
        self.whole = shape_named(name)
        self.table: Table = Base.metadata.tables[name]
        self.given = _chosen(self.whole, header, file)
        self.done = Loaded(name)
        self._lengths = [getattr(self.table.c[each.name].type, "length", None) for each in self.given.columns]
        self._key = [header.index(each) for each in self.whole.key if each in header]
        self._usual, self._missing = _usual(self.table, self.whole, set(header))
        # Rows that point to rows of their own table: set when all of them are there.
        self._own = [place for place, each in enumerate(header) if _points_home(self.table, each)]

    def run(self, source: Source, *, update: bool, now: dt.datetime) -> Loaded:
        """All of it or, where something is raised, nothing (the caller's transaction ends). ``source`` is read twice where it must be.

        Raises ``Invalid`` naming the line, and ``Conflict`` for a row that is there, unless ``update``.
        """
        if update and len(self._key) < len(self.whole.key):
            message = f"{self.file} has no column {', '.join(self.whole.key)}: nothing tells which rows to update"
            raise Invalid(message)
        for lines in source():
            if lines:
                rows = self._parsed(lines)
                try:
                    self._take(rows, update=update, now=now)
                except Exception as failed:
                    raise self._told(failed, lines[0][0], lines[-1][0]) from failed
        if self._own:
            for lines in source():
                self._point(self._parsed(lines))
        return self.done

    def _parsed(self, lines: Sequence[tuple[int, Sequence[Any]]]) -> list[Values]:
        return [self._row(line, cells) for line, cells in lines]

    def _row(self, line: int, cells: Sequence[Any]) -> Values:
        row: Values = []
        for cell, column, length in zip(cells, self.given.columns, self._lengths, strict=True):
            try:
                row.append(value_of(text_of(cell) if self.is_text else cell, column, length=length))
            except Unfit as wrong:
                message = f"{self.file}, line {line}: {column.name} {wrong}"
                raise Invalid(message) from wrong
        return row

    def _take(self, rows: list[Values], *, update: bool, now: dt.datetime) -> None:
        there = self._there(rows) if update else {}
        new = [row for row in rows if self._key_of(row) not in there] if update else rows
        self._insert(new, now)
        if there:
            self._update([row for row in rows if self._key_of(row) in there], there, now)

    def _key_of(self, row: Values) -> tuple[Any, ...]:
        return tuple(row[place] for place in self._key)

    def _there(self, rows: list[Values]) -> dict[tuple[Any, ...], Values]:
        keys = [self._key_of(row) for row in rows]
        if len(set(keys)) < len(keys):
            twice = next(key for place, key in enumerate(keys) if key in keys[:place])
            message = f"{self.file} names the row {', '.join(map(str, twice))} twice"
            raise Invalid(message)
        found = rows_by_key(self.bulk, self.given, keys)
        return {self._key_of(row): row for row in found}

    def _insert(self, rows: list[Values], now: dt.datetime) -> None:
        if not rows:
            return
        if self._missing:
            message = f"a new row of {self.whole.table} has to say {', '.join(self._missing)}: add the columns"
            raise Invalid(message)
        if by := partition_column(self.whole.table):
            place = self.given.names.index(by)
            ensure_months(self.bulk, self.whole.table, (row[place] for row in rows))
        names = [*self.given.columns, *(each for each in self.whole.columns if each.name in self._usual)]
        shape = replace(self.whole, columns=tuple(names))
        filled = [[*self._without_own(row), *(make(now) for make in self._usual.values())] for row in rows]
        insert_rows(self.bulk, shape, filled)
        self.done.inserted += len(rows)

    def _without_own(self, row: Values) -> Values:
        return [None if place in self._own else value for place, value in enumerate(row)] if self._own else row

    def _update(self, rows: list[Values], there: dict[tuple[Any, ...], Values], now: dt.datetime) -> None:
        differing = [row for row in rows if row != there[self._key_of(row)]]
        self.done.unchanged += len(rows) - len(differing)
        self.done.updated += len(differing)
        skipped = {*self._key, *self._own}
        places = [place for place in range(len(self.given.columns)) if place not in skipped]
        columns = [self.given.columns[place] for place in places]
        values = [[row[place] for place in places] for row in differing]
        names = {each.name: each for each in self.whole.columns}
        if "updated_at" in names and "updated_at" not in self.given.names:
            columns.append(names["updated_at"])
            values = [[*row, _moment(now)] for row in values]
        self._write(columns, values, [list(self._key_of(row)) for row in differing])

    def _point(self, rows: list[Values]) -> None:
        """Set what points to rows of the same table, all of which are there by now."""
        columns = [self.given.columns[place] for place in self._own]
        pointing = [row for row in rows if len(self._key) == len(self.whole.key)]
        self._write(
            columns, [[row[place] for place in self._own] for row in pointing], list(map(self._key_list, pointing))
        )

    def _key_list(self, row: Values) -> Values:
        return list(self._key_of(row))

    def _write(self, columns: Sequence[Any], values: list[Values], keys: list[Values]) -> None:
        if not values or not columns:
            return
        by_name = {each.name: each for each in self.whole.columns}
        shape = replace(self.whole, columns=(*columns, *(by_name[each] for each in self.whole.key)))
        rows = to_parameters(self.bulk, shape, [[*some, *key] for some, key in zip(values, keys, strict=True)])
        sets = ", ".join(f"{self.bulk.quoted(each.name)} = ?" for each in columns)
        where = " AND ".join(f"{self.bulk.quoted(each)} = ?" for each in self.whole.key)
        self.bulk.many(f"UPDATE {self.bulk.quoted(self.whole.table)} SET {sets} WHERE {where}", rows)

    def _told(self, failed: Exception, first: int, last: int) -> Exception:
        said = said_by_driver(failed)
        if said is None:
            return failed
        what = "a row is there already; --update changes those that are there" if _is_double(failed) else "refused"
        return Conflict(f"{self.file}, lines {first} to {last}: {what} ({said[:300]})")


def _is_double(failed: Exception) -> bool:
    number = failed.args[0] if failed.args else ""
    return type(failed).__name__ == "UniqueViolation" or number == 1062 or "UNIQUE constraint" in str(number)


def _chosen(whole: Shape, header: Sequence[str], file: str) -> Shape:
    known = {each.name: each for each in whole.columns}
    unknown = [name for name in header if name not in known]
    if unknown or not header or len(set(header)) < len(header):
        fault = f"has no column {', '.join(unknown)}" if unknown else "names a column twice" if header else "is empty"
        subject = whole.table if unknown else file
        message = f"{subject} {fault}; the columns of {whole.table} are {', '.join(known)}"
        raise Invalid(message)
    return replace(whole, columns=tuple(known[name] for name in header))


def _points_home(table: Table, name: str) -> bool:
    return any(key.column.table is table for key in table.c[name].foreign_keys)


def _moment(at: dt.datetime) -> str:
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S.%f}"


def _usual(table: Table, whole: Shape, given: set[str]) -> tuple[dict[str, Callable[[dt.datetime], Any]], list[str]]:
    """What a new row holds where the file says nothing, and what the file has to say of one."""
    found: dict[str, Callable[[dt.datetime], Any]] = {}
    missing: list[str] = []
    for column in whole.columns:
        usual = None if column.name in given else _usual_of(table.c[column.name], column.kind)
        if usual is not None:
            found[column.name] = usual
        elif column.name not in given and not column.is_nullable:
            missing.append(column.name)
    return found, missing


def _usual_of(column: TableColumn[Any], kind: str) -> Callable[[dt.datetime], Any] | None:
    if kind == "id" and column.primary_key and not column.foreign_keys:
        return lambda _now: new_id().hex
    default: Any = column.default
    if default is None:
        return None
    if kind == "time":
        return _moment
    if default.is_callable:
        # Of our models: list and dict.
        return lambda _now: json.dumps(default.arg(None))
    value = plain(default.arg) if kind == "amount" else default.arg
    return lambda _now: value
