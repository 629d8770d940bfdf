"""The tables of a feed's files, for connectors whose formats are tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import structlog

from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds import Member, ReadOptions, Table, open_members, read_table, sniff
from mercat.sdk.records import BadRow, FeedRow
from mercat.sdk.roles import FeedFile

log = structlog.get_logger()
_TABLES = {"csv", "xlsx", "xls", "ods"}
_BATCH = 1000


def opened(member: Member, options: ReadOptions) -> Table:
    """The member as a table, from its start. Raises ``Unreadable``."""
    return read_table(member, options)


def tables(files: Sequence[FeedFile], options: ReadOptions) -> Iterator[tuple[Member, Table]]:
    """Every member that is a table, in order. Raises ``Unreadable`` where there is none at all."""
    found = False
    left_out: list[str] = []
    for file in files:
        for member in open_members(file, options):
            if member.size == 0 or sniff(member) not in _TABLES:
                left_out.append(member.name)
                continue
            found = True
            yield member, read_table(member, options)
    if not found:
        names = ", ".join(file.name for file in files) or "no file"
        raise Unreadable(f"{names}: there is no table in it (empty, or another format)")
    for name in left_out:
        log.warning("member_left_out", member=name, reason="empty, or not a table")


def in_batches(rows: Iterable[FeedRow | BadRow], size: int = _BATCH) -> Iterator[list[FeedRow | BadRow]]:
    """Hand rows on in lists."""
    batch: list[FeedRow | BadRow] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch
