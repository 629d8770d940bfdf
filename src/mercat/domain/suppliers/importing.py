"""Importing: a supplier's files become a judged plan, and the plan the catalogue.

One bulk run at a time holds the catalogue's lock; others wait their turn and say so. A run that is killed leaves at
most a half-written plan, which the next one removes; the catalogue itself changes in one transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from mercat.core.actor import Actor
from mercat.core.database.locks import named_lock
from mercat.core.errors import Invalid, MercatError
from mercat.core.files import KeptFile
from mercat.core.jobs import Cancelled
from mercat.core.log import get_logger
from mercat.core.memory import peak_memory_mb, without_cycle_collection
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.operations import service as operations
from mercat.domain.suppliers.configurable import GUARDS
from mercat.domain.suppliers.connecting import feed_of, recognise
from mercat.domain.suppliers.deciding_matches import has_news
from mercat.domain.suppliers.models import FeedFile as ReceivedFile
from mercat.domain.suppliers.models import Supplier
from mercat.domain.suppliers.staging import Staging
from mercat.domain.suppliers.supplying import ensure_supplier
from mercat.sdk.errors import VendorError
from mercat.sdk.installed import editions
from mercat.sdk.roles import FeedFile, SupplierFeed

log = get_logger(__name__)
# Every so many rows a person is told how far it has come.
_TOLD = 4_000
SYNC_TYPE = "feed_import"
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class ImportRequest:
    """What to import and how. ``settings`` go to the connector; ``guards`` replace single defaults."""

    files: Sequence[FeedFile]
    supplier: str = "direct"
    connector: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    profile: str | None = None
    currency: str | None = None
    mode: str = "upsert"
    complete: bool = False
    guards: Mapping[str, Any] = field(default_factory=dict)
    plan_only: bool = False
    yes: bool = False
    feed_id: UUID | None = None
    feed_name: str | None = None

    def connector_settings(self) -> dict[str, Any]:
        """All that the connector is told."""
        more = {"profile": self.profile, "currency": self.currency}
        return {**self.settings, **{name: value for name, value in more.items() if value is not None}}

    def reading(self, connector: str) -> str:
        """A digest of what decides, besides the bytes, how they are read: the same one says the same of a file."""
        parts = [connector, self.connector_settings(), self.mode, self.complete]
        return sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()


@dataclass
class ImportResult:
    """What came of it. ``status`` is the change set's, or ``unchanged`` where the same file was the last one applied."""

    change_set: str | None
    status: str
    rows: int = 0
    products: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    archived: int = 0
    duplicates: int = 0
    rejected: int = 0
    warnings: list[str] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    conflicts: int = 0
    suppressed: int = 0
    skipped: int = 0
    ambiguous: int = 0
    connector: str = ""
    seconds: float = 0.0
    search_seconds: float = 0.0
    rows_per_second: float = 0.0
    peak_memory_mb: float = 0.0


def run_import(
    runtime: Runtime,
    actor: Actor,
    request: ImportRequest,
    *,
    progress: Progress = lambda _stage, _done, _total: None,
) -> ImportResult:
    """Read, compare, plan, judge and, unless held or asked not to, apply.

    Safe to repeat: the same file again changes nothing. Raises ``Invalid`` and ``VendorError`` for what cannot be read.
    """
    started = time.monotonic()
    if not request.files:
        message = "no file to import"
        raise Invalid(message)
    refuse_currency(request.currency)
    with runtime.read(actor) as unit:
        guards: dict[str, Any] = operations.value_of(unit, GUARDS)
    # What the house says, and what this import or feed says instead.
    request = replace(request, guards={**guards, **request.guards})
    run = _Import(runtime, actor, request, progress)
    waiting = named_lock(
        runtime.engine, catalog.BULK_LOCK, on_wait=lambda: progress("waiting for another run", 0, None)
    )
    with waiting, without_cycle_collection():
        result = run.go()
    searched = time.monotonic()
    catalog.index_pending(runtime, progress=lambda done: progress("indexing for search", done, None))
    ended = time.monotonic()
    result.seconds = round(ended - started, 3)
    result.search_seconds = round(ended - searched, 3)
    is_read = result.change_set is not None
    result.rows_per_second = round(result.rows / result.seconds, 1) if is_read and result.seconds else 0.0
    result.peak_memory_mb = peak_memory_mb()
    return result


def refuse_currency(code: str | None) -> None:
    """Raises ``Invalid`` for what is no currency's code."""
    if code is not None and not catalog.is_currency(code):
        message = f"a currency is three capital letters like EUR, not {code!r}"
        raise Invalid(message)


def digest_of(hashes: Sequence[str]) -> str:
    """One hash for a file, or for a set of files in their order."""
    return hashes[0] if len(hashes) == 1 else sha256("".join(hashes).encode()).hexdigest()


def _is_same(before: Mapping[str, Any], evidence: Mapping[str, Any]) -> bool:
    """Whether the same bytes are read in the same way."""
    return all(before.get(key) == evidence[key] for key in ("sha256", "reading"))


@dataclass(frozen=True)
class _Reading:
    """What a run reads, with what, and what will be said of it."""

    feed: SupplierFeed
    files: Sequence[FeedFile]
    kept: Sequence[KeptFile]
    connector: str
    evidence: dict[str, Any]

    def listed(self) -> list[dict[str, Any]]:
        """The files for the run's history."""
        pairs = zip(self.files, self.kept, strict=True)
        return [{"name": file.name, "sha256": kept.sha256, "size": kept.size} for file, kept in pairs]


class _Import:
    def __init__(self, runtime: Runtime, actor: Actor, request: ImportRequest, progress: Progress) -> None:
        self.runtime = runtime
        self.actor = actor
        self.request = request
        self.progress = progress

    def go(self) -> ImportResult:
        """Under the lock."""
        request = self.request
        before = self._before()
        # Nearly always it is the supplier's last file again, or one that nobody has seen.
        likely = [before["sha256"]] if before else []
        kept = [self.runtime.files.keep(each.path, likely=likely) for each in request.files]
        files = [FeedFile(each.name, copy.path) for each, copy in zip(request.files, kept, strict=True)]
        settings = request.connector_settings()
        evidence = self._evidence(kept)
        # What these connectors took these very bytes for needs no second look, nor does anything else of them.
        is_known = all(before.get(key) == evidence[key] for key in ("sha256", "recognised_among"))
        connector = request.connector or (before["connector"] if is_known else recognise(files, settings))
        evidence |= {"connector": connector, "reading": request.reading(connector)}
        feed = None if _is_same(before, evidence) else feed_of(connector, settings)
        with self.runtime.write(self.actor) as unit:
            catalog.discard_abandoned(unit)
            operations.close_orphans(unit, SYNC_TYPE)
            supplier = ensure_supplier(unit, request.supplier, currency=request.currency)
            earlier = catalog.last_set(unit, supplier.code)
            if earlier is not None and has_news(unit, supplier, earlier.created_at):
                # A person has matched something since it was begun: the same file may say something else now.
                earlier = None
        again = self._seen_before(earlier, evidence)
        if again is not None:
            return again
        return self._run(_Reading(feed or feed_of(connector, settings), files, kept, connector, evidence), supplier)

    def _before(self) -> Mapping[str, Any]:
        """What the last set of this supplier came of."""
        with self.runtime.read(self.actor) as unit:
            earlier = catalog.last_set(unit, self.request.supplier.strip())
            return {} if earlier is None else earlier.evidence

    def _evidence(self, kept: Sequence[KeptFile]) -> dict[str, Any]:
        request = self.request
        return {
            "file": ", ".join(each.name for each in request.files),
            "sha256": digest_of([each.sha256 for each in kept]),
            "recognised_among": editions() if request.connector is None else None,
            "feed": request.feed_name,
            "guards": dict(request.guards),
            "will_apply": not request.plan_only,
        }

    def _seen_before(self, earlier: Any, evidence: Mapping[str, Any]) -> ImportResult | None:
        """The same bytes read the same way as the last set of this supplier: nothing to do, or still to be decided."""
        if earlier is None or not _is_same(earlier.evidence, evidence):
            return None
        # One that was applied in part is worth another look: what had moved may fit by now.
        if earlier.status == "applied":
            return self._unchanged(earlier, str(evidence["connector"]))
        # Other limits than it was judged by are a reason to judge anew.
        is_judged = earlier.evidence.get("guards", {}) == evidence["guards"]
        if earlier.status == "held" and is_judged and not self.request.plan_only:
            result = self._result(earlier, str(evidence["connector"]))
            if self.request.yes:
                self._apply(earlier.id, result, approve=True)
            return result
        return None

    def _unchanged(self, earlier: Any, connector: str) -> ImportResult:
        """The counts of a file that is known by its hash: every product that it holds is as it says."""
        counts = earlier.counts
        known = {name: counts.get(name, 0) for name in ("rows", "products", "duplicates", "rejected")}
        same = sum(counts.get(name, 0) for name in ("created", "updated", "unchanged"))
        return ImportResult(None, "unchanged", unchanged=same, connector=connector, **known)

    def _run(self, reading: _Reading, supplier: Supplier) -> ImportResult:
        run_id, change_set_id, result = self._plan(reading, supplier)
        # What planning kept in mind of each key is gone by now: applying has to keep its own.
        if not self._ends_with(result.status):
            try:
                self._apply(change_set_id, result, approve=result.status == "held", run_id=run_id)
            except Cancelled:
                self._fail(run_id, change_set_id, "cancelled while it was applied; nothing stays", status="cancelled")
                raise
        return result

    def _ends_with(self, status: str) -> bool:
        """Whether a plan of this status is all that the run is to bring about."""
        return self.request.plan_only or (status == "held" and not self.request.yes)

    def _plan(self, reading: _Reading, supplier: Supplier) -> tuple[UUID, UUID, ImportResult]:
        """(the run, its change set, what has come of it so far)."""
        request = self.request
        with self.runtime.write(self.actor) as unit:
            run = operations.begin_run(
                unit, SYNC_TYPE, source=supplier.code, target="catalogue", files=reading.listed()
            )
            source = catalog.Source("feed" if request.feed_id else "import", supplier.code, supplier.priority)
            title = f"{supplier.name}: {reading.evidence['file']}"
            reference = f"{catalog.RUN}{run.id}"
            change_set = catalog.open_set(unit, source, title, reference=reference, evidence=reading.evidence)
            self._receive(unit, supplier, change_set.id, reading)
            staging = Staging.begin(
                unit,
                change_set.id,
                supplier,
                source,
                mode=request.mode,
                complete=request.complete,
                guards=request.guards,
                currency=request.currency or supplier.currency or self.runtime.settings.currency,
            )
        try:
            self._stage(staging, reading)
        except (VendorError, MercatError) as failed:
            self._fail(run.id, change_set.id, failed.message)
            raise
        except Cancelled:
            self._fail(run.id, change_set.id, "cancelled before it was applied", status="cancelled")
            raise
        with self.runtime.write(self.actor) as unit:
            waits = self._ends_with("held")
            planned = catalog.close_plan(unit, change_set.id, staging.counts(), staging.findings(), waits=waits)
            result = self._result(planned, reading.connector)
            result.warnings = staging.planner.warnings
            if self._ends_with(planned.status):
                status = "held" if planned.status == "held" else "success"
                operations.finish_run(unit, run.id, self._history(result, status, change_set.id))
        return run.id, change_set.id, result

    def _stage(self, staging: Staging, reading: _Reading) -> None:
        told = 0
        for batch in reading.feed.batches(reading.files):
            is_full = staging.add(batch)
            if is_full:
                with self.runtime.write(self.actor) as unit:
                    staging.take(unit, reading.feed)
            if is_full or staging.compared.rows - told >= _TOLD:
                told = staging.compared.rows
                self.progress("reading and comparing", told, None)
        with self.runtime.write(self.actor) as unit:
            staging.take(unit, reading.feed)
            staging.end(unit)

    def _apply(self, change_set_id: UUID, result: ImportResult, *, approve: bool, run_id: UUID | None = None) -> None:
        def work(unit: WriteUnit) -> None:
            decide = catalog.approve if approve else catalog.apply
            applied = decide(
                unit,
                change_set_id,
                progress=lambda stage, done: self.progress(stage, done, result.products),
                beside=("supplier_offers",),
            )
            result.status = applied.status
            result.conflicts = applied.counts.get("conflicts", 0)
            if run_id is not None:
                status = "partial" if result.rejected or result.conflicts else "success"
                operations.finish_run(unit, run_id, self._history(result, status, change_set_id))

        self.runtime.attempt(work, self.actor)

    def _fail(self, run_id: UUID, change_set_id: UUID, reason: str, *, status: str = "failed") -> None:
        with self.runtime.write(self.actor) as unit:
            catalog.discard(unit, change_set_id)
            operations.finish_run(unit, run_id, operations.RunResult(status, message=reason, errors=[reason]))
        # No warning: whoever asked for the run gets the reason, and the history has it.
        log.info("import_failed", run_id=str(run_id), reason=reason)

    def _receive(self, unit: WriteUnit, supplier: Supplier, change_set_id: UUID, reading: _Reading) -> None:
        for each, copy in zip(reading.files, reading.kept, strict=True):
            unit.add(
                ReceivedFile(
                    supplier_id=supplier.id,
                    feed_id=self.request.feed_id,
                    name=each.name[:1000],
                    sha256=copy.sha256,
                    size=copy.size,
                    fetched_at=unit.now,
                    reading=reading.evidence["reading"],
                    change_set_id=change_set_id,
                )
            )

    def _result(self, change_set: Any, connector: str) -> ImportResult:
        counts = change_set.counts
        names = ("rows", "products", "created", "updated", "unchanged", "archived", "duplicates", "rejected")
        more = ("suppressed", "skipped", "ambiguous", "conflicts")
        given = {name: counts.get(name, 0) for name in (*names, *more)}
        return ImportResult(
            str(change_set.id), change_set.status, findings=change_set.findings, connector=connector, **given
        )

    def _history(self, result: ImportResult, status: str, change_set_id: UUID) -> operations.RunResult:
        done = result.created + result.updated
        skipped = result.unchanged + result.duplicates + result.skipped
        counts = {"created": result.created, "updated": result.updated, "archived": result.archived}
        return operations.RunResult(
            status,
            total=result.rows,
            successful=done,
            failed=result.rejected,
            skipped=skipped,
            record_counts=counts,
            warnings=result.warnings,
            errors=[each["message"] for each in result.findings],
            change_set_id=change_set_id,
        )
