"""Rows as plain values that are the same on every database: what dumps, exports and comparisons are made of.

A value is ``None``, a number, a truth value or a text: ids are 32 hexadecimal digits, amounts plain decimals, instants
``2026-11-21 20:15:00.000000`` in UTC, days ``2026-11-21``, JSON its text as it is kept, bytes base64.
"""

from __future__ import annotations

import binascii
import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Connection, CursorResult, Date, Float, Integer, LargeBinary, Table, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import JSON

from mercat.core.database.base import Base
from mercat.core.database.bulk import Bulk
from mercat.core.database.types import Amount, Id, UTCDateTime
from mercat.core.errors import NotFound
from mercat.core.money import from_units, plain, to_units

AT_ONCE = 2_000
_POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no types there
Values = list[Any]
_One = Callable[[Any], Any]
_KINDS: tuple[tuple[type[Any], str], ...] = (
    (Id, "id"),
    (Amount, "amount"),
    (UTCDateTime, "time"),
    (Date, "day"),
    (Boolean, "boolean"),
    (JSON, "json"),
    (LargeBinary, "bytes"),
    (Float, "float"),
    (Integer, "integer"),
)


@dataclass(frozen=True)
class Column:
    """A column by its name and the kind of its values."""

    name: str
    kind: str
    is_nullable: bool = True


@dataclass(frozen=True)
class Shape:
    """A table as rows of it are read and written: its columns in their order, and the key that the rows are ordered by."""

    table: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(each.name for each in self.columns)


def shape_of(table: Table) -> Shape:
    """The shape of a table of ours."""
    columns = tuple(Column(str(each.name), _kind(each.type), bool(each.nullable)) for each in table.columns)
    return Shape(str(table.name), columns, tuple(str(each.name) for each in table.primary_key))


def shapes() -> dict[str, Shape]:
    """Every table that the models describe, by name, each after those that it points to.

    The caller has every room's tables registered.
    """
    return {str(each.name): shape_of(each) for each in Base.metadata.sorted_tables}


def shape_named(name: str) -> Shape:
    """Raises ``NotFound``, which names the tables there are."""
    known = shapes()
    if name not in known:
        message = f"there is no table {name!r}: there are {', '.join(sorted(known))}"
        raise NotFound(message)
    return known[name]


def _kind(of: Any) -> str:
    if isinstance(of.dialect_impl(_POSTGRESQL), JSONB):
        return "object"
    return next((kind for types, kind in _KINDS if isinstance(of, types)), "text")


# -- reading --------------------------------------------------------------------------------------------------------------


def read_rows(connection: Connection, shape: Shape, *, after: str = "") -> Iterator[list[Values]]:
    """All rows in the order of the key, some at a time, in the connection's transaction. Memory does not grow with them.

    ``after`` is more SQL between the table and the order.
    """
    dialect = connection.dialect
    name = dialect.identifier_preparer.quote
    chosen = ", ".join(_selected(dialect, each) for each in shape.columns)
    order = ", ".join(_ordered(dialect, shape, each) for each in shape.key)
    sql = f"SELECT {chosen} FROM {name(shape.table)} {after} ORDER BY {order}"
    reading = _reading(dialect, shape)
    if dialect.name != "sqlite":
        sql = sql.replace("%", "%%")
    streaming = {"stream_results": True, "yield_per": AT_ONCE}
    with connection.exec_driver_sql(sql, execution_options=streaming) as result:
        for some in result.partitions(AT_ONCE):
            yield _converted(some, reading)


def rows_by_key(bulk: Bulk, shape: Shape, keys: Sequence[Sequence[Any]]) -> list[Values]:
    """Those of the rows with these keys that there are, in no order. A few thousand at a time."""
    if not keys:
        return []
    dialect = bulk.connection_dialect
    kinds = {each.name: each for each in shape.columns}
    key = Shape(shape.table, tuple(kinds[each] for each in shape.key), shape.key)
    one = f"({', '.join('?' * len(shape.key))})"
    many = ", ".join([one] * len(keys))
    # SQLite takes rows to compare with as a table of values only.
    among = f"(VALUES {many})" if bulk.is_sqlite else f"({many})"
    chosen = ", ".join(_selected(dialect, each) for each in shape.columns)
    sql = f"SELECT {chosen} FROM {bulk.quoted(shape.table)} WHERE ({', '.join(map(bulk.quoted, shape.key))}) IN {among}"
    given = [value for row in to_parameters(bulk, key, [list(each) for each in keys]) for value in row]
    return _converted(bulk.fetch(sql, given), _reading(dialect, shape))


def _reading(dialect: Dialect, shape: Shape) -> list[_One | None]:
    return [_READERS.get(dialect.name, _SERVER_READERS).get(each.kind) for each in shape.columns]


def _selected(dialect: Dialect, column: Column) -> str:
    name = dialect.identifier_preparer.quote(column.name)
    if dialect.name == "postgresql":
        forms = {
            "id": "encode(uuid_send({0}), 'hex')",
            "time": "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
            "json": "CAST({0} AS text)",
            "object": "CAST({0} AS text)",
        }
        return forms.get(column.kind, "{0}").format(name)
    return name


def _ordered(dialect: Dialect, shape: Shape, name: str) -> str:
    quoted = dialect.identifier_preparer.quote(name)
    is_text = any(each.name == name and each.kind == "text" for each in shape.columns)
    return f'{quoted} COLLATE "C"' if is_text and dialect.name == "postgresql" else quoted


def _converted(rows: Sequence[Sequence[Any]], converters: Sequence[_One | None]) -> list[Values]:
    """Rows with each column converted: a column at a time, which costs a third of going from value to value."""
    return [list(row) for row in zip(*_columns(rows, converters), strict=True)]


def _columns(rows: Sequence[Sequence[Any]], converters: Sequence[_One | None]) -> list[Sequence[Any]]:
    if not rows:
        return []
    return [
        values if convert is None else [None if each is None else convert(each) for each in values]
        for values, convert in zip(zip(*rows, strict=True), converters, strict=True)
    ]


@lru_cache(maxsize=50_000)
def _units(value: int) -> str | None:
    return plain(from_units(value))


@lru_cache(maxsize=50_000)
def _decimal(value: Decimal) -> str | None:
    return plain(value)


def _microseconds(value: dt.datetime) -> str:
    return value.isoformat(" ", "microseconds")


def _base64(value: bytes) -> str:
    return binascii.b2a_base64(value, newline=False).decode()


def in_order(text: str) -> str:
    """JSON that a database may have put in another order, in one of ours."""
    return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _json_text(value: str | float) -> str:
    """SQLite takes a column of JSON for one of numbers, and keeps a bare number as what it is."""
    return value if isinstance(value, str) else json.dumps(value)


_SERVER_READERS: dict[str, _One] = {
    "id": bytes.hex,
    "amount": _decimal,
    "time": _microseconds,
    "day": dt.date.isoformat,
    "boolean": bool,
    "object": in_order,
    "bytes": _base64,
}
_READERS: dict[str, dict[str, _One]] = {
    "sqlite": {
        "id": bytes.hex,
        "amount": _units,
        "boolean": bool,
        "json": _json_text,
        "object": in_order,
        "bytes": _base64,
    },
    "postgresql": {"amount": _decimal, "day": dt.date.isoformat, "object": in_order, "bytes": _base64},
}


# -- views ----------------------------------------------------------------------------------------------------------------


def views(connection: Connection) -> list[str]:
    """The views that somebody made in the database."""
    return sorted(inspect(connection).get_view_names())


def read_view(connection: Connection, name: str) -> tuple[Shape, Iterator[list[Values]]]:
    """A view's columns, and its rows as plain values by what the driver gives.

    SQLite keeps amounts as ten-thousandths and does not say so of a view: there they come as these whole numbers.
    """
    sql = f"SELECT * FROM {connection.dialect.identifier_preparer.quote(name)}"
    result = connection.exec_driver_sql(sql, execution_options={"stream_results": True, "yield_per": AT_ONCE})
    shape = Shape(name, tuple(Column(name, "text") for name in _names(result)), ())
    return shape, ([[_shown(each) for each in row] for row in some] for some in result.partitions(AT_ONCE))


def _names(result: CursorResult[Any]) -> list[str]:
    return list(result.keys())


def _shown(value: Any) -> Any:
    for kind, convert in _SHOWN:
        if isinstance(value, kind):
            return convert(value)
    return None if value is None else str(value)


# Before dates: an instant is a date to Python, too.
_SHOWN: tuple[tuple[type[Any], _One], ...] = (
    (UUID, lambda value: value.hex),
    (Decimal, _decimal),
    (dt.datetime, lambda at: _microseconds(at.astimezone(dt.UTC).replace(tzinfo=None) if at.tzinfo else at)),
    (dt.date, dt.date.isoformat),
    (bytes, lambda raw: raw.hex() if len(raw) == 16 else _base64(raw)),
    (dict, lambda given: json.dumps(given, ensure_ascii=False)),
    (list, lambda given: json.dumps(given, ensure_ascii=False)),
)


# -- writing --------------------------------------------------------------------------------------------------------------


def insert_rows(bulk: Bulk, shape: Shape, rows: Sequence[Values]) -> None:
    """Insert rows as ``read_rows`` gives them."""
    if rows:
        # Bulk quotes columns by itself where the database has words of its own among them.
        names = shape.names if bulk.name("x") != "x" else [bulk.quoted(each) for each in shape.names]
        columns = _columns(rows, _writing(bulk, shape))
        bulk.insert_columns(bulk.quoted(shape.table), dict(zip(names, columns, strict=True)))


def to_parameters(bulk: Bulk, shape: Shape, rows: Sequence[Values]) -> list[Values]:
    """The same rows as bulk statements take them."""
    return _converted(rows, _writing(bulk, shape))


def _writing(bulk: Bulk, shape: Shape) -> list[_One | None]:
    writers = _writers(bulk.dialect)
    return [writers.get(each.kind) for each in shape.columns]


def _writers(dialect: str) -> Mapping[str, _One]:
    if dialect == "postgresql":
        return {"time": lambda at: f"{at}+00", "bytes": lambda text: f"\\x{binascii.a2b_base64(text).hex()}"}
    common: dict[str, _One] = {"id": bytes.fromhex, "bytes": binascii.a2b_base64, "boolean": int}
    return {**common, "amount": to_units} if dialect == "sqlite" else common
