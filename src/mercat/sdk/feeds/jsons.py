"""JSON Lines by line, and JSON documents of any size by record."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, BinaryIO

import ijson  # type: ignore[import-untyped]  # it ships no types
import msgspec

from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds.archives import Member
from mercat.sdk.feeds.encodings import encoding_for
from mercat.sdk.feeds.options import ReadOptions
from mercat.sdk.feeds.streams import REPAIR, Gauge, Transcoded, buffered, decoding
from mercat.sdk.feeds.tables import Record, Records

UTF8 = {"utf-8", "ascii"}
GUESS_EVENTS = 200_000


def gauged_utf8(member: Member, options: ReadOptions, encoding: str) -> tuple[Gauge, BinaryIO]:
    """The member as UTF-8 bytes, and the gauge that bounds a single record."""
    gauge = Gauge(member.open(), member.name, window_limit=options.limits.max_record_bytes)
    stream = buffered(gauge)
    if encoding in UTF8:
        return gauge, stream
    return gauge, buffered(Transcoded(stream, encoding, "strict" if options.encoding else REPAIR))


def read_json_lines(member: Member, options: ReadOptions) -> Records:
    """One JSON object a line. A line that is none comes as the string it is."""
    encoding = encoding_for(member, options.encoding)

    def batches(size: int) -> Iterator[list[Record]]:
        decode = msgspec.json.Decoder(float_hook=Decimal).decode
        gauge, stream = gauged_utf8(member, options, encoding)
        batch: list[Record] = []
        with stream, decoding(member.name, encoding):
            for number, line in enumerate(stream, 1):
                if number <= options.skip_rows:
                    continue
                try:
                    record = decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    record = _mended(line)
                    if record == "":
                        continue
                batch.append((number, record if isinstance(record, dict) else line.decode("utf-8", REPAIR).strip()))
                if len(batch) >= size or gauge.is_full:
                    gauge.reset()
                    yield batch
                    batch = []
        if batch:
            yield batch

    return Records(member.name, "jsonl", batches, encoding=encoding)


def _mended(line: bytes) -> Any:
    """A second look at a line that the fast parser refused: blank, a byte-order mark, stray bytes, lone surrogates."""
    text = line.decode("utf-8", REPAIR).strip("\ufeff \t\r\n\x00\x1a")
    if not text:
        return ""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON number")


def read_json(member: Member, options: ReadOptions) -> Records:
    """The records of one JSON document, of any size. They are numbered from 1.

    ``record_path`` names the list ("data.products" or "data/products"); without it the outermost list of objects is
    taken, and a document without one is itself the record.
    """
    encoding = encoding_for(member, options.encoding)
    prefix = _prefix(options.record_path) if options.record_path is not None else _guess(member, options, encoding)

    def batches(size: int) -> Iterator[list[Record]]:
        gauge, stream = gauged_utf8(member, options, encoding)
        number = 0
        with stream, _torn_json(member.name, lambda: number), decoding(member.name, encoding):
            items = ijson.items(stream, prefix, use_float=False, multiple_values=True)
            while batch := [(place, _record(item)) for place, item in enumerate(_some(items, gauge, size), number + 1)]:
                number += len(batch)
                yield batch
            if number == 0 and options.record_path is not None:
                raise Unreadable(
                    f"{member.name} has no records at {options.record_path!r}; leave the record path out to have it "
                    "guessed, or look at the file for the right one",
                    member=member.name,
                )

    return Records(member.name, "json", batches, encoding=encoding)


def _some(items: Iterator[Any], gauge: Gauge, size: int) -> Iterator[Any]:
    """At most ``size`` items, fewer where they are large."""
    for count, item in enumerate(items, 1):
        yield item
        if count >= size or gauge.is_full:
            break
    gauge.reset()


def _record(item: Any) -> dict[str, Any] | str:
    return item if isinstance(item, dict) else item if isinstance(item, str) else json.dumps(item, default=str)


@contextmanager
def _torn_json(name: str, read: Callable[[], int]) -> Iterator[None]:
    try:
        yield
    except ijson.JSONError as error:
        raise Unreadable(
            f"{name} is no valid JSON after record {read():,} ({error}); "
            "it is damaged or was cut short: fetch it again",
            member=name,
        ) from error


def _prefix(record_path: str) -> str:
    """An ijson prefix from "data.products" or "data/products"; "" and "." mean the outermost list."""
    parts = [part for part in record_path.replace("/", ".").split(".") if part and part != "item"]
    return ".".join([*parts, "item"])


def _guess(member: Member, options: ReadOptions, encoding: str) -> str:
    """The outermost list of objects, the longest of several; judged on the first 200,000 events."""
    lists: Counter[str] = Counter()
    gauge, stream = gauged_utf8(member, options, encoding)
    with stream, _torn_json(member.name, lists.total), decoding(member.name, encoding):
        for number, (prefix, event, _) in enumerate(ijson.parse(stream, multiple_values=True)):
            gauge.reset()
            if event == "start_map" and prefix.endswith("item") and prefix.count("item") == 1:
                lists[prefix] += 1
            if number > GUESS_EVENTS or (number == 0 and event == "start_array"):
                break
            if number == 0 and event != "start_map":
                raise Unreadable(f"{member.name} holds a single JSON value, no records; check what was fetched")
        else:
            return _outermost(lists)
        return "item" if number == 0 else _outermost(lists)


def _outermost(lists: Counter[str]) -> str:
    """The prefix of the records; an empty one is the document itself."""
    return min(lists, key=lambda prefix: (prefix.count("."), -lists[prefix]), default="")
