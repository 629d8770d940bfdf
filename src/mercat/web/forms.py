"""Forms that several rooms' pages send: what is done with the selected rows of a list, and what is decided in one click."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Sized
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from mercat.core.errors import Conflict, Invalid
from mercat.web.formats import plural

T = TypeVar("T")
MOST_SELECTED = 1_000
# A toast travels in a cookie, which takes 4 kB.
_MOST_TAKEN_BACK = 100
TakenBack = Annotated[str, Query(max_length=33 * _MOST_TAKEN_BACK)]


class Back(BaseModel):
    """A form that only does something. ``back``: where to go afterwards."""

    back: str = Field("/", max_length=2000)


class Selected(Back):
    """The rows of a list that were selected: their ids."""

    id: list[UUID] = Field(default_factory=list, max_length=MOST_SELECTED)


class Named(Back):
    """The rows of a list that go by a name."""

    id: list[str] = Field(default_factory=list, max_length=MOST_SELECTED)


def each_of(rows: Iterable[T], do: Callable[[T], object]) -> tuple[list[T], list[str]]:
    """Do it with every row that lets it be done: those that did, and what the others said."""
    done, refused = [], []
    for row in rows:
        try:
            do(row)
        except Conflict as conflict:
            refused.append(conflict.message)
        else:
            done.append(row)
    return done, refused


def undo_of(url: str, rows: Sequence[UUID]) -> str | None:
    """The address that takes back what was done with these rows; none for more than fit into a toast."""
    return f"{url}?ids={','.join(each.hex for each in rows)}" if 0 < len(rows) <= _MOST_TAKEN_BACK else None


def taken_back(ids: str) -> list[UUID]:
    """The rows that such an address names. Raises ``Invalid``."""
    try:
        return [UUID(each) for each in ids.split(",")]
    except ValueError as wrong:
        message = "this address names nothing that could be taken back"
        raise Invalid(message, field="ids") from wrong


def said_of(done: int | Sized, refused: list[str], one: str, verb: str, *, many: str | None = None) -> str:
    """What was done, and why not with all: ``3 jobs cancelled. One was not: it is over``."""
    count = done if isinstance(done, int) else len(done)
    if not count and not refused:
        return f"Select {'an' if one[0] in 'aeio' else 'a'} {one} first"
    parts = [f"{plural(count, one, many)} {verb}"] if count or not refused else []
    if refused:
        parts.append(f"{refused[0]}" + (f", and {len(refused) - 1} more" if len(refused) > 1 else ""))
    return ". ".join(each[:1].upper() + each[1:] for each in parts)
