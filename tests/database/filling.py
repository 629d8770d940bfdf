"""Rows for every table there is, of every kind of value, odd ones among them."""

from __future__ import annotations

import datetime as dt
import json
import random
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Table
from sqlalchemy.dialects import mysql

from mercat.core.database.base import Base
from mercat.core.database.partitions import ensure_partitions, month_of
from mercat.core.database.rows import shape_of
from mercat.core.ids import new_id
from mercat.core.unit import Runtime
from mercat.domain import register_tables

TEXTS = (
    "plain",
    "",
    " blanks ",
    "tab\tnew\nline\r\nback\\slash \\N \\.",
    "quotes ' \" ` ; -- /* %s ? :x {0}",
    "Größe – 特大 🙂 ﷽",
    "a,b;c|d",
    "=1+1",
    "NULL",
    "\\x00 u0000",
    "0012",
    "1e5",
    "true",
    "2026-11-21",
)
OBJECTS: tuple[Any, ...] = ({}, [], {"b": 1, "a": [None, True, 1.5, "x"]}, ["ü", "\\"], "text", 7)
_CHOICES = re.compile(r"(\w+) IN \((.*?)\)")
# What a check asks of several columns together.
_FIXED: dict[str, dict[str, Any]] = {
    "schedules": {"cron": "0 4 * * *", "every_s": None},
    "user_settings": {"quiet_from": None, "quiet_to": None},
    "alerts": {"status": "open", "resolved_at": None},
    "sync_history": dict.fromkeys(
        ("total_items", "items_processed", "items_successful", "items_failed", "items_skipped"), 0
    ),
}


def fill(runtime: Runtime, seed: int, *, rows: int = 3) -> None:
    """Put some rows into each table, each of them pointing to rows that are there."""
    register_tables()
    chance = random.Random(seed)
    ids: dict[str, list[UUID]] = {}
    with runtime.write() as unit:
        for table in Base.metadata.sorted_tables:
            made = [_row(table, chance, ids, number) for number in range(rows)]
            ids[table.name] = [each["id"] for each in made if "id" in each]
            if table.name == "product_snapshots":
                ensure_partitions(unit.bulk, table.name, {month_of(each["scraped_at"]) for each in made})
            unit.session.execute(table.insert(), made)


def _row(table: Table, chance: random.Random, ids: dict[str, list[UUID]], number: int) -> dict[str, Any]:
    choices = _choices(table)
    kinds = {each.name: each.kind for each in shape_of(table).columns}
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.foreign_keys:
            [key] = column.foreign_keys
            parents: Sequence[Any] = ids.get(key.column.table.name) or [None]
            row[column.name] = parents[number % len(parents)]
        else:
            row[column.name] = _value(column, kinds[column.name], choices, chance, number)
    return {**row, **_FIXED.get(table.name, {})}


def _choices(table: Table) -> dict[str, list[str]]:
    found = {}
    for each in table.constraints:
        if isinstance(each, CheckConstraint):
            for name, listed in _CHOICES.findall(str(each.sqltext)):
                found[name] = [value.strip().strip("'") for value in listed.split(",")]
    return found


def _value(column: Column[Any], kind: str, choices: dict[str, list[str]], chance: random.Random, number: int) -> Any:
    if column.name in choices:
        return chance.choice(choices[column.name])
    if column.nullable and chance.random() < 0.3 and not column.name.endswith("_id"):
        return None
    return _plain(column, kind, chance, number)


def _plain(column: Column[Any], kind: str, chance: random.Random, number: int) -> Any:
    at = dt.datetime(2025, 1, 1, 12, tzinfo=dt.UTC) + dt.timedelta(days=number, microseconds=chance.randrange(10**6))
    length = getattr(column.type, "length", None) or 200
    return {
        "id": new_id,
        "amount": lambda: Decimal(chance.randrange(10_000)).scaleb(-4),
        "time": lambda: at,
        "day": at.date,
        "boolean": lambda: chance.random() < 0.5,
        "json": lambda: chance.choice(OBJECTS),
        "object": lambda: chance.choice(OBJECTS[:3]),
        "bytes": lambda: chance.randbytes(40),
        "float": lambda: chance.random() * 1000,
        "integer": lambda: number + 1,
        "text": lambda: _text(chance, number, length, is_ascii=_is_ascii(column)),
    }[kind]()


def _is_ascii(column: Column[Any]) -> bool:
    return getattr(column.type.dialect_impl(mysql.dialect()), "charset", None) == "ascii"


def _text(chance: random.Random, number: int, length: int, *, is_ascii: bool) -> str:
    if is_ascii:
        return f"{number}{chance.randrange(10**9)}"[:length]
    # Different for each row, for unique columns.
    return f"{number}{chance.randrange(10**6)}{chance.choice(TEXTS)}"[:length].rstrip() or json.dumps(number)
