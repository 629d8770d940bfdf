"""Where one can go on from in a list: by the number of a page, or from a row where the list is too long to be counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

# From which row on: ``after:<id>``, ``before:<id>`` or ``end``.
AT, _END = "at", "end"


class Listed(Protocol):
    """What of a table its pages are told by. ``number`` is 0 where it was read from the end; ``ends``: the first row and the last."""

    @property
    def number(self) -> int:
        """Of this page."""

    @property
    def is_exact_total(self) -> bool:
        """Whether all of it was counted."""

    @property
    def has_next(self) -> bool:
        """Whether another page follows."""

    @property
    def ends(self) -> tuple[UUID | None, UUID | None]:
        """The ids of what is shown first and last, where pages can be told by them."""

    def with_(self, **other: str) -> str:
        """The address with some of it changed."""


def place_of(given: Sequence[tuple[str, str]]) -> tuple[str, UUID | None] | None:
    """Where an address wants to go on; what cannot be read is no place."""
    said = next((value for name, value in given if name == AT), "")
    side, _, row = said.partition(":")
    if said == _END:
        return _END, None
    try:
        return (side, UUID(row)) if side in {"after", "before"} else None
    except ValueError:
        return None


def pages_of(table: Listed) -> list[tuple[str, str, str]]:
    """Where one can go on from here: ``prev``, ``next`` or ``last``, the words for it, and the address.

    Whoever goes on from a row of a long list waits no longer for the thousandth page than for the second.
    """
    number, (first, last) = table.number, table.ends
    found = []
    if number > 1 or (number == 0 and first):
        found.append(("prev", "Previous", _page(table, number - 1, "before", first)))
    if table.has_next:
        found.append(("next", "Next", _page(table, number + 1 if number else 0, "after", last)))
        if not table.is_exact_total and last is not None:
            found.append(("last", "Last", table.with_(at=_END)))
    return found


def _page(table: Listed, number: int, side: str, row: UUID | None) -> str:
    by_row = row is not None and not table.is_exact_total and number != 1
    told = {"page": str(number)} if number > 0 else {}
    return table.with_(**told, **({AT: f"{side}:{row}"} if by_row else {}))
