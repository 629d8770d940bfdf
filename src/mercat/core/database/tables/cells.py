r"""One value on its way into a file and out of it.

In a cell of CSV or XLSX nothing is no value. A text that is empty, or begins with what a spreadsheet would take for a
formula, has a backslash before it, and so has one that begins with a backslash; what a workbook would bend (control
characters, blanks at its ends) is a JSON string behind a backslash: ``\"a\tb"``.
"""

from __future__ import annotations

import binascii
import datetime as dt
import json
import math
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from mercat.core.database.rows import Column, in_order
from mercat.core.errors import Invalid
from mercat.core.money import exact, plain

_MARKED = ("\\", "=", "+", "-", "@", "\t", "\r")
_FREE = frozenset({"text", "json", "object"})
_YES, _NO = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})
_WIDEST_INTEGER = 2**63


class Unfit(ValueError):
    """A value that its column cannot hold; says what it takes."""


def cell_of(value: Any, kind: str, *, is_printable: bool = False) -> str:
    """A value as a cell. ``is_printable``: the file bends control characters and blanks at the ends (workbooks do)."""
    if value is None:
        return ""
    if kind == "boolean":
        return "true" if value else "false"
    text = str(value)
    if kind not in _FREE:
        return text
    if is_printable and text and (text != text.strip() or not text.replace(" ", "").isprintable()):
        return "\\" + json.dumps(text, ensure_ascii=True)
    return "\\" + text if not text or text.startswith(_MARKED) else text


def text_of(cell: str) -> str | None:
    """What a cell says. Raises ``Unfit`` for a backslash before what is no JSON string."""
    if not cell:
        return None
    if cell.startswith('\\"'):
        try:
            return str(json.loads(cell[1:]))
        except ValueError as wrong:
            raise Unfit(f"{cell[:40]!r} is no JSON string behind its backslash") from wrong
    return cell.removeprefix("\\")


def value_of(given: Any, column: Column, *, length: int | None = None) -> Any:
    """What a file said as the column keeps it: text, or a native value of JSON or Parquet. Raises ``Unfit``.

    ``length`` is the most letters that it takes. Nothing is rounded and nothing is cut.
    """
    if given is None:
        if not column.is_nullable:
            raise Unfit("is empty, and has to hold something")
        return None
    value = _READ[column.kind](given)
    if length is not None and isinstance(value, str) and len(value) > length:
        raise Unfit(f"has {len(value):,} letters, and {length:,} are the most")
    return value


def _text(given: Any) -> str:
    text = given if isinstance(given, str) else str(given)
    if "\0" in text:
        raise Unfit("holds the character NUL, which no text may")
    try:
        text.encode()
    except UnicodeEncodeError as wrong:
        raise Unfit("is no valid text") from wrong
    return text


def _id(given: Any) -> str:
    try:
        return UUID(str(given)).hex
    except ValueError as wrong:
        raise Unfit(f"{str(given)[:40]!r} is no id (a UUID)") from wrong


def _amount(given: Any) -> str | None:
    try:
        wanted = Decimal(str(given))
        kept = exact(wanted)
    except (InvalidOperation, Invalid) as wrong:
        raise Unfit(f"{str(given)[:40]!r} is no amount") from wrong
    if kept != wanted:
        raise Unfit(f"{given} has more than four places behind the point")
    return plain(kept)


def _time(given: Any) -> str:
    try:
        at = given if isinstance(given, dt.datetime) else dt.datetime.fromisoformat(str(given))
    except ValueError as wrong:
        raise Unfit(f"{str(given)[:40]!r} is no time such as 2026-11-21T20:15:00Z") from wrong
    at = at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at.astimezone(dt.UTC)
    return f"{at:%Y-%m-%d %H:%M:%S.%f}"


def _day(given: Any) -> str:
    try:
        return dt.date.fromisoformat(str(given)[:10]).isoformat()
    except ValueError as wrong:
        raise Unfit(f"{str(given)[:40]!r} is no day such as 2026-11-21") from wrong


def _boolean(given: Any) -> bool:
    word = str(given).strip().lower()
    if word not in _YES | _NO:
        raise Unfit(f"{str(given)[:40]!r} is neither true nor false")
    return word in _YES


def _integer(given: Any) -> int:
    try:
        number = Decimal(str(given))
        whole = int(number)
    except (InvalidOperation, ValueError, OverflowError) as wrong:
        raise Unfit(f"{str(given)[:40]!r} is no whole number") from wrong
    if isinstance(given, bool) or whole != number or not -_WIDEST_INTEGER <= whole < _WIDEST_INTEGER:
        raise Unfit(f"{str(given)[:40]!r} is no whole number of 64 bits")
    return whole


def _float(given: Any) -> float:
    try:
        number = float(given)
    except (TypeError, ValueError) as wrong:
        raise Unfit(f"{str(given)[:40]!r} is no number") from wrong
    if not math.isfinite(number):
        raise Unfit("is no finite number")
    return number


def _json(given: Any) -> str:
    text = _text(given)
    try:
        json.loads(text, parse_constant=_no_constant)
    except ValueError as wrong:
        raise Unfit(f"{text[:40]!r} is not JSON: it stands in the file as text") from wrong
    return text


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _bytes(given: Any) -> str:
    try:
        raw = given if isinstance(given, bytes) else binascii.a2b_base64(str(given), strict_mode=True)
    except (binascii.Error, ValueError) as wrong:
        raise Unfit("is not base64") from wrong
    return binascii.b2a_base64(raw, newline=False).decode()


_READ: dict[str, Callable[[Any], Any]] = {
    "id": _id,
    "amount": _amount,
    "time": _time,
    "day": _day,
    "boolean": _boolean,
    "json": _json,
    "object": lambda given: in_order(_json(given)),
    "bytes": _bytes,
    "float": _float,
    "integer": _integer,
    "text": _text,
}
