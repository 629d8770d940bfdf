"""How the database answers what is asked all the time."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mercat.core.errors import NotFound
from mercat.core.unit import ReadUnit
from mercat.domain.reports.hot_query_repository import HOT, HotQueryRepository

PERMISSION = "operations.backup"


def list_hot_queries(unit: ReadUnit) -> list[dict[str, str]]:
    """The named statements: ``name``, ``question``, ``sql``."""
    unit.actor.require(PERMISSION)
    return [{"name": name, "question": each.question, "sql": each.sql} for name, each in HOT.items()]


def explain_query(unit: ReadUnit, name: str, *, only_indexes: bool = False) -> dict[str, Any]:
    """One of them with its plan: ``lines``, ``indexes``, ``is_scan``. Raises ``NotFound``, which names those there are."""
    unit.actor.require(PERMISSION)
    if name not in HOT:
        message = f"there is no query {name!r}: there are {', '.join(HOT)}"
        raise NotFound(message)
    plan = HotQueryRepository(unit.session).explain(name, unit.now, only_indexes=only_indexes)
    return {"name": name, "question": HOT[name].question, "sql": HOT[name].sql, **asdict(plan)}
