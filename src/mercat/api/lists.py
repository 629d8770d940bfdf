"""Lists over HTTP: a list's own fields as query parameters, and pages, CSV or JSON Lines of it as answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Query
from pydantic import BaseModel, Field, create_model
from starlette.requests import Request
from starlette.responses import Response

from mercat.api.answers import CSV, JSONL, answer, download
from mercat.api.routes import Caller, House, Room, needs
from mercat.core.actor import Actor
from mercat.core.list_queries import KINDS, list_query, query_model
from mercat.core.lists import Kind, ListQuery, ListSpec, Rows, list_rows, stream_rows
from mercat.core.unit import Runtime
from mercat.sdk.lines import csv_lines, json_lines

_HELP = (
    "A page of {words}, {order} first unless `sort` says otherwise. A field's name narrows to any of its values. "
    "With `cursor` instead of `page` the whole list is walked through, however long it is."
)
_LINES = {
    "description": "All of it, a line each",
    "content": {"text/csv": {"schema": {"type": "string"}}, JSONL: {"schema": {"type": "string"}}},
}


class Listed(BaseModel):
    """What every list answers with."""

    total: int = Field(description="exact up to 10,000")
    is_exact_total: bool = Field(default=True, description="false: there are more than `total`")
    page: int | None = Field(description="null where a cursor was used")
    per_page: int
    next: str | None = Field(description="the address of the next page")
    prev: str | None = Field(description="the address of the page before")


def page_links(request: Request, *, page: int, pages: int) -> dict[str, str | None]:
    """The addresses of the neighbouring pages."""
    return {
        "next": _link(request, page=str(page + 1)) if page < pages else None,
        "prev": _link(request, page=str(page - 1)) if page > 1 else None,
    }


def _link(request: Request, **other: str) -> str:
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in other]
    return f"{request.scope['path']}?{urlencode([*kept, *other.items()])}"


def _page_answer(request: Request, rows: Rows, query: ListQuery) -> Response:
    facts: dict[str, Any] = {"total": rows.total, "is_exact_total": rows.is_exact_total}
    if query.has_cursor:
        following = _link(request, cursor=str(rows.next_cursor)) if rows.next_cursor else None
        facts |= {"page": None, "per_page": rows.per_page, "next": following, "prev": None}
    else:
        pages = -(-rows.total // rows.per_page)
        more = rows.page < pages or (not rows.is_exact_total and len(rows.data) == rows.per_page)
        links = page_links(request, page=rows.page, pages=rows.page + 1 if more else rows.page)
        facts |= {"page": rows.page, "per_page": rows.per_page, **links}
    return answer({"data": rows.data, **facts})


def wanted_format(request: Request) -> str:
    """CSV or JSON Lines where the client accepts nothing else, JSON otherwise."""
    accepted = request.headers.get("accept", "").lower()
    if "json" in accepted.replace("jsonl", "").replace("ndjson", "") or "*/*" in accepted:
        return "json"
    if "text/csv" in accepted:
        return "csv"
    return "jsonl" if "jsonl" in accepted or "ndjson" in accepted else "json"


def stream(request: Request, caller: Any, spec: ListSpec, query: ListQuery, format: str) -> Response:
    """The whole list, however long, a thousand rows at a time."""
    runtime = request.app.state.runtime
    chunks = stream_rows(runtime, caller, spec, query)
    name = f"{spec.name}.{format}"
    if format == "csv":
        return download(csv_lines(query.fields or spec.shown, chunks), CSV, name)
    return download(json_lines(chunks), JSONL, name)


def in_lines(permission: str) -> dict[str, Any]:
    """What a route says of itself that gives a whole list as CSV or JSON Lines."""
    said = needs(permission, refusals=(401, 403, 404, 422, 429))
    return {**said, "responses": {**said["responses"], 200: _LINES}}


def add_list(router: Room, path: str, spec: ListSpec, *, name: str, days: str | None = None) -> None:
    """Routes for a list: pages as JSON, all of it as CSV and JSON Lines by ``Accept`` or by the ending.

    ``name``: what an item is called, such as ``Job``. ``days``: the field that the parameter of this name counts back from.
    """
    asked_model = query_model(name, spec)
    if days is not None:
        counted = Field(None, ge=1, le=3660, description=f"{days} in the last so many days")
        asked_model = create_model(f"{name}DaysQuery", __base__=asked_model, days=(int | None, counted))
    item = item_model(name, spec)
    page_model = create_model(f"{name}Page", __base__=Listed, data=(list[item], ...))  # type: ignore[valid-type]  # made from the list's own fields

    def list_(request: Request, runtime: House, caller: Caller, asked: Any) -> Response:
        query = query_of(runtime, caller, asked)
        format = wanted_format(request)
        if format != "json":
            return stream(request, caller, spec, query, format)
        with runtime.read(caller) as unit:
            rows = list_rows(unit, spec, query)
        return _page_answer(request, rows, query)

    def file(request: Request, runtime: House, caller: Caller, format: Literal["csv", "jsonl"], asked: Any) -> Response:
        return stream(request, caller, spec, query_of(runtime, caller, asked), format)

    def query_of(runtime: Runtime, caller: Actor, asked: Any) -> ListQuery:
        query = list_query(spec, asked)
        if days is None or asked.days is None:
            return query
        with runtime.read(caller) as unit:
            since = unit.now - dt.timedelta(days=asked.days)
        return replace(query, least={**query.least, days: since})

    for function in (list_, file):
        function.__annotations__["asked"] = Annotated[asked_model, Query()]
    words = spec.name.replace("-", " ")
    stem = spec.name.replace("-", "_")
    router.get(
        path,
        name=f"list_{stem}",
        summary=f"List {words}",
        description=_HELP.format(words=words, order="newest" if spec.is_newest_first else "oldest"),
        response_model=page_model,
        **needs(spec.permission, refusals=(401, 403, 422, 429)),
    )(list_)
    router.get(
        path + ".{format}",
        name=f"download_{stem}",
        summary=f"All {words} as CSV or JSON Lines",
        description=f"All {words} that fit, however many, a line each, in the order of their making.",
        response_class=Response,
        **in_lines(spec.permission),
    )(file)


def item_model(name: str, spec: ListSpec) -> type[BaseModel]:
    """An item of a list: any field may be missing where ``fields`` leaves it out, or empty."""
    given: dict[str, Any] = {}
    for field_name, field in spec.fields.items():
        kind = Any if field.kind is Kind.JSON else KINDS[field.kind]
        kind = str if kind is Decimal else kind
        given[field_name] = (Any if kind is Any else kind | None, Field(None, description=field.help or None))
    return create_model(name, **given)


__all__: Sequence[str] = ["Listed", "add_list", "in_lines", "item_model", "page_links", "stream", "wanted_format"]
