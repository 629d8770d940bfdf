"""A look at the first kilobytes of files, for connectors to tell whose they are. Nothing here raises."""

from __future__ import annotations

import codecs
import csv
import zlib
from collections.abc import Iterator, Sequence

from mercat.sdk.errors import VendorError
from mercat.sdk.feeds import Member, ReadOptions, open_members
from mercat.sdk.roles import FeedFile

_BYTES = 64 * 1024
_MEMBERS = 50
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DELIMITERS = ",;\t|"


def heads(files: Sequence[FeedFile]) -> Iterator[tuple[str, str]]:
    """Name and first text of each readable member, up to fifty; damaged ones are left out."""
    for file in files[:_MEMBERS]:
        try:
            for _, member in zip(range(_MEMBERS), open_members(file, ReadOptions()), strict=False):
                yield member.name, _text(member)
        except (VendorError, OSError, EOFError, ValueError, zlib.error):
            continue


def first_cells(text: str) -> list[str]:
    """The cells of the first line, whatever parts them; an Excel ``sep=`` line is passed over."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lower().startswith("sep=")]
    if not lines:
        return []
    delimiter = max(_DELIMITERS, key=lines[0].count)
    try:
        return [cell.strip() for cell in next(csv.reader(lines[:1], delimiter=delimiter))]
    except csv.Error:
        return []


def _text(member: Member) -> str:
    with member.open() as stream:
        start = stream.read(_BYTES)
    encoding = next((name for bom, name in _BOMS if start.startswith(bom)), "utf-8")
    return start.decode(encoding, errors="replace")
