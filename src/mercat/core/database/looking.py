"""How a database is: what is checked of it, and the figures of its tables. Reads only, and asks the database itself."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from mercat.core.database import migrate
from mercat.core.database.revision import current, head
from mercat.core.unit import Runtime

OK, DEGRADED, FAILING = "ok", "degraded", "failing"
_MEGABYTE = 1024 * 1024
# A share of a table that is dead rows, from which on it is told; and from how many rows on that matters.
_BLOATED, _MANY = 0.2, 50_000
_LONG_S = 300
_LARGE_LOG_MB = 1024


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: its state, what was found, and what to do where it is not well."""

    name: str
    state: str
    facts: dict[str, Any]
    mend: str = ""


def check_database(runtime: Runtime, *, least_free_mb: int, is_thorough: bool = True) -> list[Check]:
    """Connection, schema, integrity, indexes, dead rows, the log, long transactions, free disk. Never raises for what it finds.

    ``is_thorough`` also reads the whole of a SQLite file, and compares the schema with the models.
    """
    started = time.perf_counter()
    try:
        revision = current(runtime.engine)
    except Exception as failed:  # noqa: BLE001  # whatever the driver raises is what is to be told
        first = (str(failed).strip() or type(failed).__name__).splitlines()[0]
        return [
            Check("connection", FAILING, {"reason": first}, "look whether the server runs, and MERCAT_DATABASE_URL")
        ]
    took = round((time.perf_counter() - started) * 1000, 1)
    found = [
        Check("connection", OK, {"dialect": runtime.engine.dialect.name, "latency_ms": took}),
        _schema(runtime, revision, is_thorough=is_thorough),
    ]
    with runtime.engine.connect() as connection:
        if revision == head():
            found.append(_missing_indexes(connection))
        for look in _LOOKS[_family(connection)]:
            found += look(connection, runtime, is_thorough)
    return [*found, _disk(runtime, least_free_mb)]


def _family(connection: Connection) -> str:
    return "mariadb" if connection.dialect.name == "mysql" else connection.dialect.name


def _schema(runtime: Runtime, revision: str | None, *, is_thorough: bool) -> Check:
    facts: dict[str, Any] = {"revision": revision, "head": head()}
    if revision != head():
        return Check("migrations", FAILING, facts, "mercat db upgrade")
    differing = migrate.differences(runtime.engine) if is_thorough else []
    if differing:
        return Check("migrations", DEGRADED, {**facts, "differences": len(differing)}, "mercat db check names them")
    return Check("migrations", OK, facts)


def _missing_indexes(connection: Connection) -> Check:
    missing = migrate.missing_indexes(connection)
    mend = ""
    if missing:
        # PostgreSQL's are built beside writers; elsewhere a person has to say when.
        mend = (
            "mercat db upgrade builds them" if connection.dialect.name == "postgresql" else "mercat db check names them"
        )
    return Check("missing_indexes", DEGRADED if missing else OK, {"missing": missing}, mend)


def _disk(runtime: Runtime, least_mb: int) -> Check:
    home = runtime.settings.home
    free = shutil.disk_usage(home if home.exists() else home.anchor).free // _MEGABYTE
    state = FAILING if free * 10 < least_mb else DEGRADED if free < least_mb else OK
    return Check(
        "disk", state, {"free_mb": free, "least_mb": least_mb}, "" if state == OK else "make room: mercat db cleanup"
    )


Look = Callable[[Connection, Runtime, bool], list[Check]]


def _rows(connection: Connection, sql: str, **given: Any) -> list[Any]:
    return list(connection.execute(text(sql), given))


# -- SQLite -----------------------------------------------------------------------------------------------------------


def _sqlite_integrity(connection: Connection, _runtime: Runtime, is_thorough: bool) -> list[Check]:  # noqa: FBT001  # as all looks
    if not is_thorough:
        return []
    faults = [row[0] for row in _rows(connection, "PRAGMA quick_check(5)") if row[0] != "ok"]
    loose = migrate.integrity(connection)
    broken = "restore a backup: mercat db list-backups"
    return [
        Check("integrity", FAILING if faults else OK, {"faults": faults}, broken if faults else ""),
        Check("foreign_keys", FAILING if loose else OK, {"faults": loose[:5]}, broken if loose else ""),
    ]


def _sqlite_space(connection: Connection, _runtime: Runtime, _thorough: bool) -> list[Check]:  # noqa: FBT001
    [[pages], [free]] = [_rows(connection, f"PRAGMA {each}")[0] for each in ("page_count", "freelist_count")]
    share = free / pages if pages else 0
    path = Path(f"{connection.engine.url.database}-wal")
    log_mb = path.stat().st_size // _MEGABYTE if path.exists() else 0
    is_bloated, is_long = share > _BLOATED and pages > _MANY, log_mb > _LARGE_LOG_MB
    return [
        Check("bloat", DEGRADED if is_bloated else OK, {"free_share": round(share, 3)}, _optimize(is_bloated)),
        Check(
            "log", DEGRADED if is_long else OK, {"wal_mb": log_mb}, "a reader stays open for long" if is_long else ""
        ),
    ]


def _optimize(is_bad: bool) -> str:  # noqa: FBT001  # a yes or no that chooses the words
    return "mercat db optimize" if is_bad else ""


# -- PostgreSQL -------------------------------------------------------------------------------------------------------


def _postgres_indexes(connection: Connection, _runtime: Runtime, _thorough: bool) -> list[Check]:  # noqa: FBT001
    invalid = _rows(
        connection,
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND NOT i.indisvalid",
    )
    unused = _rows(
        connection,
        "SELECT s.indexrelname FROM pg_stat_user_indexes s JOIN pg_index i ON i.indexrelid = s.indexrelid"
        " JOIN pg_stat_user_tables t ON t.relid = s.relid WHERE s.idx_scan = 0 AND NOT i.indisunique"
        " AND s.schemaname = 'public' AND t.n_live_tup > :many ORDER BY pg_relation_size(s.indexrelid) DESC",
        many=_MANY,
    )
    names = [row[0] for row in invalid]
    mend = f"REINDEX INDEX CONCURRENTLY {names[0]}" if names else ""
    facts = {"invalid": names, "unused": [row[0] for row in unused]}
    return [Check("indexes", DEGRADED if names else OK, facts, mend)]


def _postgres_space(connection: Connection, _runtime: Runtime, _thorough: bool) -> list[Check]:  # noqa: FBT001
    dead = _rows(
        connection,
        "SELECT relname, n_dead_tup FROM pg_stat_user_tables WHERE schemaname = 'public' AND n_dead_tup > :many"
        " AND n_dead_tup > :share * (n_live_tup + n_dead_tup)",
        many=_MANY,
        share=_BLOATED,
    )
    facts = {"dead_rows": {str(row[0]): int(row[1]) for row in dead}}
    return [Check("bloat", DEGRADED if dead else OK, facts, _optimize(bool(dead)))]


def _postgres_transactions(connection: Connection, _runtime: Runtime, _thorough: bool) -> list[Check]:  # noqa: FBT001
    long = _rows(
        connection,
        "SELECT pid, CAST(extract(epoch FROM clock_timestamp() - xact_start) AS integer) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND xact_start < clock_timestamp() - make_interval(secs => :secs)",
        secs=_LONG_S,
    )
    facts = {"long": [{"pid": pid, "seconds": seconds} for pid, seconds in long]}
    return [
        Check("transactions", DEGRADED if long else OK, facts, "end them: nothing is cleaned meanwhile" if long else "")
    ]


# -- MariaDB ----------------------------------------------------------------------------------------------------------


def _mariadb_space(connection: Connection, _runtime: Runtime, _thorough: bool) -> list[Check]:  # noqa: FBT001
    free = _rows(
        connection,
        "SELECT table_name, data_free FROM information_schema.tables WHERE table_schema = database()"
        " AND data_free > :share * (data_length + index_length) AND data_free > 268435456",
        share=_BLOATED,
    )
    facts = {"free_bytes": {name: int(size) for name, size in free}}
    return [Check("bloat", DEGRADED if free else OK, facts, _optimize(bool(free)))]


def _mariadb_transactions(connection: Connection, _runtime: Runtime, _thorough: bool) -> list[Check]:  # noqa: FBT001
    long = _rows(
        connection,
        "SELECT trx_mysql_thread_id, timestampdiff(SECOND, trx_started, now()) FROM information_schema.innodb_trx"
        " WHERE trx_started < now() - INTERVAL :secs SECOND AND trx_mysql_thread_id <> connection_id()",
        secs=_LONG_S,
    )
    facts = {"long": [{"id": int(thread), "seconds": int(seconds)} for thread, seconds in long]}
    return [
        Check("transactions", DEGRADED if long else OK, facts, "end them: nothing is cleaned meanwhile" if long else "")
    ]


_LOOKS: dict[str, tuple[Look, ...]] = {
    "sqlite": (_sqlite_integrity, _sqlite_space),
    "postgresql": (_postgres_indexes, _postgres_space, _postgres_transactions),
    "mariadb": (_mariadb_space, _mariadb_transactions),
}
