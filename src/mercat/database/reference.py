"""The reference of the schema, as Markdown: ``python -m mercat.database.reference > docs/reference/schema.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from mercat.core.database.diagrams.drawing import mermaid
from mercat.core.database.diagrams.tables import DrawnColumn, DrawnTable, drawn_tables
from mercat.domain import register_tables

_HEAD = """# The schema

Made by `python -m mercat.database.reference` from the models; do not edit it here. `mercat db erd schema.svg` draws all of it on one page.

| kind | what it is | SQLite | PostgreSQL | MariaDB |
|---|---|---|---|---|
| `id` | a UUIDv7, born in Python | BLOB(16) | uuid | binary(16) |
| `amount` | an exact decimal of four places | whole ten-thousandths | numeric(19,4) | decimal(19,4) |
| `time` | an instant in UTC, to the microsecond | text | timestamptz | datetime(6) |
| `day` | a day | text | date | date |
| `json` | JSON that is kept | text | json | json |
| `object` | JSON that is searched | text | jsonb with a GIN index | json |
| `text`, `text(n)` | text, of at most n letters | varchar | varchar, text | varchar, longtext |
| `integer`, `float`, `boolean`, `bytes` | a whole number, a number, true or false, bytes | | | |

A column in **bold** is of the key; one with a `?` may be empty. `→ table` is a foreign key, with what happens when that row is deleted.
Beside these there are the search index's own tables (`search_…`), Alembic's `alembic_version`, and monthly partitions of `product_snapshots`
on PostgreSQL.
"""


def reference() -> str:
    """All of it, room by room, the lowest first."""
    register_tables()
    return "\n".join([_HEAD, *_rooms()])


def _rooms() -> Iterator[str]:
    rooms = drawn_tables()
    for room, tables in rooms.items():
        yield f"## {room}\n"
        yield f"```mermaid\n{mermaid({room: [_keys_of(each) for each in tables]})}```\n"
        for table in tables:
            yield from _table(table)


def _keys_of(table: DrawnTable) -> DrawnTable:
    """Only what ties it to others: a picture of all columns cannot be read."""
    kept = tuple(each for each in table.columns if each.is_key or each.target)
    return DrawnTable(table.name, table.room, table.meaning, kept, ())


def _table(table: DrawnTable) -> Iterator[str]:
    yield f"### {table.name}\n"
    yield " ".join(table.meaning.split()) + "\n"
    yield "| column | kind | |"
    yield "|---|---|---|"
    yield from (_column(each) for each in table.columns)
    yield ""
    if table.indexes:
        listed = [f"{'unique ' if unique else ''}({', '.join(columns)})" for columns, unique in table.indexes]
        yield f"Indexes: {', '.join(listed)}.\n"


def _column(column: DrawnColumn) -> str:
    name = f"**{column.name}**" if column.is_key else column.name
    points = ""
    if column.target:
        points = f"→ [{column.target}](#{column.target}), {(column.on_delete or 'no action').lower()}. "
    meaning = (points + column.meaning).strip().replace("|", "\\|")
    return f"| {name} | {column.kind}{'?' if column.is_nullable else ''} | {meaning} |"


if __name__ == "__main__":
    sys.stdout.write(reference())
