"""Cells become values, and every mend or loss on the way becomes a warning of that row.

A value that cannot be read is left ``UNSET``, not ``None``: what a supplier garbled must not erase what we know.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import UNSET, UnsetType

from mercat.sdk import values

_TRUE = {"true", "yes", "y", "1", "continue", "ja", "oui"}
_FALSE = {"false", "no", "n", "0", "deny", "nein", "non"}


class Statement:
    """Collects the warnings of one row while its cells are read. One per ``to_record``."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        """Say once what was mended or left out."""
        if message not in self.warnings:
            self.warnings.append(message)

    def text(self, raw: str | None) -> str | None:
        """Plain text; ``None`` where there is none."""
        return (values.plain_text(raw) or None) if raw else None

    def html(self, raw: str | None) -> str | None:
        """Safe HTML; ``None`` where there is none."""
        return (values.safe_html(raw).strip() or None) if raw else None

    def decimal(self, field: str, raw: str | None) -> str | UnsetType | None:
        """A decimal with a point; ``UNSET`` and a warning where it is not a number."""
        try:
            return values.decimal_text(raw, decimal_comma=False) if raw and raw.strip() else None
        except ValueError:
            self.warn(f"{field}: {raw!r} is not a number and was left out")
            return UNSET

    def whole(self, field: str, raw: str | None) -> int | UnsetType | None:
        """A whole number; ``UNSET`` and a warning where it is not one."""
        stated = self.decimal(field, raw)
        if not isinstance(stated, str):
            return stated
        if "." in stated:
            self.warn(f"{field}: {raw!r} is not a whole number and was left out")
            return UNSET
        return int(stated)

    def flag(self, field: str, raw: str | None) -> bool | UnsetType:
        """True or false; ``UNSET`` where the cell is empty or, with a warning, unclear."""
        word = (raw or "").strip().lower()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        if word:
            self.warn(f"{field}: {raw!r} is neither true nor false and was left out")
        return UNSET

    def barcode(self, raw: str | None, field: str = "barcode") -> str | UnsetType | None:
        """A GTIN with a right check digit; ``UNSET`` and a warning where it is none."""
        if not raw or not raw.strip():
            return None
        value, why = values.gtin(raw)
        if why:
            self.warn(f"{field}: {why}")
        return value if value is not None else UNSET

    def gtins(self, raw: Iterable[str]) -> list[str]:
        """The valid GTINs of a list, each once however it is padded."""
        found: dict[str, str] = {}
        for one in raw:
            value = self.barcode(one, "GTIN")
            if isinstance(value, str):
                found.setdefault(values.gtin14(value), value)
        return list(found.values())
