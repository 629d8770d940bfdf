"""Paging: one shape for scripts, the command line and, later, API and web."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from mercat.core.errors import Invalid

T = TypeVar("T")
MOST_PER_PAGE = 1000


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list: ``data``, the ``total`` behind it, and where it lies (pages count from 1)."""

    data: list[T]
    total: int
    page: int
    per_page: int

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.per_page))

    def __iter__(self) -> Iterator[T]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


def offset(page: int, per_page: int) -> int:
    """Rows to pass over. Raises ``Invalid`` for a page that cannot be."""
    if page < 1 or not 1 <= per_page <= MOST_PER_PAGE:
        message = f"page counts from 1 and per_page goes from 1 to {MOST_PER_PAGE}; got {page} and {per_page}"
        raise Invalid(message)
    return (page - 1) * per_page
