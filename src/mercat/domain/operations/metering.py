"""Figures in Prometheus' text format: of this process, what it was asked; from the database, all else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from mercat import __version__
from mercat.core.actor import Actor
from mercat.core.jobs.presence import living
from mercat.core.unit import ReadUnit, Runtime
from mercat.domain.operations.health_repository import HealthRepository
from mercat.domain.operations.models import SyncFreshness
from mercat.domain.operations.repository import FreshnessRepository

# When each series began nobody asks, and it doubles their number.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left it so
CONTENT_TYPE = CONTENT_TYPE_LATEST
_RUNS_IN = dt.timedelta(hours=1)
_CALLS_IN = dt.timedelta(minutes=1)
_SECONDS = (0.01, 0.025, 0.1, 0.5, 1.0, 5.0)
_UNKNOWN = "unmatched"
_RUN = ("type", "source", "target")
Sample = tuple[Sequence[str], float]


class Meters:
    """What this process was asked over HTTP. With several processes, each has its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "mercat_http_requests",
            "Requests answered by this process",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "mercat_http_request_seconds",
            "How long answers took",
            ("route", "method"),
            buckets=_SECONDS,
            registry=self.registry,
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered. ``route`` is the route's own path, with names for its parts, so that there are few."""
        route = route or _UNKNOWN
        # Anybody may send any word for a method.
        method = method if route != _UNKNOWN else ""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route, method).observe(seconds)


class _Facts(Collector):
    """What was read, as figures."""

    def __init__(self) -> None:
        self.families: list[Metric] = []

    def collect(self) -> Iterable[Metric]:
        """For the registry."""
        return self.families

    def gauge(self, name: str, text: str, labels: Sequence[str], samples: Iterable[Sample]) -> None:
        """A figure that goes up and down."""
        family = GaugeMetricFamily(f"mercat_{name}", text, labels=labels)
        for values, figure in samples:
            family.add_metric(values, figure)
        self.families.append(family)

    def counter(self, name: str, text: str, labels: Sequence[str], samples: Iterable[Sample]) -> None:
        """A figure that only goes up."""
        family = CounterMetricFamily(f"mercat_{name}", text, labels=labels)
        for values, figure in samples:
            family.add_metric(values, figure)
        self.families.append(family)


def metrics(runtime: Runtime, actor: Actor, meters: Meters) -> bytes:
    """Everything, in the text format 0.0.4. Cheap: indexes only, counts up to 10,000."""
    actor.require("operations.health")
    facts = _Facts()
    facts.gauge("build_info", "The version that runs", ("version",), [((__version__,), 1)])
    facts.gauge("workers", "Workers that live, as seen from here", (), [((), len(living(runtime)))])
    with runtime.read(actor) as unit:
        _of_jobs(facts, unit)
        _of_runs(facts, unit)
        _of_calls(facts, unit)
    registry = CollectorRegistry()
    registry.register(facts)
    return generate_latest(meters.registry) + generate_latest(registry)


def _of_jobs(facts: _Facts, unit: ReadUnit) -> None:
    repository = HealthRepository(unit.session)
    oldest = repository.oldest_wait(unit.now)
    wait_s = 0.0 if oldest is None else (unit.now - oldest).total_seconds()
    jobs = [((kind, status), count) for kind, status, count in repository.jobs()]
    facts.gauge("jobs", "Jobs that wait, run, or were given up", ("kind", "status"), jobs)
    facts.gauge("jobs_oldest_wait_seconds", "How long the job waits that has waited longest", (), [((), wait_s)])
    webhooks = [((status,), count) for status, count in repository.deliveries().items()]
    facts.gauge("webhook_deliveries", "Webhooks that wait, or were given up", ("status",), webhooks)
    lines = [((level,), count) for level, count in repository.lines(unit.now - _RUNS_IN)]
    facts.gauge("log_lines_1h", "Lines logged in the last hour", ("level",), lines)


def _of_runs(facts: _Facts, unit: ReadUnit) -> None:
    lately = HealthRepository(unit.session).runs(unit.now - _RUNS_IN)
    runs = [((sync_type, status), count) for sync_type, status, count in lately]
    facts.gauge("runs_1h", "Runs of feeds and stores begun in the last hour", ("type", "status"), runs)
    fresh = FreshnessRepository(unit.session).listed()
    facts.counter("sync_runs", "Runs that ended", _RUN, ((_place(each), each.runs) for each in fresh))
    facts.counter("sync_failures", "Runs that failed", _RUN, ((_place(each), each.failures) for each in fresh))
    facts.gauge("sync_last_success_timestamp_seconds", "When one last went well", _RUN, _good(fresh))
    ages = ((place, unit.now.timestamp() - at) for place, at in _good(fresh))
    facts.gauge("sync_age_seconds", "How long ago that was", _RUN, ages)
    failed = ((_place(each), float(each.last_status == "failed")) for each in fresh)
    facts.gauge("sync_is_failing", "1 where the last run failed", _RUN, failed)


def _of_calls(facts: _Facts, unit: ReadUnit) -> None:
    calls = HealthRepository(unit.session).calls(unit.now - _CALLS_IN)
    figures = (
        ("calls_1m", "Calls to others in the last minute", "calls"),
        ("call_errors_1m", "Those that were not answered with 200 to 399", "errors"),
        ("call_points_1m", "What they cost in the service's own points", "points"),
        ("call_cost_1m", "What they cost in money", "cost"),
        ("call_seconds_1m", "How long they took, all in all", "seconds"),
    )
    for name, text, of in figures:
        facts.gauge(name, text, ("service",), [((each.service,), getattr(each, of)) for each in calls])


def _place(run: SyncFreshness) -> Sequence[str]:
    return (run.sync_type, run.sync_source, run.sync_target)


def _good(runs: Sequence[SyncFreshness]) -> Iterator[Sample]:
    return ((_place(each), each.last_success_at.timestamp()) for each in runs if each.last_success_at is not None)
