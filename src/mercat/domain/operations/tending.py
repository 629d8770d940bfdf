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
from mercat.domain.operations.health import worst
from mercat.domain.operations.logs_repository import LogRepository


def database_health(runtime: Runtime, actor: Actor, *, is_thorough: bool = True) -> dict[str, Any]:
    """``state`` and ``checks`` (each with state, facts, and what to do where it is not well). Never raises for what it finds."""
    actor.require("operations.health")
    try:
        with runtime.read(actor) as unit:
            least = value_of(unit, HEALTH_DISK)
    except Exception:  # noqa: BLE001  # a database that is away is what is to be told
        least = HEALTH_DISK.default
    found = looking.check_database(runtime, least_free_mb=least, is_thorough=is_thorough)
    return {"state": worst(each.state for each in found), "checks": {each.name: asdict(each) for each in found}}


def database_figures(runtime: Runtime, actor: Actor, *, is_exact: bool = False) -> dict[str, Any]:
    """``bytes`` of the whole and the ``tables``, largest first, with rows and, where the database tells, bytes."""
    actor.require("operations.backup")
    with runtime.engine.connect() as connection:
        tables = [asdict(each) for each in upkeep.table_figures(connection, is_exact=is_exact)]
        return {"dialect": runtime.engine.dialect.name, "bytes": upkeep.database_bytes(connection), "tables": tables}


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
