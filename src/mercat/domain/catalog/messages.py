"""What the catalogue says to the rooms above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from mercat.core.jobs import Message
from mercat.sdk.records import ProductRecord


class StatementApplied(NamedTuple):
    """A source's statement that now stands. ``variant_ids`` goes beside the record's variants."""

    change_id: bytes
    key: str
    digest: int | None
    product_id: bytes
    variant_ids: Sequence[bytes]
    record: ProductRecord


# NamedTuple's own constructor is a Python function; this one stays in C, a million times per first load.
applied_of: Callable[[tuple[Any, ...]], StatementApplied] = partial(tuple.__new__, StatementApplied)


@dataclass(frozen=True)
class StatementsApplied:
    """Statements of one set that were applied: a chunk of them.

    ``is_first_load``: the catalogue was empty, and the tables that fill along with it have no indexes just now.
    """

    change_set_id: UUID
    source: str
    statements: Sequence[StatementApplied]
    is_first_load: bool = False


@dataclass(frozen=True)
class OffersMissing:
    """Keys that a complete feed no longer has, with the variants they stood for."""

    source: str
    keys: Sequence[str]


@dataclass(frozen=True)
class StatementsWithdrawn:
    """Statements that stand no longer, with those of the same source and key that take their place."""

    source: str
    keys: Sequence[str]
    successors: Sequence[StatementApplied]


@dataclass(frozen=True)
class ProductsChanged:
    """Products that were created, changed or removed by one change set.

    ``product_ids`` are those that were there before, or were removed. Of those that are new it is only said how many:
    a first load creates a million, and their ids stand in the set's own changes.
    """

    change_set_id: UUID
    product_ids: Sequence[bytes]
    created: int = 0


@dataclass(frozen=True)
class DecideSet(Message, kind="catalog.decide", queue="feeds"):
    """Carry out a person's verdict on a change set: approve, reject or undo."""

    change_set: str
    verdict: str

    @property
    def title(self) -> str:
        return f"{self.verdict} change set {self.change_set[-8:]}"
