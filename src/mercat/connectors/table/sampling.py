"""A column as its sample shows it: how full, how long, and of what kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mercat.connectors.table import cells as cell_values
from mercat.connectors.table.cells import Cell
from mercat.connectors.table.flattening import cell_of, flatten
from mercat.connectors.table.transforms import measure
from mercat.sdk.values import decimal_text, gtin

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
_URL = re.compile(r"(?:https?:)?//\S+", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
_COMMA_DECIMAL = re.compile(r"(?:^|[^0-9.,])\d{1,3}(?:\.\d{3})+,\d+|(?:^|[^0-9.,])\d+,(?:\d{1,2}|\d{4,})(?!\d)")
_POINT_DECIMAL = re.compile(r"(?:^|[^0-9.,])\d{1,3}(?:,\d{3})+\.\d+|(?:^|[^0-9.,])\d+\.(?:\d{1,2}|\d{4,})(?!\d)")
_MAX_SHOWN = 80
_SHOWN = 3
# So many values tell how good a column of codes is.
_ENOUGH = 200


@dataclass(frozen=True)
class Sample:
    """The non-empty cells of one column among ``rows`` rows. ``typed`` are the values as a keyed file types them."""

    name: str
    values: list[Cell]
    rows: int
    typed: frozenset[str] = frozenset()

    @cached_property
    def texts(self) -> list[str]:
        """The cells as text, lists joined."""
        return [cell_values.one(value) for value in self.values]

    @property
    def filled(self) -> float:
        """The share of rows that have a value."""
        return len(self.values) / self.rows if self.rows else 0.0

    @property
    def mean_length(self) -> float:
        """Mean number of characters of the values."""
        return sum(map(len, self.texts)) / len(self.values) if self.values else 0.0

    @property
    def distinct(self) -> float:
        """The share of values that differ from all others before them."""
        return len(set(self.texts)) / len(self.values) if self.values else 0.0

    def share(self, fits: Callable[[str], object]) -> float:
        """The share of the first values for which ``fits`` answers something true; a ``ValueError`` is a no."""
        texts = self.texts[:_ENOUGH]
        return sum(_holds(fits, text) for text in texts) / len(texts) if texts else 0.0

    def shown(self) -> list[str]:
        """A few different values, shortened, for people."""
        return [text[:_MAX_SHOWN] for text in dict.fromkeys(self.texts)][:_SHOWN]


def _holds(fits: Callable[[str], object], text: str) -> bool:
    try:
        return bool(fits(text))
    except ValueError:
        return False


def of_table(header: Sequence[str], rows: Sequence[list[str]]) -> list[Sample]:
    """One sample per column of a table."""
    columns: list[list[Cell]] = [[] for _ in header]
    for row in rows:
        for column, cell in zip(columns, row, strict=False):
            if cell and not cell.isspace():
                column.append(cell)
    return [Sample(name, column, len(rows)) for name, column in zip(header, columns, strict=True)]


def of_records(records: Sequence[dict[str, Any]]) -> list[Sample]:
    """One sample per path of keyed records, in the order of their first appearance."""
    values: dict[str, list[Cell]] = {}
    types: dict[str, set[str]] = {}
    for record in records:
        for path, value in flatten(record).items():
            cell = cell_of(value)
            kept = values.setdefault(path, [])
            if cell:
                kept.append(cell)
                types.setdefault(path, set()).add(type(value).__name__)
    return [Sample(path, kept, len(records), frozenset(types.get(path, ()))) for path, kept in values.items()]


# Kinds in the order in which they are tried, each with the test that every value must pass.
_KINDS: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("boolean", lambda text: text.lower() in ("true", "false", "yes", "no")),
    ("date", _DATE.fullmatch),
    ("date_time", _INSTANT.fullmatch),
    ("gtin", lambda text: gtin(text)[0]),
    ("integer", _INTEGER.fullmatch),
    ("decimal", lambda text: not _leads_with_zero(text) and decimal_text(text)),
    ("measure", lambda text: measure(text)[1]),
    ("url", _URL.fullmatch),
)


def _leads_with_zero(text: str) -> bool:
    return len(text) > 1 and text[0] == "0" and text[1].isdigit()


def _kind_of_texts(texts: tuple[str, ...]) -> str:
    for kind, fits in _KINDS:
        # A broken barcode among good ones is dirt; a word among numbers means that the column is text.
        if kind == "gtin":
            if sum(_holds(fits, text) for text in texts[:_ENOUGH]) >= 0.8 * len(texts[:_ENOUGH]):
                return kind
        elif all(_holds(fits, text) for text in texts):
            return kind
    if sum(1 for text in texts if _TAG.search(text)) > 0.2 * len(texts):
        return "html"
    return "lines" if any("\n" in text.strip() for text in texts) else "text"


def kind_of(sample: Sample) -> str:
    """What all values of the sample are: a kind from above, ``list``, ``html``, ``lines``, ``text`` or ``empty``."""
    if not sample.values:
        return "empty"
    if any(isinstance(value, list) for value in sample.values) or all(map(_is_array, sample.texts)):
        return "list"
    return _kind_of_texts(tuple(sample.texts))


def _is_array(text: str) -> bool:
    return text.startswith("[") and text.endswith("]") and len(cell_values.many(text, ())) > 0


_METAFIELD_TYPES = {
    "boolean": "boolean",
    "date": "date",
    "date_time": "date_time",
    "integer": "number_integer",
    "decimal": "number_decimal",
    "url": "url",
    "list": "list.single_line_text_field",
    "html": "multi_line_text_field",
    "lines": "multi_line_text_field",
}


def metafield_type_of(sample: Sample, kind: str) -> str:
    """The Shopify metafield type for a column that has no other place. Few values prove no type: then it is text."""
    if kind in ("boolean", "date", "date_time", "integer", "decimal") and len(sample.values) < 3:
        return "single_line_text_field"
    return _METAFIELD_TYPES.get(kind, "single_line_text_field")


def decimal_comma_of(samples: Iterable[Sample]) -> bool | None:
    """Whether the amounts are written with a decimal comma; ``None`` where they do not tell or disagree."""
    votes = Counter[bool]()
    for sample in samples:
        for text in sample.texts:
            if _COMMA_DECIMAL.search(text):
                votes[True] += 1
            elif _POINT_DECIMAL.search(text):
                votes[False] += 1
    if votes[True] and not votes[False]:
        return True
    return False if votes[False] and not votes[True] else None
