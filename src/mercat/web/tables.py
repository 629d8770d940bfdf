"""The index table: one component for every list. The address is its state, in the same words as the API's.

A room's module says once what its table shows (``Index``); ``read`` takes what is asked from the address, ``shown`` makes the
facts that ``parts/index.html`` draws, and ``lines`` gives the same rows as CSV or JSON Lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mercat.core.actor import Actor
from mercat.core.list_queries import list_query, query_model
from mercat.core.lists import Kind, ListQuery, ListSpec, Rows, list_rows, stream_rows
from mercat.core.unit import ReadUnit, Runtime
from mercat.sdk.lines import begun, csv_lines, json_lines
from mercat.web.filters import Filter, Pick, made
from mercat.web.pages import Page
from mercat.web.paging import AT, pages_of, place_of

# Where a list stands in its own address: these are kept apart from what narrows it.
_OPEN = "open"
_PLACE = {"page", "cursor", _OPEN, AT}


@dataclass(frozen=True)
class Column:
    """A column: ``field`` of the row, drawn by the macro ``shows`` of ``parts/cells.html`` (or of the page's own cells).

    ``sort``: what the address says to sort by it. ``drops``: the narrower the screen, the more go: those with 1 first.
    """

    field: str
    title: str
    shows: str = "text"
    sort: str = ""
    is_number: bool = False
    drops: int = 0
    # Whether a card, on a phone, says what this is: not where the value says it itself.
    is_labelled: bool = True


@dataclass(frozen=True)
class Action:
    """What can be done with the rows that are selected: a POST of their ids. Shown to whoever holds the permission."""

    title: str
    url: str
    permission: str
    icon: str = "check"
    is_dangerous: bool = False
    # What the button itself sends, besides the rows.
    name: str = ""
    value: str = ""
    # The key that does it with what is selected, or else with the row that one stands on.
    key: str = ""
    # Whether what answers is a page of its own, and not this list again.
    is_page: bool = False


@dataclass(frozen=True)
class View:
    """A list that people come back to, by name."""

    title: str
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Empty:
    """What a list says that holds nothing at all, and what one does about it."""

    title: str
    text: str
    action: str = ""
    url: str = ""
    permission: str | None = None


@dataclass(frozen=True)
class Index:
    """A list as a page shows it. ``url``: of the page; ``row_url``: of a row, with its fields in braces."""

    url: str
    title: str
    one: str
    columns: Sequence[Column]
    empty: Empty
    many: str = ""
    filters: Sequence[Filter] = ()
    views: Sequence[View] = ()
    actions: Sequence[Action] = ()
    row_url: str = ""
    row_id: str = "id"
    # What tells the rows apart for whoever cannot see them; the first column where it is empty.
    row_label: str = ""
    search: str = ""
    # The order that is meant when none is asked for, in words.
    usual_order: str = "Newest first"
    # What is sorted by then; the list's own order where it is empty.
    usual_sort: str = ""
    sorts: Sequence[tuple[str, str]] = ()
    # The page's own parameters: they stay in the address, and narrow nothing.
    own: Sequence[str] = ()
    # Whether the whole list is there as CSV and JSON Lines, at the same address with an ending.
    has_files: bool = True
    # What a POST of selected rows changes on the page, besides the table.
    swaps: str = "#index"
    # Fields that are no columns, but that a cell or an address is made of.
    also: Sequence[str] = ()
    # Whether a row opens in its place: the cells' macro ``detail`` draws what is in it.
    expands: bool = False
    # The field that tells in the address which row is open; ``row_id`` where it is empty.
    opens_by: str = ""

    def fields(self) -> tuple[str, ...]:
        """The fields of a row that are needed to draw it."""
        return tuple(dict.fromkeys([self.row_id, *(each.field for each in self.columns), *self.also]))

    def short(self, row: Mapping[str, Any]) -> str:
        """What the address calls a row that is open: ids differ in their ends."""
        return str(row[self.opens_by or self.row_id])[-8:]


@dataclass(frozen=True)
class Asked:
    """What the address asks of a list, and what of it could not be read."""

    of: BaseModel
    given: Sequence[tuple[str, str]]
    ignored: Sequence[str]


@dataclass(frozen=True)
class Table:
    """The facts that ``parts/index.html`` draws."""

    index: Index
    page: Page
    rows: Sequence[Mapping[str, Any]]
    total: int
    is_exact_total: bool
    number: int
    per_page: int
    asked: Asked
    # The ids of the first and the last row that are shown, where pages can be told by them.
    ends: tuple[UUID | None, UUID | None] = (None, None)
    has_more: bool = False

    @property
    def is_at_end(self) -> bool:
        """Whether it was read from the end, so that nobody knows the numbers of its rows."""
        return self.number == 0

    @property
    def first(self) -> int:
        """The number of the first row that is shown."""
        return (self.number - 1) * self.per_page + 1

    @property
    def last(self) -> int:
        """The number of the last one."""
        return self.first + len(self.rows) - 1

    @property
    def has_next(self) -> bool:
        """Whether another page follows."""
        if self.ends[1] is not None:
            return self.has_more
        return self.last < self.total or (not self.is_exact_total and len(self.rows) == self.per_page)

    @property
    def pages(self) -> list[tuple[str, str, str]]:
        """Where one can go on from here (see ``paging``)."""
        return pages_of(self)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the order was asked for."""
        return any(name not in {"sort", "per_page", *_PLACE, *self.index.own} - {"q"} for name, _ in self.asked.given)

    @property
    def sort(self) -> str:
        """What is sorted by; empty for the list's own order."""
        return next((value for name, value in self.asked.given if name == "sort"), "")

    @property
    def opened(self) -> str:
        """The row that is open; without the script one at a time is."""
        return next((value for name, value in self.asked.given if name == _OPEN), "")

    @property
    def opened_row(self) -> Mapping[str, Any] | None:
        """The same as a row, where it is on this page."""
        return next((row for row in self.rows if self.index.short(row) == self.opened), None) if self.opened else None

    @property
    def q(self) -> str:
        """The words that are looked for."""
        return next((value for name, value in self.asked.given if name == "q"), "")

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What of the address the filters do not hold, and has to go on with them."""
        return [(name, value) for name, value in self.asked.given if name in {*self.index.own, "per_page"} - {"q"}]

    @property
    def picks(self) -> list[Pick]:
        """The filters as they stand."""
        return [made(each, self.asked.given, self) for each in self.index.filters]

    @property
    def views(self) -> list[tuple[str, str, bool]]:
        """Title, address and whether it is the one that is shown."""
        narrowed = {(name, value) for name, value in self.asked.given if name not in {"sort", "per_page", *_PLACE}}
        return [
            (view.title, self.at(view.query.items()), narrowed == set(view.query.items())) for view in self.index.views
        ]

    @property
    def actions(self) -> list[Action]:
        """What whoever looks may do with rows."""
        return [each for each in self.index.actions if self.page.may(each.permission)]

    @property
    def sorts(self) -> list[tuple[str, str]]:
        """What one may sort by: what the address says, and its words."""
        said = [("", "Best match" if self.q else self.index.usual_order)]
        for column in self.index.columns:
            if column.sort:
                ways = ("lowest first", "highest first") if column.is_number else ("A to Z", "Z to A")
                ways = ("oldest first", "latest first") if column.shows == "time" else ways
                said += [(column.sort, f"{column.title}, {ways[0]}"), (f"-{column.sort}", f"{column.title}, {ways[1]}")]
        return [*said, *self.index.sorts]

    def at(self, pairs: Iterable[tuple[str, str]]) -> str:
        """The list's address with this query; what is empty leaves no trace."""
        query = urlencode([(name, value) for name, value in pairs if value != ""])
        return self.index.url + (f"?{query}" if query else "")

    def with_(self, **other: str) -> str:
        """The address with some of it changed; from the first page on, unless that is what changes."""
        gone = {*other, "page", _OPEN, AT}
        return self.at([*((name, value) for name, value in self.asked.given if name not in gone), *other.items()])

    def opening(self, row: str) -> str:
        """The same address with a row open, or none, relative to the page's own."""
        kept = [(name, value) for name, value in self.asked.given if name != _OPEN]
        return f"?{urlencode([*kept, *([(_OPEN, row)] if row else [])])}"

    def without(self, *names: str) -> str:
        """The address without these."""
        return self.at([(name, value) for name, value in self.asked.given if name not in {*names, "page", _OPEN, AT}])

    def sorted_by(self, column: Column) -> tuple[str, str]:
        """How a column is sorted now (as ``aria-sort`` says it), and the address that turns it round."""
        if self.sort == column.sort:
            return "ascending", self.with_(sort=f"-{column.sort}")
        if self.sort == f"-{column.sort}":
            return "descending", self.with_(sort=column.sort)
        return "", self.with_(sort=column.sort)

    def file(self, ending: str) -> str:
        """The address of all of it as a file."""
        kept = [(name, value) for name, value in self.asked.given if name not in {*_PLACE, "per_page", "sort"}]
        query = urlencode(kept)
        return f"{self.index.url}.{ending}" + (f"?{query}" if query else "")

    def href(self, row: Mapping[str, Any]) -> str:
        """The address of a row."""
        return self.index.row_url.format_map({name: quote(str(value), safe="") for name, value in row.items()})


def read(request: Request, model: type[BaseModel], own: Sequence[str] = ()) -> Asked:
    """What the address asks. What it cannot mean is left out and named, so that an old link still shows something.

    ``own``: parameters of the page itself.
    """
    given = [(name, value.strip()) for name, value in request.query_params.multi_items() if value.strip()]
    ignored: list[str] = []
    while True:
        try:
            narrowing = [(name, value) for name, value in given if name not in own]
            return Asked(model.model_validate(_by_name(narrowing, model)), given, ignored)
        except ValidationError as wrong:
            names = {str(fault["loc"][0]) for fault in wrong.errors()}
            ignored += [f"{name}={value}" for name, value in given if name in names]
            given = [(name, value) for name, value in given if name not in names]


def _by_name(given: Sequence[tuple[str, str]], model: type[BaseModel]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in given:
        if "list[" in str(model.model_fields[name].annotation) if name in model.model_fields else False:
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


class Listed:
    """A table whose rows are a list of the house (``ListSpec``): all that a page of it needs."""

    def __init__(self, spec: ListSpec, index: Index) -> None:
        self.spec = spec
        self.index = index
        self.model = query_model(index.one.title().replace(" ", ""), spec)

    def table(self, unit: ReadUnit, page: Page, **fixed: Any) -> Table:
        """What the address asks for. ``fixed``: fields that this page is about, whatever the address says."""
        return self.table_of(unit, page, self.spec, self.index, **fixed)

    def table_of(
        self, unit: ReadUnit, page: Page, spec: ListSpec, index: Index, *, needed: Sequence[str] = (), **fixed: Any
    ) -> Table:
        """The same of a list that is narrowed, or shown at another address. ``needed``: fields besides the columns' own."""
        asked = read(page.request, self.model, _own(index))
        return table_of(index, page, asked, list_rows(unit, spec, self._query(asked, fixed, needed)))

    def file(self, page: Page, runtime: Runtime, caller: Actor, ending: str, **fixed: Any) -> Response:
        """All of it, however long, as ``csv`` or ``jsonl``."""
        query = self._query(read(page.request, self.model, _own(self.index)), fixed)
        return lines(self.spec.name, ending, self.index.fields(), stream_rows(runtime, caller, self.spec, query))

    def _query(self, asked: Asked, fixed: Mapping[str, Any], needed: Sequence[str] = ()) -> ListQuery:
        query = list_query(self.spec, asked.of)
        wanted = [name for name in (*self.index.fields(), *needed) if name in self.spec.fields]
        equal = {**query.equal, **{name: [value] for name, value in fixed.items()}}
        sort = query.sort or self.index.usual_sort or None
        query = replace(query, equal=equal, sort=sort, fields=wanted)
        place = place_of(asked.given) if sort is None else None
        if place is None:
            return query
        side, row = place
        return replace(query, cursor=row, has_cursor=True, is_back=side != "after")


def _own(index: Index) -> tuple[str, ...]:
    return (*index.own, AT, *((_OPEN,) if index.expands else ()))


def table_of(index: Index, page: Page, asked: Asked, rows: Rows) -> Table:
    """The table of a page of plain rows."""
    place = place_of(asked.given)
    is_numbered = place is None or any(name == "page" for name, _ in asked.given)
    table = Table(index, page, rows.data, rows.total, rows.is_exact_total, rows.page, rows.per_page, asked)
    if rows.first is None or rows.is_exact_total:
        return table
    number = rows.page if is_numbered else 0
    return replace(table, number=number, ends=(rows.first, rows.last), has_more=rows.next_cursor is not None)


def lines(name: str, ending: str, fields: Sequence[str], chunks: Iterator[list[dict[str, Any]]]) -> Response:
    """Rows as a file that a browser keeps."""
    if ending == "csv":
        body, kind = csv_lines(fields, chunks), "text/csv; charset=utf-8"
    else:
        body, kind = json_lines(chunks), "application/jsonl"
    return StreamingResponse(
        begun(body), media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    )


__all__ = ["Action", "Asked", "Column", "Empty", "Filter", "Index", "Kind", "Listed", "Table", "View", "lines", "read"]
