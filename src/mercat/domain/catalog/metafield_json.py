"""JSON that keeps its numbers: compact, characters as they are, and decimals exactly as they were written.

A broken number is read as a float only where the float's shortest form is that very number (so that any JSON library
writes it again as it was), else as a ``Decimal``.
"""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

_MOST_DEPTH = 100
# Beyond this many places the zeros would be the bulk of a number, and a hostile 1e999999999 a gigabyte.
_MOST_ZEROS = 30
_WORDS = {None: "null", True: "true", False: "false"}
_string = json.JSONEncoder(ensure_ascii=False).encode


class Unfit(ValueError):
    """A value that cannot be what it is said to be; the message says why, in words."""


def load(text: str) -> Any:
    """The value of a JSON text; see above for its numbers. Raises ``Unfit``."""
    try:
        return _decoder.decode(text)
    except (json.JSONDecodeError, RecursionError) as wrong:
        raise Unfit(f"{shown(text)} is not JSON") from wrong


def _exact(text: str) -> float | Decimal:
    number, near = Decimal(text), float(text)
    return near if math.isfinite(near) and Decimal(repr(near)) == number else number


def _refuse_constant(name: str) -> Any:
    raise Unfit(f"{name} is not JSON")


# Made once: ``json.loads`` makes one for each text that it is to read in this way.
_decoder = json.JSONDecoder(parse_float=_exact, parse_constant=_refuse_constant)


def dump(value: Any, depth: int = 0) -> str:
    """Compact JSON. Raises ``Unfit`` for what JSON cannot hold and for more than a hundred levels."""
    if isinstance(value, str):
        return _string(value)
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, (int, float, Decimal)):
        return _number(value)
    if depth > _MOST_DEPTH:
        raise Unfit(f"JSON nested more than {_MOST_DEPTH} deep")
    if isinstance(value, dict):
        return "{" + ",".join(f"{_string(_key(key))}:{dump(item, depth + 1)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(dump(item, depth + 1) for item in value) + "]"
    raise Unfit(f"{shown(value)} is not JSON")


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise Unfit(f"the key {shown(key)} is not text")
    return key


def _number(value: float | Decimal) -> str:
    """An integer as it is; a decimal with a point even where it is whole, so that it is read back as one."""
    if isinstance(value, int):
        return str(int(value))
    if not (value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)):
        raise Unfit(f"{value} is not JSON")
    number = Decimal(repr(value)) if isinstance(value, float) else value
    if not number:
        return "0.0"
    if not -_MOST_ZEROS < number.adjusted() < _MOST_ZEROS:
        return str(number)
    text = format(number, "f")
    if "." not in text:
        return f"{text}.0"
    text = text.rstrip("0")
    return f"{text}0" if text.endswith(".") else text


def shown(value: Any) -> str:
    """A value as a message shows it: cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
