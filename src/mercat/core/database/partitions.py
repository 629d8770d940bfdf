"""Monthly partitions of a table that grows with time: PostgreSQL's, made before they are needed and dropped whole.

The other databases keep such a table in one piece; there old rows are deleted in small steps.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from mercat.core.database.base import Base
from mercat.core.database.bulk import Bulk

_MONTH = re.compile(r"_p(\d{4})_(\d{2})$")
Month = tuple[int, int]


def is_partition(name: str) -> bool:
    """Whether a table's name is that of a monthly partition."""
    return _MONTH.search(name) is not None


def month_of(instant: dt.datetime) -> Month:
    """(year, month) in UTC."""
    instant = instant.astimezone(dt.UTC)
    return instant.year, instant.month


def months_from(first: Month, count: int) -> list[Month]:
    """So many months, the first included."""
    year, month = first
    return [(year + (month - 1 + step) // 12, (month - 1 + step) % 12 + 1) for step in range(count)]


def partition_column(table: str) -> str | None:
    """The column by whose months PostgreSQL keeps the table apart, if it does."""
    described = Base.metadata.tables.get(table)
    by = None if described is None else described.dialect_options["postgresql"].get("partition_by")
    return None if by is None else str(by).partition("(")[2].rstrip(") ")


def ensure_months(bulk: Bulk, table: str, instants: Iterable[str]) -> None:
    """Make the partitions that rows with these instants (as ``rows`` has them) go to."""
    ensure_partitions(bulk, table, {(int(each[:4]), int(each[5:7])) for each in instants})


def partitions(bulk: Bulk, table: str) -> list[Month]:
    """The months that have a partition, oldest first; none on a database without."""
    if not bulk.is_postgres:
        return []
    rows = bulk.fetch(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = CAST(? AS regclass)",
        [table],
    )
    found = (_MONTH.search(name) for (name,) in rows)
    return sorted((int(each[1]), int(each[2])) for each in found if each)


def partition_sizes(bulk: Bulk, table: str) -> list[tuple[Month, int, int]]:
    """(month, estimated rows, bytes with indexes) of each partition, oldest first."""
    if not bulk.is_postgres:
        return []
    rows = bulk.fetch(
        "SELECT c.relname, CAST(c.reltuples AS bigint), pg_total_relation_size(c.oid) FROM pg_inherits i"
        " JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = CAST(? AS regclass)",
        [table],
    )
    found = ((_MONTH.search(name), count, size) for name, count, size in rows)
    return sorted(((int(name[1]), int(name[2])), max(0, int(count)), int(size)) for name, count, size in found if name)


def ensure_partitions(bulk: Bulk, table: str, months: Iterable[Month]) -> list[Month]:
    """Make those that are missing; which they were. Whoever reads or writes other months is not held up."""
    if not bulk.is_postgres:
        return []
    missing = sorted(set(months) - set(partitions(bulk, table)))
    if missing:
        # Two that find the same month missing take turns, and the second looks again.
        bulk.run("SELECT pg_advisory_xact_lock(hashtext(?))", [f"partitions of {table}"])
        missing = sorted(set(missing) - set(partitions(bulk, table)))
    for month in missing:
        name = _name(table, month)
        # Attached and not made as a partition at once: that would shut the whole table while it lasts.
        bulk.run(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
        bulk.run(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{_day(month)}') TO ('{_end(month)}')")
    return missing


def drop_partitions(bulk: Bulk, table: str, before: dt.datetime) -> list[Month]:
    """Drop those whose every row is older than that; which they were."""
    old = [each for each in partitions(bulk, table) if _instant(following(each)) <= before]
    for month in old:
        bulk.run(f"DROP TABLE {_name(table, month)}")
    return old


def following(month: Month) -> Month:
    """The month after."""
    return months_from(month, 2)[1]


def _name(table: str, month: Month) -> str:
    return f"{table}_p{month[0]:04}_{month[1]:02}"


def _instant(month: Month) -> dt.datetime:
    return dt.datetime(*month, 1, tzinfo=dt.UTC)


def _day(month: Month) -> str:
    return f"{_instant(month):%Y-%m-%d %H:%M:%S}+00"


def _end(month: Month) -> str:
    return _day(following(month))
