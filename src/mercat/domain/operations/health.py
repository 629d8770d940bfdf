"""Whether all is well: database, schema, jobs, workers, disk, and how fresh feeds and stores are."""

from __future__ import annotations

import datetime as dt
import hmac
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.database.revision import current, head
from mercat.core.jobs.presence import living
from mercat.core.jobs.running import reason_of
from mercat.core.log import get_logger
from mercat.core.unit import ReadUnit, Runtime
from mercat.domain.access.schemas import SettingsView
from mercat.domain.operations.configurable import HEALTH_DISK, HEALTH_STALE, HEALTH_WAIT, METRICS_TOKEN, SCRAPER
from mercat.domain.operations.configuring import secret_of, value_of
from mercat.domain.operations.health_repository import MOST_COUNTED, HealthRepository
from mercat.domain.operations.models import SyncFreshness
from mercat.domain.operations.repository import FreshnessRepository

log = get_logger(__name__)
OK, DEGRADED, FAILING = "ok", "degraded", "failing"
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Watcher:
    """Whoever shows the token of ``metrics.token``: sees health and figures, and nothing else.

    In the shape of ``access.Principal``; no user stands behind it.
    """

    actor: Actor = field(default_factory=lambda: Actor("watcher", "metrics", frozenset({"operations.health"})))
    key_id: UUID | None = None
    session_id: UUID | None = None
    rate_limit_per_minute: int | None = None
    settings: SettingsView = field(default_factory=SettingsView)


def find_watcher(runtime: Runtime, bearer: str) -> Watcher | None:
    """The watcher that this credential belongs to, or ``None``; what does not look like one asks no database."""
    if not bearer.startswith(SCRAPER):
        return None
    with runtime.read() as unit:
        token = secret_of(unit, runtime.secrets, METRICS_TOKEN)
    return Watcher() if token is not None and hmac.compare_digest(token.encode(), bearer.encode()) else None


def is_ready(runtime: Runtime) -> bool:
    """Whether requests can be served: the database answers, and its schema is of this version."""
    try:
        return current(runtime.engine) == head()
    except Exception as failed:  # noqa: BLE001  # whatever the driver raises, the answer is no
        log.warning("database_away", reason=reason_of(failed))
        return False


def health(runtime: Runtime, actor: Actor) -> dict[str, Any]:
    """``state`` and ``checks``, each with a state of its own: ``ok``, ``degraded`` (look at it), ``failing`` (it does not work).

    Cheap: indexes only, however large the catalogue is. Never raises for what it reports.
    """
    actor.require("operations.health")
    checks: dict[str, dict[str, Any]] = {"disk": {"state": OK}}
    started = time.perf_counter()
    try:
        revision = current(runtime.engine)
        checks["database"] = _database(runtime, started)
        checks["migrations"] = {"state": OK if revision == head() else FAILING, "revision": revision, "head": head()}
        if revision == head():
            workers = living(runtime)
            with runtime.read(actor) as unit:
                checks |= {
                    "queue": _queue(unit),
                    "workers": {"state": OK if workers else DEGRADED, "alive": workers},
                    "freshness": _freshness(unit),
                    "disk": _disk(runtime, value_of(unit, HEALTH_DISK)),
                }
    except Exception as failed:  # noqa: BLE001  # whatever the driver raises is what is to be told
        checks["database"] = {"state": FAILING, "reason": reason_of(failed)}
    return {"state": worst(each["state"] for each in checks.values()), "checks": checks}


def worst(states: Iterable[str]) -> str:
    """The state of a whole whose parts are so."""
    return max(states, key=(OK, DEGRADED, FAILING).index, default=OK)


def is_stale(run: SyncFreshness, now: dt.datetime, stale_h: int) -> bool:
    """Whether the last good run is too long ago; one that never went well counts from its first try."""
    since = run.last_success_at or run.created_at
    return stale_h > 0 and now - since > dt.timedelta(hours=stale_h)


def _database(runtime: Runtime, started: float) -> dict[str, Any]:
    took_ms = round((time.perf_counter() - started) * 1000, 1)
    return {"state": OK, "dialect": runtime.engine.dialect.name, "latency_ms": took_ms}


def _queue(unit: ReadUnit) -> dict[str, Any]:
    repository = HealthRepository(unit.session)
    oldest = repository.oldest_wait(unit.now)
    wait_s = 0.0 if oldest is None else (unit.now - oldest).total_seconds()
    waiting, failed = repository.waiting(unit.now), repository.failed()
    return {
        "state": DEGRADED if wait_s > value_of(unit, HEALTH_WAIT) else OK,
        "waiting": waiting,
        "oldest_wait_s": round(wait_s, 1),
        "failed": failed,
        "is_exact": max(waiting, failed) < MOST_COUNTED,
    }


def _disk(runtime: Runtime, least_mb: int) -> dict[str, Any]:
    home = runtime.settings.home
    free_mb = shutil.disk_usage(home if home.exists() else home.anchor).free // _MEGABYTE
    state = FAILING if free_mb * 10 < least_mb else DEGRADED if free_mb < least_mb else OK
    return {"state": state, "free_mb": free_mb}


def _freshness(unit: ReadUnit) -> dict[str, Any]:
    stale_h = value_of(unit, HEALTH_STALE)
    runs = [_run(each, unit.now, stale_h) for each in FreshnessRepository(unit.session).listed()]
    return {"state": worst(each["state"] for each in runs), "runs": runs}


def _run(run: SyncFreshness, now: dt.datetime, stale_h: int) -> Mapping[str, Any]:
    is_bad = run.last_status == "failed" or is_stale(run, now, stale_h)
    good = run.last_success_at
    return {
        "state": DEGRADED if is_bad else OK,
        "type": run.sync_type,
        "source": run.sync_source,
        "target": run.sync_target,
        "last_status": run.last_status,
        "last_run_at": run.last_run_at,
        "last_success_at": good,
        "age_s": None if good is None else round((now - good).total_seconds()),
    }
