"""Rows as lines of text: CSV for spreadsheets, JSON Lines for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import msgspec

from mercat.sdk.values import neutralise_formula

_encode = msgspec.json.Encoder().encode


def json_lines(chunks: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Each value as a line of JSON, as many at once as a chunk holds."""
    for some in chunks:
        yield b"".join(_encode(each) + b"\n" for each in some)


def csv_lines(names: Sequence[str], chunks: Iterable[Sequence[Mapping[str, Any]]]) -> Iterator[bytes]:
    """A table with a heading. What a spreadsheet would take for a formula is marked as text; lists and maps are JSON."""
    heading = _csv([names])
    for some in chunks:
        yield heading + _csv([[_cell(each[name]) for name in names] for each in some])
        heading = b""
    if heading:
        yield heading


def begun(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The same lines, of which the first are made at once: what cannot be done is refused before an answer begins."""
    return chain([next(lines, b"")], lines)


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return neutralise_formula(value)
    text = _encode(value).decode()
    return text[1:-1] if text.startswith('"') else text
