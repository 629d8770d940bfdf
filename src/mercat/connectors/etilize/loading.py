"""Brings the files of the relational set into a temporary database, row by row checked against their layout."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mercat.connectors.etilize.layouts import LAYOUTS, OF_PRODUCTS, UNUSED, Layout, TableName, table_name
from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds import Member, ReadOptions, Table, read_table
from mercat.sdk.records import BadRow

_BATCH = 5000
_WHOLE = re.compile(r"\s*\d{1,18}\s*")


class Part(NamedTuple):
    """A member and the table that its name says it is."""

    member: Member
    name: TableName


def parts(members: Sequence[Member], locale: str) -> tuple[list[Part], list[BadRow]]:
    """The members to load for a locale. Raises ``Unreadable`` where its product table is missing.

    A table that comes twice (two deliveries at once) is taken from the later member; that is told.
    """
    chosen: dict[TableName, Part] = {}
    told: list[BadRow] = []
    locales: set[str] = set()
    for member in members:
        name = table_name(member.name)
        if name is None or name.table in UNUSED:
            continue
        if name.table == "product":
            locales.add(name.locale)
        if name.locale not in {"", locale}:
            continue
        if name in chosen:
            told.append(
                _told(chosen[name].member.name, f"replaced by the later delivery of the same table, {member.name}")
            )
            del chosen[name]
        chosen[name] = Part(member, name)
    if not any(name.table == "product" for name in chosen):
        there = ", ".join(sorted(one for one in locales if one)) or "none"
        raise Unreadable(
            f"there is no product table for the locale {locale} (found: {there}): set `locale`, or complete the set"
        )
    return list(chosen.values()), told


def load(database: sqlite3.Connection, chosen: Sequence[Part], encoding: str | None) -> Iterator[BadRow]:
    """Fill the database; what does not fit its layout comes back."""
    for name, layout in LAYOUTS.items():
        columns = ", ".join(
            f"{column} INTEGER" if at < layout.keys else column for at, column in enumerate(layout.columns)
        )
        database.execute(f"CREATE TABLE {name} (line INTEGER, part, {columns})")
    database.execute("BEGIN")
    for part in chosen:
        if part.member.size == 0:
            yield _told(part.member.name, "the file is empty")
            continue
        options = ReadOptions(format="csv", header=False, delimiter=",", encoding=encoding)
        yield from _load(database, part, read_table(part.member, options))
    database.execute("COMMIT")
    for name in OF_PRODUCTS:
        database.execute(f"CREATE INDEX of_{name} ON {name} (productid)")
    database.execute("CREATE INDEX of_product ON product (productid)")
    for name in ("attributenames", "categorynames", "headernames", "unitnames", "category", "manufacturer", "units"):
        database.execute(f"CREATE INDEX of_{name} ON {name} ({LAYOUTS[name].columns[0]})")
    database.execute("CREATE INDEX of_display ON categorydisplayattributes (categoryid)")
    database.execute("CREATE INDEX of_header ON categoryheader (categoryid, headerid)")


def _load(database: sqlite3.Connection, part: Part, table: Table) -> Iterator[BadRow]:
    layout = LAYOUTS[part.name.table]
    widest = max(len(layout.columns), len(table.header))
    marks = ", ".join("?" * (len(layout.columns) + 2))
    insert = f"INSERT INTO {part.name.table} VALUES ({marks})"  # noqa: S608 -- names from our own list
    for batch in table.batches(_BATCH):
        good = []
        for line, cells in batch:
            fault = _fault(cells, layout, widest)
            if fault:
                yield BadRow(line, ",".join(cells)[:2000], f"{part.member.name}, line {line}: {fault}")
                continue
            padded = [*cells, *[""] * len(layout.columns)][: len(layout.columns)]
            good.append([line, part.name.part, *map(int, padded[: layout.keys]), *padded[layout.keys :]])
        database.executemany(insert, good)


def _fault(cells: Sequence[str], layout: Layout, widest: int) -> str | None:
    if not layout.required <= len(cells) <= widest:
        return f"{len(cells)} columns where {layout.required} to {widest} belong"
    for column, cell in zip(layout.columns[: layout.keys], cells, strict=False):
        if not _WHOLE.fullmatch(cell):
            return f"{column} {cell[:40]!r} is not a whole number"
    return None


def orphans(database: sqlite3.Connection) -> Iterator[BadRow]:
    """Rows of products that are not in the product table: one line per table, counted, with examples."""
    for name in OF_PRODUCTS:
        query = f"SELECT productid, count(*), min(line) FROM {name} WHERE productid NOT IN (SELECT productid FROM product) GROUP BY 1"  # noqa: S608
        products = count = 0
        first = 0
        examples: list[str] = []
        for productid, rows, line in database.execute(query):
            products += 1
            count += rows
            first = first or line
            examples = [*examples, str(productid)][:5]
        if count:
            reason = f"{name}: {count} rows belong to {products} products that the product table does not have"
            yield BadRow(first, f"product ids {', '.join(examples)}", reason)


def _told(member: str, reason: str) -> BadRow:
    return BadRow(1, member, f"{member}: {reason}")
