"""Files of what was seen: read as a stream, kept batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from mercat.core.actor import Actor
from mercat.core.errors import Invalid
from mercat.core.jobs import UNWATCHED, Watch
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.market.messages import ImportObservations
from mercat.domain.market.observing import record
from mercat.domain.market.opinions import record_reviews
from mercat.domain.market.ranking import record_ranks
from mercat.domain.market.schemas import Recorded
from mercat.domain.operations import service as operations
from mercat.sdk.checking import faults_of
from mercat.sdk.connector import Connector
from mercat.sdk.installed import connectors
from mercat.sdk.market import MarketFiles
from mercat.sdk.records import BadRow
from mercat.sdk.roles import FeedFile

SYNC_TYPE = "market_import"
DEFAULT = "observations"


@dataclass(frozen=True)
class ObservationImport:
    """Files to be read by a connector. ``create``: listings that nobody watches are watched from now on.

    ``is_quiet``: nobody is told of what it says; a past that is brought in is no news. ``what`` they tell of: one of
    ``KINDS``.
    """

    files: Sequence[FeedFile]
    connector: str = DEFAULT
    settings: Mapping[str, Any] = field(default_factory=dict)
    create: bool = False
    is_quiet: bool = False
    what: str = "observations"


def import_observations(
    runtime: Runtime, actor: Actor, asked: ObservationImport, *, watch: Watch = UNWATCHED
) -> Recorded:
    """Keep what files say was seen. What is kept already is counted as a duplicate: the same file twice changes nothing.

    Each batch is a unit of its own. Raises ``Invalid`` and ``Unreadable``; what was kept until then stays kept.
    """
    actor.require("market.record")
    reader = reader_of(asked.connector, asked.settings, asked.what)
    names = ", ".join(each.name for each in asked.files)
    with runtime.write(actor) as unit:
        run = operations.begin_run(
            unit, SYNC_TYPE, source=names, target="market", files=[{"name": each.name} for each in asked.files]
        )
    result = Recorded()
    try:
        for batch in reader.batches(asked.files):
            watch.check()
            _take(runtime, actor, batch, asked, result)
            watch.progress(asked.what, result.seen, None)
    except Exception as failed:
        _finish(runtime, actor, run.id, result, failure=str(failed) or type(failed).__name__)
        raise
    _finish(runtime, actor, run.id, result)
    return result


def enqueue_import(
    unit: WriteUnit,
    sha256: str,
    name: str,
    *,
    connector: str,
    settings: Mapping[str, Any],
    create: bool,
    what: str = "observations",
) -> UUID:
    """Have a worker read a file that is kept under its hash. Raises ``Invalid`` for settings that cannot be."""
    unit.actor.require("market.record")
    reader_of(connector, settings, what)
    return unit.enqueue(ImportObservations(sha256, name, connector, dict(settings), create=create, what=what))


def reader_of(connector: str, settings: Mapping[str, Any], what: str = "observations") -> MarketFiles[Any]:
    """A connector's reader of what its files tell, with these settings. Raises ``Invalid`` naming what is wrong."""
    if what not in KINDS:
        message = f"files tell of {', '.join(KINDS)}, not of {what!r}"
        raise Invalid(message, field="what")
    found = connectors().get(connector)
    make = None if found is None else _reader(found, what)
    if found is None or make is None:
        readers = ", ".join(name for name, each in connectors().items() if _reader(each, what) is not None)
        message = f"no connector called {connector!r} reads {what}; there are {readers}"
        raise Invalid(message, field="connector")
    try:
        return make(found.settings.model_validate(dict(settings)))
    except ValidationError as wrong:
        message = f"the settings of connector {connector} do not fit: {faults_of(wrong)}"
        raise Invalid(message) from wrong


def _take(
    runtime: Runtime,
    actor: Actor,
    batch: Sequence[Any],
    asked: ObservationImport,
    result: Recorded,
) -> None:
    for each in batch:
        if isinstance(each, BadRow):
            result.seen += 1
            result.refuse(f"line {each.line}: {each.reason}")
    seen = [each for each in batch if not isinstance(each, BadRow)]
    if seen:
        result.add(runtime.attempt(lambda unit: KINDS[asked.what](unit, seen, asked), actor))


def _reader(found: Connector, what: str) -> Callable[[Any], MarketFiles[Any]] | None:
    return {"observations": found.observations, "bestsellers": found.rankings, "reviews": found.reviews}[what]


def _observations(unit: WriteUnit, seen: Sequence[Any], asked: ObservationImport) -> Recorded:
    return record(unit, seen, provider=asked.connector, create=asked.create, is_quiet=asked.is_quiet)


def _rankings(unit: WriteUnit, seen: Sequence[Any], asked: ObservationImport) -> Recorded:
    return record_ranks(unit, seen, provider=asked.connector)


def _reviews(unit: WriteUnit, seen: Sequence[Any], asked: ObservationImport) -> Recorded:
    return record_reviews(unit, seen, create=asked.create)


KINDS: Mapping[str, Callable[[WriteUnit, Sequence[Any], ObservationImport], Recorded]] = {
    "observations": _observations,
    "bestsellers": _rankings,
    "reviews": _reviews,
}
"""What files tell of, and how that is kept."""


def _finish(runtime: Runtime, actor: Actor, run_id: UUID, result: Recorded, *, failure: str | None = None) -> None:
    status = "failed" if failure else "partial" if result.refused else "success"
    told = operations.RunResult(
        status,
        total=result.seen,
        successful=result.new,
        failed=result.refused,
        skipped=result.duplicates,
        record_counts={"new": result.new, "duplicates": result.duplicates, "created": result.created},
        message=failure,
        errors=result.reasons,
    )
    with runtime.write(actor) as unit:
        operations.finish_run(unit, run_id, told)
        operations.note_freshness(unit, SYNC_TYPE, target="market", status=status)
