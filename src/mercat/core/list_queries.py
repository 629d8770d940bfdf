"""What is asked of a list, read from a query's texts: one model per list, the same for every door that has addresses."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, create_model

from mercat.core.lists import Kind, ListQuery, ListSpec
from mercat.core.page import MOST_PER_PAGE

PER_PAGE = 50
# How many items a list shows where nothing is asked for: whoever asks may prefer another number.
preferred_per_page: ContextVar[int] = ContextVar("preferred_per_page", default=PER_PAGE)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)?)?")
_FIRST, _LAST = dt.datetime(1, 1, 2, tzinfo=dt.UTC), dt.datetime(9999, 12, 30, tzinfo=dt.UTC)


def _instant(given: Any) -> Any:
    """A date or an instant as RFC 3339 writes it; a number would be taken for seconds since 1970."""
    if isinstance(given, str) and not _RFC3339.fullmatch(given):
        raise ValueError("a time is written like 2026-11-21T14:00:00Z")
    return given


def aware(value: Any) -> Any:
    """A time without a zone is UTC. What lies at the ends of the calendar is drawn in: no database takes it in every zone."""
    if not isinstance(value, dt.datetime):
        return value
    value = value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value
    return min(max(value, _FIRST), _LAST)


Instant = Annotated[dt.datetime, BeforeValidator(_instant), AfterValidator(aware)]
Cursor = UUID | Literal[""]
KINDS: Mapping[Kind, Any] = {
    Kind.TEXT: str,
    Kind.ID: UUID,
    Kind.INTEGER: int,
    Kind.MONEY: Decimal,
    Kind.TIME: Instant,
    Kind.BOOLEAN: bool,
}


class Paging(BaseModel):
    """What every list takes."""

    model_config = ConfigDict(extra="forbid")

    page: int = Field(1, ge=1, le=1_000_000, description="pages count from 1")
    per_page: int = Field(
        default_factory=lambda: preferred_per_page.get(),  # noqa: PLW0108  # pydantic looks at what it calls
        ge=1,
        le=MOST_PER_PAGE,
        description=f"items a page; where it is left out, as many as you prefer, or {PER_PAGE}",
    )


def query_model(name: str, spec: ListSpec) -> type[BaseModel]:
    """The query parameters of a list."""
    given: dict[str, Any] = {}
    for field_name, field in spec.fields.items():
        kind = KINDS.get(field.kind)
        kept = _bounded(kind, field.most)
        one = Literal[tuple(field.choices)] if field.choices else kept
        if field.is_filter:
            given[field_name] = (list[one] | None, Field(None, description=field.help or f"any of these {field_name}"))  # type: ignore[valid-type]  # made from the list's own fields
        if field.is_range:
            given[f"{field_name}_min"] = (kept | None, Field(None, description=f"{field_name} from here on"))
            given[f"{field_name}_max"] = (kept | None, Field(None, description=f"{field_name} up to here"))
    if spec.words:
        given["q"] = (str | None, Field(None, max_length=200, description="words that occur in it"))
    if spec.sorts:
        given["sort"] = (Literal[spec.sorts] | None, Field(None, description="with - the other way round"))
    given["fields"] = (str | None, chosen_fields(spec.fields))
    given["cursor"] = (Cursor | None, Field(None, description="empty for the beginning, then as `next` says"))
    return create_model(f"{name}Query", __base__=Paging, **given)


def _bounded(kind: Any, most: int) -> Any:
    """Numbers that every database can compare with."""
    if kind is int:
        return Annotated[int, Field(ge=-most, le=most)]
    if kind is Decimal:
        return Annotated[Decimal, Field(max_digits=18, decimal_places=4, allow_inf_nan=False)]
    return kind


def chosen_fields(names: Iterable[str]) -> Any:
    """A parameter that names fields, with commas between them."""
    one = "|".join(map(re.escape, names))
    return Field(None, pattern=f"^({one})(,({one}))*$", description="which fields, with commas between them")


def list_query(spec: ListSpec, asked: BaseModel) -> ListQuery:
    """The query behind the parameters. Raises ``Invalid``."""
    given = asked.model_dump(exclude_none=True)
    cursor: UUID | str | None = given.get("cursor")
    return ListQuery(
        equal={name: given[name] for name, field in spec.fields.items() if field.is_filter and given.get(name)},
        least=_ends(spec, given, "min"),
        most=_ends(spec, given, "max"),
        q=given.get("q"),
        sort=given.get("sort"),
        fields=[name.strip() for name in given.get("fields", "").split(",") if name.strip()],
        page=given["page"],
        per_page=given["per_page"],
        cursor=cursor if isinstance(cursor, UUID) else None,
        has_cursor=cursor is not None,
    )


def _ends(spec: ListSpec, given: Mapping[str, Any], end: str) -> dict[str, Any]:
    found = {name: given.get(f"{name}_{end}") for name, field in spec.fields.items() if field.is_range}
    return {name: value for name, value in found.items() if value is not None}
