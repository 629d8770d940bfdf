"""Forms that several rooms' pages send: what is done with the selected rows of a list, and what is decided in one click."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, Field

from mercat.core.errors import Conflict
from mercat.web.formats import plural

T = TypeVar("T")
MOST_SELECTED = 1_000


class Back(BaseModel):
    """A form that only does something. ``back``: where to go afterwards."""

    back: str = Field("/", max_length=2000)


class Selected(Back):
    """The rows of a list that were selected: their ids."""

    id: list[UUID] = Field(default_factory=list, max_length=MOST_SELECTED)


class Named(Back):
    """The rows of a list that go by a name."""

    id: list[str] = Field(default_factory=list, max_length=MOST_SELECTED)


def each_of(rows: Iterable[T], do: Callable[[T], object]) -> tuple[int, list[str]]:
    """Do it with every row that lets it be done: how many did, and what the others said."""
    done, refused = 0, []
    for row in rows:
        try:
            do(row)
        except Conflict as conflict:
            refused.append(conflict.message)
        else:
            done += 1
    return done, refused


def said_of(done: int, refused: list[str], one: str, verb: str, *, many: str | None = None) -> str:
    """What was done, and why not with all: ``3 jobs cancelled. One was not: it is over``."""
    if not done and not refused:
        return f"Select a {one} first"
    parts = [f"{plural(done, one, many)} {verb}"] if done or not refused else []
    if refused:
        parts.append(f"{refused[0]}" + (f", and {len(refused) - 1} more" if len(refused) > 1 else ""))
    return ". ".join(each[:1].upper() + each[1:] for each in parts)
