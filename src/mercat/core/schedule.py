"""When something that happens again and again is next due: facts in, instants out."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from mercat.core.errors import Invalid


def zone_of(name: str) -> dt.tzinfo:
    """The time zone of this name (``Europe/Berlin``). Raises ``Invalid``."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        message = f"{name!r} is no time zone: give a name like Europe/Berlin or UTC"
        raise Invalid(message) from unknown


def next_cron(expression: str, after: dt.datetime, timezone: str) -> dt.datetime:
    """The first instant after ``after`` at which the clock of that zone shows what the expression asks for, in UTC.

    Five fields as in cron(5), and as Debian's cron keeps them over a change of the clock: a time that is left out
    happens right after the gap, a time that comes twice happens the first time only; steps like ``*/15`` just go on.
    Raises ``Invalid`` for what is no expression, and for one that never comes true.
    """
    if len(expression.split()) != 5:
        message = f"{expression!r} is no cron expression: five fields, like '30 2 * * 1-5'"
        raise Invalid(message)
    try:
        return next(CronSim(expression, after.astimezone(zone_of(timezone)))).astimezone(dt.UTC)
    except CronSimError as wrong:
        message = f"{expression!r} is no cron expression: {wrong}"
        raise Invalid(message) from wrong
    except StopIteration as never:
        message = f"{expression!r} never comes true"
        raise Invalid(message) from never


def next_every(every_s: int, due: dt.datetime, now: dt.datetime) -> dt.datetime:
    """The first instant after ``now`` that lies a whole number of intervals after ``due``."""
    passed = (now - due).total_seconds()
    steps = max(1, int(passed // every_s) + 1)
    return due + dt.timedelta(seconds=steps * every_s)


def following(
    cron: str | None, every_s: int | None, timezone: str, *, due: dt.datetime, now: dt.datetime
) -> dt.datetime:
    """When it is due after ``now``, having been due at ``due``. What was missed meanwhile is not made up for."""
    if cron is not None:
        return next_cron(cron, max(now, due), timezone)
    if every_s is None:
        message = "a schedule has a cron expression or an interval"
        raise Invalid(message)
    return next_every(every_s, due, now)
