"""Icecat's texts: line breaks written as a backslash and an n, ``<br />`` in text fields, specification keys."""

from __future__ import annotations

import re

from mercat.sdk import metafields, values
from mercat.sdk.records import Metafield
from mercat.sdk.stating import Statement

NAMESPACE = "icecat"

_BREAK = re.compile(r"[ \t]*(?:\\r\\n|\\n|<br\s*/?>|</?(?:b|strong|i|em|p|ul|div|span)\s*>)[ \t]*", re.IGNORECASE)
_ITEM = re.compile(r"[ \t]*<li\s*>[ \t]*|[ \t]*</li\s*>[ \t]*", re.IGNORECASE)
_LITERAL = re.compile(r"\\r\\n|\\n")
_LINES = re.compile(r"\n{2,}")


def lines(raw: str) -> str:
    """A text field with its line breaks as such; the markup that Icecat's editors leave in text fields goes."""
    broken = _ITEM.sub("\n", _BREAK.sub("\n", raw))
    return _LINES.sub("\n", values.plain_text(broken)).strip()


def one_line(raw: str) -> str | None:
    """A text field on one line; ``None`` where nothing is left."""
    return " ".join(lines(raw).split("\n")) or None


def html(raw: str, said: Statement) -> str | None:
    """A description: markup is kept, text with line breaks gets ``<br>``."""
    broken = _LITERAL.sub("\n", raw)
    if not re.search(r"<(?:p|br|ul|ol|li|div|table|b|strong)\b", broken, re.IGNORECASE):
        broken = broken.strip().replace("\n", "<br>")
    return said.html(broken)


def put(fields: dict[str, Metafield], label: str, kind: str, field: Metafield) -> None:
    """Add a specification. Labels that become the same key stay apart: the later one carries its kind."""
    name = f"{NAMESPACE}.{metafields.key(label)}"
    if name in fields and fields[name] != field:
        name = f"{NAMESPACE}.{metafields.key(f'{label} {kind}')}"
    place = 2
    while name in fields and fields[name] != field:
        name = f"{NAMESPACE}.{metafields.key(f'{label} {kind} {place}')}"
        place += 1
    fields[name] = field
