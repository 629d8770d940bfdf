"""Conditions that mean the same on every database: texts to the letter, numbers and amounts exactly.

Each is SQL as ``Bulk`` takes it, and its parameters. ``column`` is an expression of ours, never one that somebody typed.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from mercat.core.database.bulk import Bulk

Condition = tuple[str, list[Any]]
NUMBER_PLACES = 9


def is_text(bulk: Bulk, column: str, text: str) -> Condition:
    """The column is this text."""
    if bulk.is_sqlite or bulk.is_postgres:
        return f"{column} = ?", [text]
    # MariaDB does not count blanks at the end where it compares, and LIKE is served by no index.
    return f"({column} = ? AND {column} LIKE ?)", [text, _escaped(text)]


def holds_text(bulk: Bulk, column: str, text: str) -> Condition:
    """The text occurs in the column."""
    if bulk.is_sqlite:  # whose LIKE folds a-z only
        return f"instr({column}, ?) > 0", [text]
    return f"{column} LIKE ?", [f"%{_escaped(text)}%"]


def begins_with_text(bulk: Bulk, column: str, text: str) -> Condition:
    """The column begins with the text."""
    if bulk.is_sqlite:
        return f"substr({column}, 1, ?) = ?", [len(text), text]
    return f"{column} LIKE ?", [f"{_escaped(text)}%"]


def holds_item(bulk: Bulk, column: str, condition: Callable[[str], Condition]) -> Condition:
    """Some item of a JSON list of texts fulfils the condition, which is made of what the item is called."""
    items, item = f"json_each({column}) AS item", "item.value"
    if bulk.is_postgres:
        items, item = f"json_array_elements_text({column}) AS item(said)", "item.said"
    elif not bulk.is_sqlite:
        columns = "COLUMNS (said LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$')"
        items, item = f"JSON_TABLE({column}, '$[*]' {columns}) AS item", "item.said"
    where, parameters = condition(item)
    return f"EXISTS (SELECT 1 FROM {items} WHERE {where})", parameters


def compares_amount(bulk: Bulk, column: str, sign: str, amount: str) -> Condition:
    """An amount compared by ``<``, ``=`` or ``>`` with decimal text."""
    given = "?" if bulk.is_sqlite or bulk.is_postgres else "CAST(? AS DECIMAL(19,4))"  # text would make it a float
    return f"{column} {sign} {given}", [bulk.amount(amount)]


def compares_number(bulk: Bulk, column: str, sign: str, number: Decimal) -> Condition:
    """A number that is kept as plain decimal text of at most nine places, compared by ``<`` or ``>``."""
    if not bulk.is_sqlite:
        kind = "numeric" if bulk.is_postgres else f"DECIMAL(30,{NUMBER_PLACES})"
        return f"CAST({column} AS {kind}) {sign} CAST(? AS {kind})", [str(number)]
    # SQLite has no decimals: the whole part is compared, then the billionths, both with the sign of the number.
    pointed = f"({column} || CASE WHEN instr({column}, '.') > 0 THEN '' ELSE '.' END || '{'0' * NUMBER_PLACES}')"
    billionths = f"substr({pointed}, instr({pointed}, '.') + 1, {NUMBER_PLACES})"
    negative = f"CASE WHEN substr({column}, 1, 1) = '-' THEN -1 ELSE 1 END"
    parts = f"(CAST({column} AS INTEGER), CAST({billionths} AS INTEGER) * {negative})"
    whole = int(number)
    return f"{parts} {sign} (?, ?)", [whole, int((number - whole).scaleb(NUMBER_PLACES))]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
