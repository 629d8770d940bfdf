"""Tending the database: how it is, what it holds, and keeping it quick."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from mercat.core.actor import Actor
from mercat.core.database import looking, revision, slow, upkeep
from mercat.core.unit import Runtime
from mercat.domain.operations.configurable import HEALTH_DISK
from mercat.domain.operations.configuring import value_of
from mercat.domain.operations.growth_repository import GrowthRepository
from mercat.domain.operations.health import DEGRADED, OK, worst
from mercat.domain.operations.logs_repository import LogRepository

_COMPARED_DAYS, _KEPT_DAYS = 30, 800
# So many slow statements a day are worth a look.
_MANY_SLOW = 100


def database_health(runtime: Runtime, actor: Actor, *, is_thorough: bool = True) -> dict[str, Any]:
    """``state`` and ``checks`` (each with state, facts, and what to do where it is not well). Never raises for what it finds."""
    actor.require("operations.health")
    try:
        with runtime.read(actor) as unit:
            least = value_of(unit, HEALTH_DISK)
    except Exception:  # noqa: BLE001  # a database that is away is what is to be told
        least = HEALTH_DISK.default
    found = [
        *looking.check_database(runtime, least_free_mb=least, is_thorough=is_thorough),
        *_slow_lately(runtime, actor),
    ]
    return {"state": worst(each.state for each in found), "checks": {each.name: asdict(each) for each in found}}


def _slow_lately(runtime: Runtime, actor: Actor) -> list[looking.Check]:
    try:
        with runtime.read(actor) as unit:
            found = LogRepository(unit.session).slow(slow.EVENT, unit.now - dt.timedelta(days=1))
    except Exception:  # noqa: BLE001  # what is away, or of another version, is told of by the other checks
        return []
    times = sum(int(each["times"]) for each in found)
    facts = {"slow_today": times, "longest_s": max((each["longest_s"] for each in found), default=0)}
    is_bad = times >= _MANY_SLOW
    return [
        looking.Check("statements", DEGRADED if is_bad else OK, facts, "mercat db slow names them" if is_bad else "")
    ]


def database_figures(runtime: Runtime, actor: Actor, *, is_exact: bool = False) -> dict[str, Any]:
    """``bytes`` of the whole and the ``tables``, largest first, with rows and, where the database tells, bytes.

    ``grown`` is how many rows each has more than on ``since``, a month ago or as far back as is known.
    """
    actor.require("operations.backup")
    with runtime.engine.connect() as connection:
        tables = [asdict(each) for each in upkeep.table_figures(connection, is_exact=is_exact)]
        size = upkeep.database_bytes(connection)
    with runtime.read(actor) as unit:
        then = GrowthRepository(unit.session).before(unit.now.date() - dt.timedelta(days=_COMPARED_DAYS))
    since = min((day for day, _, _ in then.values()), default=None)
    for each in tables:
        known = then.get(str(each["name"]))
        each["grown"] = None if known is None else int(each["rows"]) - known[1]
    return {"dialect": runtime.engine.dialect.name, "bytes": size, "since": since, "tables": tables}


def note_growth(runtime: Runtime, actor: Actor) -> bool:
    """Write down how large each table is today, once a day; whether that was done now."""
    actor.require("operations.configure")
    with runtime.read(actor) as unit:
        today = unit.now.date()
        if GrowthRepository(unit.session).has(today):
            return False
    with runtime.engine.connect() as connection:
        figures = upkeep.table_figures(connection)
    forget = today - dt.timedelta(days=_KEPT_DAYS)
    runtime.attempt(lambda unit: GrowthRepository(unit.session).note(today, figures, forget_before=forget), actor)
    return True


def slow_statements(runtime: Runtime, actor: Actor, *, days: int = 7) -> dict[str, Any]:
    """Statements over ``limit_s``, those first that took most time in all: ``statement``, ``times``, ``total_s``, ``longest_s``.

    From PostgreSQL's own book where pg_stat_statements is installed, else from what this application logged.
    """
    actor.require("operations.logs")
    limit_s = runtime.settings.database_slow_ms / 1000
    with runtime.engine.connect() as connection:
        told = slow.server_slow(connection, limit_s)
    source = "pg_stat_statements"
    if told is None:
        with runtime.read(actor) as unit:
            told = LogRepository(unit.session).slow(slow.EVENT, unit.now - dt.timedelta(days=days))
        source = "the log"
    return {"limit_s": limit_s, "source": source, "data": told, "total": len(told)}


@dataclass(frozen=True)
class DatabaseAbout:
    """Which database this is: its kind, the version of its server, and the revision that its tables are at."""

    dialect: str
    server: str
    revision: str | None


def describe_database(runtime: Runtime) -> DatabaseAbout:
    """What everybody may know of it: never its address."""
    with runtime.engine.connect() as connection:
        known = connection.dialect.server_version_info or ()
    server = ".".join(str(each) for each in known)
    return DatabaseAbout(runtime.engine.dialect.name, server, revision.current(runtime.engine))


def optimize_database(
    runtime: Runtime, actor: Actor, *, advance: Callable[[str], None] = lambda _step: None
) -> dict[str, float]:
    """Give space back and take statistics anew; seconds by step."""
    actor.require("operations.configure")
    return upkeep.optimize(runtime.engine, advance)
