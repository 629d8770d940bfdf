"""A profile as TOML, ready to be edited. The standard library reads TOML but does not write it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mercat.connectors.table.settings import Rule, TableSettings

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def render(settings: TableSettings, comments: Mapping[str, str] | None = None) -> str:
    """The settings as a profile. ``comments`` go behind the columns of these names. Parsing gives the same back."""
    lines = ['connector = "table"']
    for name in ("currency", "key", "group", "decimal_comma", "list_separator"):
        value = getattr(settings, name)
        if value is not None:
            lines.append(f"{name} = {toml(value)}")
    lines.append(f"unplaced = {toml(settings.unplaced)}")
    if settings.missing_columns != "refuse":
        lines.append(f"missing_columns = {toml(settings.missing_columns)}")
    read = settings.read.model_dump(exclude_defaults=True)
    if read:
        lines += ["", "[read]", *(f"{name} = {toml(value)}" for name, value in read.items())]
    if settings.columns:
        lines += ["", "[columns]"]
        for column, rules in settings.columns.items():
            comment = (comments or {}).get(column)
            behind = f"  # {_comment(comment)}" if comment else ""
            lines.append(f"{_key(column)} = {toml(rules)}{behind}")
    if settings.fields:
        lines += ["", "[fields]", *(f"{_key(target)} = {toml(rule)}" for target, rule in settings.fields.items())]
    return "\n".join(lines) + "\n"


def toml(value: Any) -> str:
    """A value in TOML, tables inline."""
    if isinstance(value, Rule):
        value = value.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(name)} = {toml(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(toml(inner) for inner in value) + "]"
    raise TypeError(f"{type(value).__name__} has no place in a profile")


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _string(name)


def _string(text: str) -> str:
    # A TOML basic string takes JSON's escapes; beyond JSON it wants U+007F escaped, and knows no lone surrogates.
    clean = text.encode("utf-8", "replace").decode()
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:120]
