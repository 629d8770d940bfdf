"""One cell → one value of a record. A converter raises ``ValueError`` in words for people; ``None`` is "no value".

A cell is text, or a list of texts where the feed holds lists (JSON, XML); which converters take lists is in their type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from mercat.sdk.pictures import own_picture
from mercat.sdk.values import CURRENCY_SIGNS, currency_in, decimal_text, plain_text, weight_unit

Cell = str | list[str]
Convert = Callable[[str], Any]

_MEMO_SIZE = 50_000
_TRUE = frozenset("true yes y 1 ja oui si sí tak on wahr vrai vero verdadero waar prawda x".split())
_FALSE = frozenset("false no n 0 nein non nie off falsch faux falso onwaar fałsz nee".split())
_STATUS = {
    **dict.fromkeys(
        "active enabled published available live aktiv actif activo attivo actief aktywny".split(), "active"
    ),
    **dict.fromkeys("draft inactive disabled unpublished hidden inaktiv inactif inactivo inattivo".split(), "draft"),
    **dict.fromkeys("archived discontinued eol obsolete deleted auslauf auslaufartikel".split(), "archived"),
}
_COUNTRIES = {
    "germany": "DE", "deutschland": "DE", "china": "CN", "usa": "US", "united states": "US", "france": "FR",
    "frankreich": "FR", "italy": "IT", "italien": "IT", "italia": "IT", "spain": "ES", "spanien": "ES", "españa": "ES",
    "poland": "PL", "polen": "PL", "polska": "PL", "netherlands": "NL", "niederlande": "NL", "nederland": "NL",
    "japan": "JP", "taiwan": "TW", "vietnam": "VN", "mexico": "MX", "canada": "CA", "united kingdom": "GB", "uk": "GB",
    "austria": "AT", "österreich": "AT", "switzerland": "CH", "schweiz": "CH", "india": "IN", "turkey": "TR",
    "czech republic": "CZ", "tschechien": "CZ", "sweden": "SE", "south korea": "KR", "korea": "KR", "malaysia": "MY",
}  # fmt: skip
_PATH_MARKS = (">", "»", "→", "|", "\\", "::")
_IMAGE_BREAK = re.compile(r"[\s,;|]+(?=(?:https?:)?//|/media/)")
_URL = re.compile(r"(?:https?|ftp|s3)://[^\s<>\"]+", re.IGNORECASE)
_ONE_URL = re.compile(r"https?://[^\s<>\"&,;|]+")
_AT_LEAST = re.compile(r"[>≥]?\s*(.*?)\s*\+?")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ISO_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")


class Memo(dict[str, Any]):
    """A converter that remembers: a repeated cell costs one look-up in C. Refusals are not remembered."""

    def __init__(self, convert: Convert) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, cell: str) -> Any:
        value = self._convert(cell)
        if len(self) >= _MEMO_SIZE:
            self.clear()
        self[cell] = value
        return value


class Amounts(Memo):
    """Amounts by their text. ``currencies`` has those that name their currency themselves (``69.71 gbp``)."""

    def __init__(self, *, decimal_comma: bool | None) -> None:
        super().__init__(partial(_amount, decimal_comma=decimal_comma))
        self.decimal_comma = decimal_comma
        self.currencies: dict[str, str] = {}

    def __missing__(self, cell: str) -> Any:
        value = self._convert(cell)
        if value == cell:
            # A plain number is sooner judged again than remembered: most prices of a feed occur once.
            return value
        if len(self) >= _MEMO_SIZE:
            self.clear()
            self.currencies.clear()
        self[cell] = value
        if not (cell.isascii() and cell[-1:].isdigit() and cell[:1].isdigit()):
            code = currency_in(cell)
            if code is not None:
                self.currencies[cell] = code
        return value


def _amount(cell: str, *, decimal_comma: bool | None) -> str | None:
    amount = decimal_text(cell, decimal_comma=decimal_comma)
    if amount is not None and amount[0] == "-":
        raise ValueError(f"{cell!r} is below zero")
    return amount


def line(cell: str) -> str | None:
    """Plain text on one line."""
    if cell.isascii() and cell.isprintable() and "&" not in cell and "  " not in cell:
        return cell.strip() or None
    return plain_text(cell).replace("\n", " ") or None


def text(cell: str) -> str | None:
    """Plain text, lines kept."""
    return plain_text(cell) or None


def count(*, decimal_comma: bool | None) -> Convert:
    """A whole number of zero or more; ``>10`` and ``10+`` state at least ten, and ten is what is surely there."""

    def convert(cell: str) -> int | None:
        stated = _AT_LEAST.fullmatch(cell.strip())
        number = decimal_text(stated[1] if stated else cell, decimal_comma=decimal_comma)
        if number is None:
            return None
        if "." in number or number[0] == "-" or len(number) > 15:
            raise ValueError(f"{cell!r} is not a whole number of zero or more")
        return int(number)

    return convert


def flag(cell: str) -> bool:
    """Yes or no in the usual languages."""
    word = cell.strip().casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(f"{cell!r} is neither yes nor no")


def status(cell: str) -> str:
    """``active``, ``draft`` or ``archived``."""
    word = cell.strip().casefold()
    if word in _STATUS:
        return _STATUS[word]
    try:
        return "active" if flag(word) else "draft"
    except ValueError:
        raise ValueError(f"{cell!r} is no known status: map it to active, draft or archived with `lookup`") from None


def currency(cell: str) -> str | None:
    """An ISO 4217 code; ``€`` and other signs that mean one currency only."""
    code = cell.strip().upper()
    code = CURRENCY_SIGNS.get(code, code)
    if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise ValueError(f"{cell!r} is no currency code of three letters")
    return code or None


def country(cell: str) -> str | None:
    """An ISO 3166 code of two letters; the commonest names are understood."""
    name = cell.strip()
    code = _COUNTRIES.get(name.casefold(), name.upper())
    if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise ValueError(f"{cell!r} is no country code of two letters: map it with `lookup`")
    return code or None


def unit_of_weight(cell: str) -> str | None:
    """One of g, kg, oz, lb."""
    unit = weight_unit(cell)
    if unit is None and cell.strip():
        raise ValueError(f"{cell!r} is not one of g, kg, oz, lb: convert the weight with `convert_to`")
    return unit


def policy(cell: str) -> str:
    """What happens when the stock is out: ``deny`` or ``continue``."""
    word = cell.strip().casefold()
    if word in ("deny", "continue"):
        return word
    return "continue" if flag(cell) else "deny"


def many(cell: Cell, separators: tuple[str, ...]) -> list[str]:
    """Several values in a cell: a list, a JSON array, or text split at the first separator that occurs in it."""
    if isinstance(cell, list):
        return _distinct(cell)
    stripped = cell.strip()
    if stripped[:1] == "[" and stripped[-1:] == "]":
        try:
            values = json.loads(stripped, parse_float=str)
        except (ValueError, RecursionError):
            values = None
        if isinstance(values, list) and all(isinstance(value, (str, int)) for value in values):
            return _distinct([str(value) for value in values])
    separator = next((mark for mark in separators if mark in stripped), None)
    return _distinct(stripped.split(separator) if separator else [stripped])


def _distinct(values: list[str]) -> list[str]:
    return [value for value in dict.fromkeys(map(plain_text, values)) if value]


def category(cell: Cell, separator: str | None) -> str | None:
    """A path joined by `` > ``. Text is split at ``separator``, else at the first usual mark that occurs in it."""
    if isinstance(cell, list):
        levels = _levels(cell)
    else:
        path = plain_text(cell)
        mark = separator or next((mark for mark in _PATH_MARKS if mark in path), None)
        levels = _levels(path.split(mark) if mark else [path])
    return " > ".join(levels) or None


def _levels(parts: list[str]) -> list[str]:
    # A ">" inside a level would read as two levels wherever the path is split again.
    return [level for level in (plain_text(part).replace("\n", " ").replace(">", "›") for part in parts) if level]


def image_urls(cell: Cell) -> list[str]:
    """The addresses in a cell; ``//host/…`` is taken as https, and a picture that lies in this Mercat stays so. Raises ``ValueError`` for what is no address."""
    if isinstance(cell, str) and _ONE_URL.fullmatch(cell):
        return [cell]
    urls = cell if isinstance(cell, list) else _IMAGE_BREAK.split(cell.strip())
    found = []
    for url in map(plain_text, urls):
        full = f"https:{url}" if url.startswith("//") else url
        if not full:
            continue
        if not _URL.fullmatch(full) and own_picture(full) is None:
            raise ValueError(f"{url[:80]!r} is no address of a picture")
        found.append(full)
    return found


def metafield(kind: str, *, decimal_comma: bool | None, separators: tuple[str, ...]) -> Callable[[Cell], Any]:
    """A converter to the plain JSON value of a Shopify metafield type; numbers with fractions stay decimal strings."""
    if kind.startswith("list."):
        element = metafield(kind[5:], decimal_comma=decimal_comma, separators=separators)
        return lambda cell: [element(value) for value in many(cell, separators)] or None
    if kind == "number_integer":
        return lambda cell: _integer(one(cell), decimal_comma=decimal_comma)
    if kind == "number_decimal":
        return lambda cell: decimal_text(one(cell), decimal_comma=decimal_comma)
    convert = _METAFIELDS.get(kind, line)
    return lambda cell: convert(one(cell))


def one(cell: Cell) -> str:
    """A single text: a list's values are joined by commas."""
    return cell if isinstance(cell, str) else ", ".join(cell)


def _integer(cell: str, *, decimal_comma: bool | None) -> int | None:
    number = decimal_text(cell, decimal_comma=decimal_comma)
    if number is not None and "." in number:
        raise ValueError(f"{cell!r} is not a whole number")
    return None if number is None else int(number)


def _json(cell: str) -> Any:
    try:
        return json.loads(cell, parse_float=str)
    except (ValueError, RecursionError):
        raise ValueError(f"{cell[:40]!r} is not JSON") from None


def _matching(pattern: re.Pattern[str], what: str) -> Convert:
    def convert(cell: str) -> str:
        value = cell.strip()
        if not pattern.fullmatch(value):
            raise ValueError(f"{cell[:80]!r} is no {what}")
        return value

    return convert


JSON_KINDS = ("json", "rich_text_field", "money", "dimension", "volume", "weight", "rating", "link")
_METAFIELDS: dict[str, Convert] = {
    "boolean": flag,
    "date": _matching(_ISO_DATE, "date like 2024-01-31"),
    "date_time": _matching(_ISO_INSTANT, "time like 2024-01-31T10:00:00Z"),
    "url": _matching(re.compile(r"(?:https?|mailto|sms|tel):\S+", re.IGNORECASE), "address"),
    "multi_line_text_field": text,
    **dict.fromkeys(JSON_KINDS, _json),
}
