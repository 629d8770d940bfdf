"""Which backups are kept? Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterable


def to_remove(made: Iterable[tuple[str, dt.datetime]], *, daily: int, weekly: int, newest: int = 1) -> list[str]:
    """The names of the backups that go, oldest first.

    Kept are the ``newest``, the last one of each of the last ``daily`` days and ``weekly`` weeks (of ISO 8601) that have any,
    by UTC. Days and weeks without a backup do not count, so that a pause costs nothing.
    """
    # Of one second the name tells which was later.
    newest_first = sorted(made, key=lambda each: (each[1], each[0]), reverse=True)
    kept = {name for name, _ in newest_first[: max(newest, 1)]}
    kept |= _one_each(newest_first, daily, lambda at: at.date())
    kept |= _one_each(newest_first, weekly, lambda at: at.isocalendar()[:2])
    return [name for name, _ in reversed(newest_first) if name not in kept]


def _one_each(
    newest_first: list[tuple[str, dt.datetime]], most: int, period: Callable[[dt.datetime], Hashable]
) -> set[str]:
    found: dict[Hashable, str] = {}
    for name, at in newest_first:
        if len(found) == most and period(at) not in found:
            break
        if most:
            found.setdefault(period(at), name)
    return set(found.values())
