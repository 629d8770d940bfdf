"""From a file to its tables and records."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import structlog

from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds.archives import Member, head_of, open_members
from mercat.sdk.feeds.delimited import read_delimited
from mercat.sdk.feeds.jsons import read_json, read_json_lines
from mercat.sdk.feeds.options import ReadOptions
from mercat.sdk.feeds.sniffing import sniff
from mercat.sdk.feeds.tables import Records, Table
from mercat.sdk.feeds.workbook import read_workbook
from mercat.sdk.feeds.xmls import read_xml
from mercat.sdk.roles import FeedFile

log = structlog.get_logger()
WORKBOOKS = ("xlsx", "xls", "ods")
# What people send by mistake, and what to ask them for.
STRANGERS = (
    (b"%PDF", "a PDF document; ask for the table it was printed from"),
    (b"7z\xbc\xaf", "a 7-Zip archive; pack it as zip or gzip"),
    (b"Rar!", "a RAR archive; pack it as zip or gzip"),
    (b"\x28\xb5\x2f\xfd", "packed with Zstandard; pack it as zip or gzip"),
    (b"\x89PNG", "a picture; give the product file"),
    (b"\xff\xd8\xff", "a picture; give the product file"),
    (b"PK", "a zip that holds neither a workbook nor files we read; check what was packed"),
    (b"<", "a web page, not a feed: the address or the login may be wrong"),
)


def read_table(member: Member, options: ReadOptions | None = None) -> Table:
    """The table in ``member``. Raises ``Unreadable``, also where it holds records (use ``read_records``)."""
    found = _read(member, options or ReadOptions())
    if isinstance(found, Table):
        return found
    raise Unreadable(f"{member.name} is {found.format}, which holds no table; read its records", member=member.name)


def read_records(member: Member, options: ReadOptions | None = None) -> Records:
    """The records in ``member``. Raises ``Unreadable``, also where it holds a table (use ``read_table``)."""
    found = _read(member, options or ReadOptions())
    if isinstance(found, Records):
        return found
    raise Unreadable(f"{member.name} is {found.format}, which holds no records; read its table", member=member.name)


def read(file: FeedFile, options: ReadOptions | None = None) -> Iterator[Table | Records]:
    """One table or one set of records for each readable member of ``file``.

    Members of an archive that are of no format we know (a picture, a PDF manual) or empty are left out, with a line
    in the log, as long as something else can be read. Raises ``Unreadable`` for everything else that stands in the way.
    """
    options = options or ReadOptions()
    found = 0
    refused: list[Unreadable] = []
    for member in open_members(file, options):
        kind = options.format or sniff(member)
        if kind is None or not head_of(member, 1):
            refused.append(_stranger(member))
            continue
        found += 1
        yield _read(member, options, kind)
    if refused and not found:
        raise refused[0]
    for refusal in refused:
        log.warning("member_left_out", member=refusal.facts.get("member"), reason=refusal.message)


def _read(member: Member, options: ReadOptions, kind: str | None = None) -> Table | Records:
    kind = kind or options.format or sniff(member)
    if kind is None or not head_of(member, 1):
        raise _stranger(member)
    if kind in WORKBOOKS:
        return read_workbook(member, options, kind)
    return READERS[kind](member, options)


READERS: dict[str, Callable[[Member, ReadOptions], Table | Records]] = {
    "csv": read_delimited,
    "json": read_json,
    "jsonl": read_json_lines,
    "xml": read_xml,
}


def _stranger(member: Member) -> Unreadable:
    head = head_of(member, 512).lstrip()
    if not head:
        return Unreadable(f"{member.name} is empty; fetch it again or ask the supplier for it", member=member.name)
    what = next((what for magic, what in STRANGERS if head.startswith(magic)), None)
    if what is None and head_of(member, 512)[257:262] == b"ustar":
        what = "a tar archive; pack it as zip or gzip"
    what = what or "neither a table, a workbook, JSON nor XML; check what was fetched"
    return Unreadable(f"{member.name} is {what}", member=member.name)
