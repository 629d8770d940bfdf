"""How the database goes about a statement: its plan, and which indexes that uses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mercat.core.database.bulk import Bulk

_SQLITE_INDEX = re.compile(r"USING (?:COVERING )?INDEX (\S+)|USING (PRIMARY KEY)|USING (INTEGER PRIMARY KEY)")
_POSTGRES_INDEX = re.compile(r"Index(?: Only)? Scan(?: Backward)? (?:using|on) (\S+)")


@dataclass(frozen=True)
class Plan:
    """``lines`` as the database tells it; ``indexes`` that it uses; ``is_scan`` where it reads a whole table."""

    lines: list[str]
    indexes: list[str]
    is_scan: bool


def explain(bulk: Bulk, sql: str, parameters: Sequence[Any], *, only_indexes: bool = False) -> Plan:
    """The plan of a statement, which is not run. ``only_indexes``: how it would be if the tables were large (PostgreSQL)."""
    if bulk.is_postgres:
        if only_indexes:
            bulk.prefer_indexes()
        lines = [str(row[0]) for row in bulk.fetch(f"EXPLAIN {sql}", parameters)]
        indexes = [found for line in lines for found in _POSTGRES_INDEX.findall(line)]
        return Plan(lines, _each_once(indexes), any("Seq Scan" in line for line in lines))
    if bulk.is_sqlite:
        lines = [str(row[-1]) for row in bulk.fetch(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        indexes = ["".join(found) for line in lines for found in _SQLITE_INDEX.findall(line)]
        return Plan(lines, _each_once(indexes), any(line.startswith("SCAN") and "INDEX" not in line for line in lines))
    return _mariadb(bulk, sql, parameters)


def _mariadb(bulk: Bulk, sql: str, parameters: Sequence[Any]) -> Plan:
    lines, indexes, is_scan = [], [], False
    for row in bulk.fetch(f"EXPLAIN {sql}", parameters):
        _, kind, table, access, possible, used, _, _, rows, extra = row[:10]
        lines.append(
            f"{kind} {table}: {access}, index {used or 'none'} of {possible or 'none'}, about {rows} rows; {extra or ''}"
        )
        # Looked up by a unique key while it was planned, and not there.
        found = used or ("a unique key" if "const tables" in (extra or "") else None)
        indexes += [found] if found else []
        is_scan = is_scan or access == "ALL"
    return Plan(lines, _each_once(indexes), is_scan)


def _each_once(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))
