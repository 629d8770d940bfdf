"""Metafields as feeds spell them: column headings, keys that Shopify accepts, typed values, list cells.

Rules of keys and types: Shopify, "Metafields: custom data" (shopify.dev/docs/apps/build/custom-data/metafields, read
November 2026): keys have 2 to 64 letters, digits, hyphens and underscores.
"""

from __future__ import annotations

import json
import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

import xxhash

from mercat.sdk.records import Metafield
from mercat.sdk.values import decimal_text

TEXT = "single_line_text_field"
LINES = "multi_line_text_field"
TEXT_LIST = "list.single_line_text_field"
BOOLEAN = "boolean"
DECIMAL = "number_decimal"

_LONGEST_KEY = 64
_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")
_RUN = re.compile(r"__+")
_SHORTEST_NAMESPACE, _LONGEST_NAMESPACE = 3, 255
_PREFIXED = re.compile(
    r"^\s*(?:variant )?metafields?\s*[:.]\s*(?P<ns>[^.\[\]]+)\.(?P<key>[^\[\]]+?)\s*(?:\[(?P<type>[^\]]*)\])?\s*$",
    re.IGNORECASE,
)
_SUFFIXED = re.compile(r"^.*\((?:product\.)?metafields\.(?P<ns>[^.()]+)\.(?P<key>[^()]+)\)\s*$", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:amp;)*(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]\w{1,30});", re.IGNORECASE)
_COVER = "\ue000"
_NUMBERED = re.compile(r" \(\d+\)$")
_SHORT_TYPES = {"list.single_line_text": TEXT_LIST, "single_line_text": TEXT, "multi_line_text": LINES, "string": TEXT}
_TRUE = {"true", "yes", "y", "1"}
_FALSE = {"false", "no", "n", "0"}


class MetafieldColumn(NamedTuple):
    """What a heading says: ``name`` is namespace and key joined by a dot; ``type`` is ``None`` where it is not said."""

    name: str
    type: str | None


@lru_cache(maxsize=16384)
def heading(text: str) -> MetafieldColumn | None:
    """What a heading names, if it names a metafield: the spellings of Matrixify and Etilize, of Shopify's export, and ours.

    ``Metafield: custom.Colour[list.single_line_text]``, ``metafields.custom.colour``, ``metafield:custom.colour``,
    ``Colour (product.metafields.custom.colour)``.
    """
    # A heading that occurs twice has been numbered by the reader; it means what the first one means.
    plain = _NUMBERED.sub("", text)
    found = _PREFIXED.match(plain) or _SUFFIXED.match(plain)
    if found is None:
        return None
    stated = (found.groupdict().get("type") or "").strip().lower()
    namespace = _UNFIT.sub("_", found["ns"].strip()).ljust(_SHORTEST_NAMESPACE, "_")[:_LONGEST_NAMESPACE]
    return MetafieldColumn(f"{namespace}.{key(found['key'], keep_case=True)}", _SHORT_TYPES.get(stated, stated or None))


@lru_cache(maxsize=16384)
def key(label: str, *, keep_case: bool = False) -> str:
    """A label as a metafield key. Always the same for the same label; labels that differ only past the limit stay apart."""
    folded = unicodedata.normalize("NFKD", label.replace("ß", "ss")).encode("ascii", "ignore").decode()
    fit = _UNFIT.sub("_", folded).strip("_-")
    fit = fit if keep_case else _RUN.sub("_", fit).lower()
    if _LONGEST_KEY >= len(fit) >= 1:
        return fit if len(fit) > 1 else f"{fit}_"
    mark = xxhash.xxh3_64_hexdigest(label.strip().encode())[:8]
    return f"{fit[: _LONGEST_KEY - 9]}_{mark}" if fit else f"field_{mark}"


def text(value: str) -> Metafield:
    """Text as one line or, where it has several, as lines."""
    return Metafield(LINES if "\n" in value else TEXT, value)


def number(value: Decimal | int) -> str:
    """A plain decimal string. Raises ``ValueError`` beyond 30 digits: no specification needs them, attacks do."""
    exact = Decimal(value)
    if not exact.is_finite() or abs(exact.adjusted()) > 30:
        raise ValueError(f"{value} is not a usable number")
    plain = format(exact, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in {"-0", ""} else plain


def split_list(cell: str) -> list[str]:
    """The values of a list cell: a JSON array, else parted by ``;``, else by ``,`` that a space or a letter follows.

    A comma between digits belongs to the number (``1,000 sheets``); doubled values count once.
    """
    stripped = cell.strip()
    if stripped.startswith("["):
        listed = json_list(stripped)
        if listed is not None:
            return listed
    # The semicolon that ends an HTML entity parts nothing.
    covered = _ENTITY.sub(lambda found: found[0].replace(";", _COVER), stripped)
    parts = covered.split(";") if ";" in covered else re.split(r",(?!\d)|(?<!\d),", covered)
    plain = [part.replace(_COVER, ";").strip() for part in parts]
    return list(dict.fromkeys(part for part in plain if part))


def typed(kind: str, cell: str) -> Metafield:
    """A cell as a value of a Shopify type. Raises ``ValueError`` where it does not fit the type."""
    if kind.startswith("list."):
        inner = kind.removeprefix("list.")
        return Metafield(kind, [typed(inner, part).value for part in split_list(cell)])
    return Metafield(kind, _typed_value(kind, cell))


def _typed_value(kind: str, cell: str) -> Any:
    stripped = cell.strip()
    if kind == BOOLEAN:
        if stripped.lower() not in _TRUE | _FALSE:
            raise ValueError(f"{cell!r} is neither true nor false")
        return stripped.lower() in _TRUE
    if kind == DECIMAL:
        return decimal_text(stripped, decimal_comma=False)
    if kind == "number_integer":
        return int(stripped)
    if kind in {"json", "dimension", "weight", "volume", "money", "rating"}:
        return json.loads(stripped, parse_float=Decimal)
    return cell


def json_list(cell: str) -> list[str] | None:
    """The values of a JSON array of plain values as text, or ``None`` where the cell is not one."""
    try:
        values = json.loads(cell, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, list) or any(isinstance(value, dict | list) for value in values):
        return None
    plain = [
        value if isinstance(value, str) else json.dumps(value, default=str) for value in values if value is not None
    ]
    return list(dict.fromkeys(part.strip() for part in plain if part.strip()))
