"""Lists of listings to be watched: a file with an address or an ASIN in each row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from mercat.core.actor import Actor
from mercat.core.errors import Invalid
from mercat.core.unit import Runtime
from mercat.domain.market.schemas import TrackDraft, Tracked
from mercat.domain.market.tracking import track_many
from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds import ReadOptions, Records, Table, read
from mercat.sdk.roles import FeedFile

_ALIASES = {
    "listing": "url asin link product_url address",
    "marketplace": "market domain country",
    "frequency": "track_frequency how_often",
    "product": "sku handle our_sku",
    "competitor_of": "competes_with",
    "part_number": "mpn manufacturer_part_number",
    "gtins": "gtin ean upc barcode",
    "price_change_threshold": "price_threshold",
    "rank_change_threshold": "rank_threshold bsr_change_threshold",
}
_NAMES = {alias: name for name, aliases in _ALIASES.items() for alias in aliases.split()}
_FIELDS = frozenset(TrackDraft.__dataclass_fields__)
_LISTING = re.compile(r"https?://|(?:www\.)?amazon\.|[A-Za-z0-9]{10}$")
_TRUE = frozenset({"true", "yes", "1", "x"})


def track_file(runtime: Runtime, actor: Actor, file: FeedFile, usual: TrackDraft) -> Iterator[list[Tracked]]:
    """Watch what a file lists, some hundreds at a time; each row has its outcome, with its line.

    ``usual`` says what a row does not. Raises ``Unreadable``.
    """
    actor.require("market.track")
    for batch in _batches(file):
        yield _track(runtime, actor, batch, usual)


def _track(
    runtime: Runtime, actor: Actor, rows: Sequence[tuple[int, Mapping[str, Any]]], usual: TrackDraft
) -> list[Tracked]:
    drafts: list[tuple[int, TrackDraft]] = []
    refused: list[Tracked] = []
    for line, row in rows:
        try:
            drafts.append((line, _draft(row, usual)))
        except Invalid as wrong:
            refused.append(Tracked(str(row.get("listing") or ""), "refused", error=wrong.message, line=line))
    done = runtime.attempt(lambda unit: track_many(unit, [each for _, each in drafts]), actor)
    told = [replace(each, line=line) for (line, _), each in zip(drafts, done, strict=True)]
    return sorted([*told, *refused], key=lambda each: each.line or 0)


def _draft(row: Mapping[str, Any], usual: TrackDraft) -> TrackDraft:
    """Raises ``Invalid``."""
    said: dict[str, Any] = {}
    for name, value in row.items():
        text = "" if value is None else str(value).strip()
        if not text:
            continue
        if name == "gtins":
            said[name] = tuple(filter(None, re.split(r"[,;|\s]+", text)))
        elif name == "is_competitor":
            said[name] = text.lower() in _TRUE
        elif name.endswith("_threshold"):
            said[name] = _number(name, text.removesuffix("%").strip())
        elif name == "every_s":
            said[name] = int(_number(name, text))
        elif name == "frequency":
            said[name] = text.lower()
        else:
            said[name] = text
    if "listing" not in said:
        message = "the row names no listing: give its address or its ASIN"
        raise Invalid(message)
    return replace(usual, **said)


def _number(name: str, text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        message = f"{name}: {text!r} is no number"
        raise Invalid(message, field=name)
    return number


def _batches(file: FeedFile) -> Iterator[list[tuple[int, Mapping[str, Any]]]]:
    for found in read(file):
        yield from _table(found, file) if isinstance(found, Table) else _records(found)


def _table(table: Table, file: FeedFile) -> Iterator[list[tuple[int, Mapping[str, Any]]]]:
    names = _names(table.header)
    if "listing" not in names.values():
        yield from _bare(file)
        return
    places = [(at, names[heading]) for at, heading in enumerate(table.header) if heading in names]
    for rows in table.batches():
        yield [(line, {name: cells[at] for at, name in places if at < len(cells)}) for line, cells in rows]


def _bare(file: FeedFile) -> Iterator[list[tuple[int, Mapping[str, Any]]]]:
    """Addresses or ASINs without a heading, one a line. Raises ``Unreadable`` where the first line is none."""
    for found in read(file, ReadOptions(delimiter="\t", header=False)):
        for rows in found.batches() if isinstance(found, Table) else ():
            if rows[0][0] == 1 and not _LISTING.match(rows[0][1][0].strip()):
                message = f"{file.name}: no column names the listings: there has to be one called url or asin"
                raise Unreadable(message)
            yield [(line, {"listing": cells[0]}) for line, cells in rows]


def _records(records: Records) -> Iterator[list[tuple[int, Mapping[str, Any]]]]:
    for some in records.batches():
        yield [(line, _named(record)) for line, record in some]


def _named(record: dict[str, Any] | str) -> Mapping[str, Any]:
    if isinstance(record, str):
        return {}
    names = _names(list(record))
    return {names[key]: value for key, value in record.items() if key in names}


def _names(headings: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for heading in headings:
        name = re.sub(r"[\W_]+", "_", heading.strip().lower()).strip("_")
        name = _NAMES.get(name, name)
        if name in _FIELDS and name not in found.values():
            found[heading] = name
    return found
