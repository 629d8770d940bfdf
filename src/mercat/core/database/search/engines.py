"""What the three databases' indexes have in common."""

from __future__ import annotations

from collections.abc import Sequence
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

    def with_code(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents one of whose codes may be the one token of the one need."""

    def in_title(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents that hold all needs as words, or beginnings of words, of the title."""

    def anywhere(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents that hold all needs as words or as fragments."""

    def known(self, bulk: Bulk, words: Sequence[str]) -> list[str]:
        """Those of the words that some document holds, or held."""
