"""Who is believed: of several sources that state a field, which value stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

PERSONS = frozenset({"user", "api", "script", "suggestion", "channel"})


class Claim(NamedTuple):
    """One source's word on one field. ``order`` sorts by time; ``set_id`` is the change set that it came with."""

    set_id: bytes
    origin: str
    source: str
    precedence: int
    order: tuple[str, bytes]
    value: Any
    # Whether the source restates the field with every statement, or set it once (a direct change without a statement).
    is_statement: bool


def believed(claims: Iterable[Claim], *, locked: bool) -> Claim | None:
    """The claim that stands, or ``None`` where nobody claims anything.

    A person's latest value wins while the field is locked; then the feed of the lowest precedence that says something
    other than empty, with the latest that it said; an unlocked person's value only where no feed speaks.
    """
    latest: dict[tuple[bool, str], Claim] = {}
    for claim in sorted(claims, key=lambda each: each.order):
        latest[(claim.origin in PERSONS, "" if claim.origin in PERSONS else claim.source)] = claim
    person = latest.pop((True, ""), None)
    if person is not None and locked:
        return person
    feeds = sorted(latest.values(), key=lambda each: each.precedence)
    spoken = next((each for each in feeds if each.value is not None), feeds[0] if feeds else None)
    return spoken or person


def outranked(rivals: Sequence[Claim], precedence: int) -> bool:
    """Whether a better source than ``precedence`` already says something about the field."""
    return any(each.precedence < precedence and each.value is not None for each in rivals if each.origin not in PERSONS)


def fallback(rivals: Sequence[Claim]) -> Any:
    """What stands when a source falls silent: the best word of the others, or nothing."""
    claim = believed([each for each in rivals if each.origin not in PERSONS], locked=False)
    return None if claim is None else claim.value
