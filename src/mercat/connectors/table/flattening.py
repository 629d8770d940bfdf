"""A keyed record (JSON, XML) as flat columns: names are dotted paths, values are what the file holds."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
from xxhash import xxh3_64_intdigest

from mercat.connectors.table.cells import Cell

_MAX_DEPTH = 12
_MAX_EXPONENT = 40


def flatten(record: dict[str, Any]) -> dict[str, Any]:
    """Dotted path → scalar or list of scalars. A list of records becomes one list per path (``images.url``).

    What is nested deeper than twelve levels is kept as JSON text.
    """
    flat: dict[str, Any] = {}
    for name, value in record.items():
        kind = type(value)
        if kind is str or kind is bool or kind is int or kind is Decimal or value is None:
            flat[name] = value
        else:
            _flatten_into(flat, name, value, depth=1)
    return flat


def _flatten_into(flat: dict[str, Any], path: str, value: Any, *, depth: int) -> None:
    if isinstance(value, dict) and depth < _MAX_DEPTH:
        for name, inner in value.items():
            _flatten_into(flat, path if name == "#text" else f"{path}.{name}", inner, depth=depth + 1)
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        for item in value:
            _collect(flat, path, item, depth=depth)
    elif isinstance(value, list):
        flat[path] = [
            item if isinstance(item, (str, int, Decimal)) else _json(item) for item in value if item is not None
        ]
    elif isinstance(value, dict):
        flat[path] = _json(value)
    else:
        flat[path] = value


def _collect(flat: dict[str, Any], path: str, item: dict[str, Any], *, depth: int) -> None:
    inner: dict[str, Any] = {}
    _flatten_into(inner, path, item, depth=depth)
    for name, value in inner.items():
        gathered = flat.setdefault(name, [])
        if isinstance(gathered, list) and value is not None:
            gathered.extend(value if isinstance(value, list) else [value])


def cell_of(value: Any) -> Cell | None:
    """A flat value as a cell. JSON's ``null`` is stated to be empty: ``""``."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return [_scalar(item) for item in value]
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        # A hostile 1E+999999 would write out a million zeros.
        small = value.is_finite() and abs(value.adjusted()) <= _MAX_EXPONENT
        return f"{value:f}" if small else str(value)
    return str(value)


def digest_of(record: dict[str, Any], seed: int) -> int:
    """A hash over everything the record holds, whatever the order of its keys."""
    try:
        return xxh3_64_intdigest(msgspec.json.encode(record, order="deterministic"), seed)
    except (UnicodeEncodeError, ValueError, TypeError):
        # A lone surrogate cannot be written as UTF-8; the escaped form can.
        return xxh3_64_intdigest(json.dumps(record, sort_keys=True, default=str).encode(), seed)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
