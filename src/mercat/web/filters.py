"""What narrows a list: a filter as a page declares it, and as it stands in the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Filter:
    """A filter of a list, by the name that the API gives it.

    ``choices`` (value, words): any of them; without: typed. ``is_range``: from and to; ``is_date``: both are days.
    """

    name: str
    title: str
    choices: Sequence[tuple[str, str]] = ()
    is_range: bool = False
    is_date: bool = False


@dataclass(frozen=True)
class Pick:
    """A filter as it stands. ``chosen`` are the values in the address, ``said`` is how it reads, ``off`` takes it away."""

    of: Filter
    chosen: Sequence[str]
    least: str
    most: str
    said: str
    off: str

    @property
    def is_on(self) -> bool:
        """Whether it narrows anything."""
        return bool(self.said)


class Address(Protocol):
    """What a filter needs of its table."""

    def without(self, *names: str) -> str:
        """The address without these."""


def made(of: Filter, given: Sequence[tuple[str, str]], table: Address) -> Pick:
    """The filter as this address has it."""
    chosen = [value for name, value in given if name == of.name]
    ends = {end: next((value for name, value in given if name == f"{of.name}_{end}"), "") for end in ("min", "max")}
    off = table.without(of.name, f"{of.name}_min", f"{of.name}_max")
    return Pick(of, chosen, ends["min"], ends["max"], _said(of, chosen, ends["min"], ends["max"]), off)


def _said(of: Filter, chosen: Sequence[str], least: str, most: str) -> str:
    words = dict(of.choices)
    if chosen:
        more = f" +{len(chosen) - 1}" if len(chosen) > 1 else ""
        return words.get(chosen[0], chosen[0]) + more
    if least and most:
        return f"{least} to {most}"
    return f"from {least}" if least else f"to {most}" if most else ""
