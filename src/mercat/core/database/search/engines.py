"""What the three databases' indexes have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from mercat.core.database.bulk import Bulk
from mercat.core.database.search.asking import Need
from mercat.core.database.search.documents import Kept


@dataclass
class Candidates:
    """Documents that may answer; ``is_whole`` when no others can."""

    kept: list[Kept]
    is_whole: bool


class Engine(Protocol):
    """One database's index."""

    def create(self, connection: Connection) -> None:
        """Create the empty index."""

    def drop(self, connection: Connection) -> None:
        """Drop the index and all that is in it."""

    def put(self, bulk: Bulk, documents: Sequence[Kept]) -> None:
        """Insert or replace one batch; no id comes twice."""

    def remove(self, bulk: Bulk, ids: Sequence[bytes]) -> None:
        """Take documents out."""

    def asking(self, bulk: Bulk) -> AbstractContextManager[None]:
        """Around all questions of one search."""

    def with_code(self, bulk: Bulk, code: str, limit: int) -> Candidates:
        """Documents one of whose codes may be this."""

    def with_code_begun(self, bulk: Bulk, code: str, limit: int) -> Candidates:
        """Documents one of whose codes may begin with this, of three or more characters."""

    def in_title(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents that hold all needs as words, or beginnings of words, of the title."""

    def anywhere(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents that hold all needs as words or as fragments."""


@dataclass
class ByWords:
    """How an index with a sample answers by words: each way gives candidates for needs, up to a limit.

    A list of hits is cheap to begin and dear to finish, and the beginning of a common word has a very long one.
    """

    checked: Callable[[Sequence[Need], Sequence[Need], int], Candidates | None]
    sampled: Callable[[Sequence[Need], int], Candidates]
    every: Callable[[Sequence[Need], int], Candidates]

    def find(self, needs: Sequence[Need], limit: int) -> Candidates:
        """All hits of rare words, checked for beginnings; else as many as the sample has; only then whatever there is.

        Which way it goes does not depend on the limit, so that pages follow each other.
        """
        narrow = [each for each in needs if not each.is_wide]
        if narrow and len(narrow) < len(needs):
            found = self.checked(narrow, [each for each in needs if each.is_wide], limit)
            if found is not None:
                return found
        some = self.sampled(needs, limit)
        if len(some.kept) >= limit:
            return Candidates(some.kept, is_whole=False)
        every = self.every(needs, limit + len(some.kept))
        return Candidates(some.kept + every.kept, every.is_whole)
