"""Files of categories: the public taxonomies as they are published, and tables or JSON of one's own."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from mercat.domain.catalog.category_shapes import CategoryFile, CategoryRow, is_path_column, understand
from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds import Member, ReadLimits, ReadOptions, Table, detect_encoding, open_members, read
from mercat.sdk.records import BadRow
from mercat.sdk.roles import FeedFile
from mercat.sdk.values import slug

__all__ = ["CategoryFile", "CategoryRow", "read_category_file"]
# The largest public taxonomy, UNSPSC, has some 150,000 nodes: what is beyond a few of those is no file of categories.
_LIMITS = ReadLimits(max_expanded_bytes=256 * 1024 * 1024)
_MOST_ROWS = 500_000
_SAMPLE = 50
_LEAST_SHARE = 0.8

# "gid://shopify/TaxonomyCategory/ap-1 : Animals & Pet Supplies > Live Animals" (Shopify's product-taxonomy, 2025-08)
_SHOPIFY = re.compile(r"(gid://shopify/TaxonomyCategory/\S+)\s+:\s+(\S.*)")
# "3237 - Animals & Pet Supplies > Live Animals" (Google's taxonomy-with-ids, 2021-09-21)
_GOOGLE = re.compile(r"([0-9]{1,9}) - (\S.*)")
# "70010000<TAB>arts/crafts supply<TAB> (GPC family)" (GS1's Global Product Classification, as TSV in file order)
_GPC = re.compile(r"([0-9]{8})\t([^\t]+)\t.*\(GPC (segment|family|class|brick)\)")
_GPC_LEVELS = ("segment", "family", "class", "brick")
# "Animals & Pet Supplies > Live Animals", Google's taxonomy without ids, or a list typed by hand
_PATH = re.compile(r'[^\t,;"|]*\S > \S[^\t;"|]*')


def read_category_file(path: Path, *, name: str | None = None, taxonomy: str | None = None) -> CategoryFile:
    """The categories of a file, packed (.gz, .xz, .zip) or not.

    ``taxonomy`` is what the ids belong to; for the known ones it is found out (``shopify-taxonomy``, ``google-product``,
    ``gs1-gpc``), for others it is the file's name. Raises ``Unreadable``.
    """
    name = name or path.name
    options = ReadOptions(limits=_LIMITS)
    members = list(open_members(FeedFile(name, path), options))
    if len(members) != 1:
        message = f"{name} holds {len(members) or 'no'} files: give one file of categories"
        raise Unreadable(message, member=name)
    [member] = members
    for kind, pattern, take in _TEXTS:
        if _is_of(member, pattern):
            file = CategoryFile(taxonomy or kind or _named_after(name))
            take(file, _matches(file, member, pattern))
            return file
    file = CategoryFile(taxonomy or _named_after(name))
    understand(file, list(_records(file, FeedFile(name, path), options)), name)
    return file


def _named_after(name: str) -> str:
    return slug(name.partition(".")[0])[:50] or "file"


# -- texts, a category to a line ------------------------------------------------------------------------------------


def _lines(member: Member) -> Iterator[tuple[int, str]]:
    """Lines that say something, with their numbers; comments left out."""
    encoding = detect_encoding(member).name
    with member.open() as stream, io.TextIOWrapper(stream, encoding=encoding, errors="replace") as text:
        for number, line in enumerate(text, 1):
            said = line.strip("\ufeff\r\n ")
            if said and not said.startswith("#"):
                yield number, said


def _is_of(member: Member, pattern: re.Pattern[str]) -> bool:
    sample = [line for _, line in islice(_lines(member), _SAMPLE)]
    # Of bare paths the roots have no separator.
    least = _LEAST_SHARE if pattern is not _PATH else 0.5
    return bool(sample) and sum(bool(pattern.fullmatch(line)) for line in sample) >= len(sample) * least


Matched = Iterable[tuple[int, re.Match[str]]]


def _matches(file: CategoryFile, member: Member, pattern: re.Pattern[str]) -> Matched:
    for number, line in _lines(member):
        _refuse_more(number, member.name)
        if match := pattern.fullmatch(line):
            yield number, match
        elif pattern is _PATH:
            if number > 1 or not is_path_column(line):
                file.add(number, [line])
        else:
            file.bad.append(BadRow(number, line[:1000], "not of the form of the lines around it"))


def _take_paths(file: CategoryFile, matched: Matched) -> None:
    for line, match in matched:
        file.add(line, match[2].split(" > "), match[1])


def _take_bare(file: CategoryFile, matched: Matched) -> None:
    for line, match in matched:
        file.add(line, match[0].split(" > "))


def _take_gpc(file: CategoryFile, matched: Matched) -> None:
    above: list[str] = []
    for line, match in matched:
        level = _GPC_LEVELS.index(match[3])
        if level > len(above):
            file.bad.append(BadRow(line, match[0][:1000], f"a {match[3]} without a {_GPC_LEVELS[level - 1]} before it"))
            continue
        above[level:] = [match[2]]
        file.add(line, above, match[1])


_TEXTS: tuple[tuple[str, re.Pattern[str], Callable[[CategoryFile, Matched], None]], ...] = (
    ("shopify-taxonomy", _SHOPIFY, _take_paths),
    ("google-product", _GOOGLE, _take_paths),
    ("gs1-gpc", _GPC, _take_gpc),
    ("", _PATH, _take_bare),
)


# -- tables and records ---------------------------------------------------------------------------------------------


def _records(file: CategoryFile, feed: FeedFile, options: ReadOptions) -> Iterator[tuple[int, dict[str, Any]]]:
    for part in read(feed, options):
        if isinstance(part, Table):
            for batch in part.batches():
                for line, cells in batch:
                    _refuse_more(line, feed.name)
                    yield line, dict(zip(part.header, cells, strict=False))
            continue
        for records in part.batches():
            for line, record in records:
                _refuse_more(line, feed.name)
                if isinstance(record, str):
                    file.bad.append(BadRow(line, record[:1000], "not a JSON object"))
                else:
                    yield line, record


def _refuse_more(line: int, name: str) -> None:
    if line > _MOST_ROWS:
        message = f"{name} has more than {_MOST_ROWS:,} lines: that is no file of categories"
        raise Unreadable(message, member=name)
