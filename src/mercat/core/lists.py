"""Lists: one way to filter, sort, choose fields, page and stream the rows of a table, without objects.

A room says in its repository what a list of its rows is (``ListSpec``); every door asks in the same words: a field's name
narrows to any of some values, ``<name>_min`` and ``<name>_max`` to a range, ``q`` to a text, ``sort`` takes a field's name,
with ``-`` before it for the other way round, and ``fields`` says what is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Integer,
    Join,
    Select,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.visitors import iterate
from sqlalchemy.types import JSON, NullType

from mercat.core.actor import Actor
from mercat.core.database.types import Amount, Id, UTCDateTime, as_ascii
from mercat.core.errors import Invalid, NotFound
from mercat.core.money import plain
from mercat.core.page import offset
from mercat.core.unit import ReadUnit, Runtime

# Counting further would read the whole of a large table for every page of it.
MOST_COUNTED = 10_000
_CHUNK = 2_000
# From so many skipped rows on it pays to look up what belongs to a row after those that are shown were found.
_DEEP = 1_000


class Kind(StrEnum):
    """What a field's values are: how they are read from a query and shown."""

    TEXT = "text"
    ID = "id"
    INTEGER = "integer"
    MONEY = "money"
    TIME = "time"
    BOOLEAN = "boolean"
    JSON = "json"


@dataclass(frozen=True)
class Field:
    """A field of a list. ``choices`` are all the values that it can have; ``is_shown``: without being asked for."""

    column: Any
    is_filter: bool = False
    is_range: bool = False
    is_sort: bool = False
    is_shown: bool = True
    choices: Sequence[str] = ()
    help: str = ""

    @cached_property
    def kind(self) -> Kind:
        """From the column's type."""
        for types, kind in _KINDS:
            if isinstance(self.column.type, types):
                return kind
        return Kind.TEXT

    @property
    def most(self) -> int:
        """The largest whole number that the column takes."""
        return 2**63 - 1 if isinstance(self.column.type, BigInteger) else 2**31 - 1


_KINDS: tuple[tuple[Any, Kind], ...] = (
    (Id, Kind.ID),
    (Amount, Kind.MONEY),
    (UTCDateTime, Kind.TIME),
    (Boolean, Kind.BOOLEAN),
    (Integer, Kind.INTEGER),
    (JSON, Kind.JSON),
)


def beyond(relationship: Any) -> Any:
    """The class that a downward relationship leads to: a list may show what belongs to a lower room."""
    return relationship.property.mapper.class_


@dataclass(frozen=True)
class ListSpec:
    """What a list is: its rows in the order of ``key`` (ids tell the time), newest first unless said otherwise.

    ``words``: columns that ``q`` is looked for in. ``within``: what every row of it fulfils. ``own``: the column of the
    user whose a row is, where everybody sees their own only.
    """

    name: str
    permission: str
    source: Any
    key: Any
    fields: Mapping[str, Field]
    words: Sequence[Any] = ()
    within: Sequence[ColumnElement[bool]] = ()
    own: Any = None
    is_newest_first: bool = True

    @property
    def shown(self) -> tuple[str, ...]:
        """The fields that are shown unless others are asked for."""
        return tuple(name for name, each in self.fields.items() if each.is_shown)

    @property
    def sorts(self) -> tuple[str, ...]:
        """What ``sort`` may say."""
        names = [name for name, each in self.fields.items() if each.is_sort]
        return (*names, *(f"-{name}" for name in names))


@dataclass(frozen=True)
class ListQuery:
    """What of a list. ``cursor``: what follows the row of this id, in the list's own order, instead of a page by number.

    ``is_back``: what stands before it, or at the end of the list where there is no id.
    """

    equal: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    least: Mapping[str, Any] = field(default_factory=dict)
    most: Mapping[str, Any] = field(default_factory=dict)
    q: str | None = None
    sort: str | None = None
    fields: Sequence[str] = ()
    page: int = 1
    per_page: int = 50
    cursor: UUID | None = None
    has_cursor: bool = False
    is_back: bool = False


@dataclass(frozen=True)
class Rows:
    """A page of plain values. ``total`` is exact up to ``MOST_COUNTED``, and says no more than "more" beyond it.

    ``next_cursor`` is the last row's id where more follow; ``first`` and ``last`` are the ids of the ends, if there are rows.
    """

    data: list[dict[str, Any]]
    total: int
    page: int
    per_page: int
    is_exact_total: bool
    next_cursor: UUID | None
    first: UUID | None = None
    last: UUID | None = None


def list_rows(unit: ReadUnit, spec: ListSpec, query: ListQuery) -> Rows:
    """One page. Raises ``Forbidden``, and ``Invalid`` for a field, an order or a page that cannot be."""
    unit.actor.require(spec.permission)
    names = _names(spec, query)
    where = _where(spec, query, unit.actor, unit.session.get_bind().dialect)
    start = offset(query.page, query.per_page)
    rows = _select(spec, names).where(*where).limit(query.per_page + 1)
    is_deep = start >= _DEEP and not query.has_cursor and _is_alone(spec, where, query.sort)
    if is_deep:
        # What is skipped is found by the list's own table alone, and only what is shown is looked up beside it.
        keys = select(spec.key.label("k")).where(*where).order_by(*_order(spec, query.sort))
        shown = keys.limit(query.per_page + 1).offset(start).subquery()
        rows = _select(spec, names).where(spec.key.in_(select(shown.c.k))).order_by(*_order(spec, query.sort))
    elif query.has_cursor:
        if query.sort is not None:
            message = f"sort: with a cursor, {spec.name} come in the order of their making; use pages to sort otherwise"
            raise Invalid(message, field="sort")
        rows = rows.where(*_after(spec, query.cursor, is_back=query.is_back)).order_by(
            _in_order(spec, is_back=query.is_back)
        )
    else:
        rows = rows.order_by(*_order(spec, query.sort)).offset(start)
    found = unit.session.execute(rows).all()
    more, page = len(found) > query.per_page, found[: query.per_page]
    if query.is_back:
        # What was read from the end stands as it does in the list; what follows it is there if it was asked for by an id.
        more, page = query.cursor is not None, page[::-1]
    total = _count(unit, spec, where)
    first, last = (page[0][-1], page[-1][-1]) if page and query.sort is None else (None, None)
    data = _shown(spec, names, page)
    next_cursor = last if more else None
    counted = min(total, MOST_COUNTED), query.page, query.per_page, total <= MOST_COUNTED
    return Rows(data, *counted, next_cursor, first, last)


def stream_rows(runtime: Runtime, actor: Any, spec: ListSpec, query: ListQuery) -> Iterator[list[dict[str, Any]]]:
    """All rows of a list in chunks, each read in a unit of its own: what changes meanwhile may be seen half.

    In the order of their making, whatever ``query`` says of pages and order. Raises ``Forbidden`` and ``Invalid`` at once.
    """
    actor.require(spec.permission)
    return _chunks(runtime, actor, spec, query, _names(spec, query))


def _chunks(
    runtime: Runtime, actor: Any, spec: ListSpec, query: ListQuery, names: Sequence[str]
) -> Iterator[list[dict[str, Any]]]:
    where = _where(spec, query, actor, runtime.engine.dialect)
    after: UUID | bytes | None = None
    # Where a row lies is needed of the last one only: the key comes as the driver has it, and goes back so.
    select_ = _select(spec, names, key=type_coerce(spec.key, NullType()))
    while True:
        rows = select_.where(*where, *_after(spec, after)).order_by(_in_order(spec)).limit(_CHUNK)
        with runtime.read(actor) as unit:
            # Past the session: it looks through every row for objects to make, and there are none.
            found = unit.session.connection().execute(rows).all()
        if not found:
            return
        yield _shown(spec, names, found)
        if len(found) < _CHUNK:
            return
        after = found[-1][-1]


def get_row(unit: ReadUnit, spec: ListSpec, row_id: UUID, *, called: str) -> dict[str, Any]:
    """One row with all its fields. Raises ``NotFound``, which names what was looked for, and ``Forbidden``."""
    unit.actor.require(spec.permission)
    names = tuple(spec.fields)
    row = unit.session.execute(_select(spec, names).where(spec.key == row_id, *_within(spec, unit.actor))).first()
    if row is None:
        message = f"there is no {called} {row_id}"
        raise NotFound(message, id=str(row_id))
    return _shown(spec, names, [row])[0]


def _names(spec: ListSpec, query: ListQuery) -> tuple[str, ...]:
    unknown = [name for name in query.fields if name not in spec.fields]
    if unknown:
        message = f"fields: {spec.name} have no {', '.join(map(repr, unknown))}; there are {', '.join(spec.fields)}"
        raise Invalid(message, field="fields")
    return tuple(dict.fromkeys(query.fields)) or spec.shown


def _select(spec: ListSpec, names: Sequence[str], *, key: Any = None) -> Select[Any]:
    columns = [spec.fields[name].column.label(f"f_{name}") for name in names]
    return select(*columns, (spec.key if key is None else key).label("f_key_")).select_from(spec.source)


def _within(spec: ListSpec, actor: Actor) -> list[ColumnElement[bool]]:
    return [*spec.within] if spec.own is None else [*spec.within, spec.own == actor.id]


def _where(spec: ListSpec, query: ListQuery, actor: Actor, dialect: Dialect) -> list[ColumnElement[bool]]:
    parts = _within(spec, actor)
    for name, values in query.equal.items():
        column = spec.fields[name].column
        known = [_comparable(column, value, dialect) for value in values]
        parts.append(column == known[0] if len(known) == 1 else column.in_(known))
    parts += [spec.fields[name].column >= value for name, value in query.least.items()]
    parts += [spec.fields[name].column <= value for name, value in query.most.items()]
    if query.q and spec.words:
        wanted = query.q.strip().lower()
        found = ((word, _comparable(word, wanted, dialect)) for word in spec.words)
        parts.append(or_(*(func.lower(word).contains(text, autoescape=True) for word, text in found)))
    return parts


def _comparable(column: Any, value: Any, dialect: Dialect) -> Any:
    """A value that the database will compare with the column: MariaDB refuses to where only one of them is ASCII."""
    is_ascii = isinstance(value, str) and getattr(column.type.dialect_impl(dialect), "charset", None) == "ascii"
    return as_ascii(value) if is_ascii else value


def _after(spec: ListSpec, cursor: UUID | bytes | None, *, is_back: bool = False) -> list[ColumnElement[bool]]:
    if cursor is None:
        return []
    return [spec.key < cursor if spec.is_newest_first is not is_back else spec.key > cursor]


def _in_order(spec: ListSpec, *, is_back: bool = False) -> Any:
    return spec.key.desc() if spec.is_newest_first is not is_back else spec.key.asc()


def _is_alone(spec: ListSpec, where: Sequence[ColumnElement[bool]], sort: str | None) -> bool:
    """Whether what is asked for speaks of the list's own table only, and what is joined to it takes no row away."""
    own = spec.key.table
    said = [*where, *(() if sort is None else [spec.fields[sort.removeprefix("-")].column])]
    return _is_only_widened(spec.source, own) and all(each is own for part in said for each in _tables_in(part))


def _tables_in(part: Any) -> list[Any]:
    return [each.table for each in iterate(part) if isinstance(each, Column)]


def _is_only_widened(source: Any, own: Any) -> bool:
    while isinstance(source, Join):
        if not source.isouter or source.full:
            return False
        source = source.left
    return source is own


def _order(spec: ListSpec, sort: str | None) -> list[Any]:
    if sort is None:
        return [_in_order(spec)]
    name = sort.removeprefix("-")
    if sort not in spec.sorts:
        message = f"sort: {spec.name} cannot be sorted by {name!r}; they can by {', '.join(spec.sorts) or 'nothing'}"
        raise Invalid(message, field="sort")
    column = spec.fields[name].column
    return [column.desc(), spec.key.desc()] if sort.startswith("-") else [column.asc(), spec.key.asc()]


def _count(unit: ReadUnit, spec: ListSpec, where: Sequence[ColumnElement[bool]]) -> int:
    # What only widens a row is not looked up to count it.
    source = spec.key.table if _is_alone(spec, where, None) else spec.source
    some = select(literal(1)).select_from(source).where(*where).limit(MOST_COUNTED + 1).subquery()
    return unit.session.scalar(select(func.count()).select_from(some)) or 0


def _shown(spec: ListSpec, names: Sequence[str], rows: Sequence[Any]) -> list[dict[str, Any]]:
    # What a field's kind is takes longer to find out than all else about a value: it is asked once, not of every row.
    amounts = [name for name in names if spec.fields[name].kind is Kind.MONEY]
    shown = [dict(zip(names, row, strict=False)) for row in rows]
    for row in shown:
        for name in amounts:
            row[name] = plain(row[name])
    return shown
