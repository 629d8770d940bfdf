"""Feeds: where a supplier's files come from, remembered; and running one, which imports what is new there."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.database.locks import named_lock
from mercat.core.errors import MercatError
from mercat.core.memory import peak_memory_mb
from mercat.core.settings import feed_password, feed_password_variable
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.operations import service as operations
from mercat.domain.suppliers.feeds import CURRENCY, FETCH, TOGETHER, runnable
from mercat.domain.suppliers.fetching import FetchRules, Inbox, filled_in
from mercat.domain.suppliers.importing import (
    SYNC_TYPE,
    ImportRequest,
    ImportResult,
    Progress,
    run_import,
)
from mercat.domain.suppliers.messages import RunFeed
from mercat.domain.suppliers.repository import FeedFileRepository, FeedRepository
from mercat.sdk.errors import VendorError
from mercat.sdk.fetch import RemoteFile, list_files
from mercat.sdk.installed import connectors
from mercat.sdk.roles import FeedFile

# A person waits for it: before what happens by itself.
_ASKED_FOR = 20


@dataclass
class FeedResult(ImportResult):
    """All that a run imported, in sum; ``files`` tells of each import (name, change_set, status, rows)."""

    files: list[dict[str, Any]] = field(default_factory=list)


def enqueue_run(unit: WriteUnit, name: str, *, plan_only: bool = False, yes: bool = False, again: bool = False) -> UUID:
    """Have a worker run the feed; the job's id. One that waits already to be run in the same way is joined.

    Raises ``NotFound``, and ``Conflict`` for a removed feed.
    """
    unit.actor.require("suppliers.run")
    if yes:
        # The job itself may do everything: whoever asks for it must be one who may approve.
        unit.actor.require("catalog.approve")
    feed = runnable(unit, name)
    message = RunFeed(name, plan_only=plan_only, yes=yes, again=again)
    how = f"{plan_only:d}{yes:d}{again:d}"
    return unit.enqueue(message, key=f"{feed.id.hex}:{how}", subject=("feed", str(feed.id)), priority=_ASKED_FOR)


def run_feed(
    runtime: Runtime,
    actor: Actor,
    name: str,
    *,
    plan_only: bool = False,
    yes: bool = False,
    again: bool = False,
    progress: Progress = lambda _stage, _done, _total: None,
) -> FeedResult:
    """Fetch what is new at the feed's location and import it, oldest first, each file an import of its own.

    Files that this feed brought before, and that were decided about, are left out unless ``again``. The first import
    that is held ends the run: what came later would be compared with a catalogue that is about to change.
    Raises ``NotFound``, ``Conflict`` for a removed feed, and what listing, fetching and importing raise.
    """
    actor.require("suppliers.run")
    run = _Run(runtime, actor, name, plan_only=plan_only, yes=yes, progress=progress)
    with named_lock(
        runtime.engine, f"feed-{run.feed.id.hex[-12:]}", on_wait=lambda: progress("waiting for another run", 0, None)
    ):
        return run.go(again=again)


class _Run:
    """One run of a feed. No unit is open while it fetches."""

    def __init__(
        self, runtime: Runtime, actor: Actor, name: str, *, plan_only: bool, yes: bool, progress: Progress
    ) -> None:
        self.runtime = runtime
        self.actor = actor
        self.progress = progress
        with runtime.read(actor) as unit:
            self.now = unit.now
            self.feed = feed = runnable(unit, name)
            self.source = feed.supplier.code
        settings = dict(feed.settings)
        self.rules = FetchRules.of(settings.pop(FETCH, {}))
        together = settings.pop(TOGETHER, None)
        connector = connectors().get(feed.connector)
        self.together = connector is not None and connector.takes_sets if together is None else bool(together)
        self.request = ImportRequest(
            (),
            supplier=self.source,
            connector=feed.connector,
            currency=settings.pop(CURRENCY, None),
            settings=settings,
            profile=feed.profile,
            mode=feed.mode,
            complete=feed.is_complete,
            guards=feed.guard_rules,
            plan_only=plan_only,
            yes=yes,
            feed_id=feed.id,
            feed_name=feed.name,
        )

    def go(self, *, again: bool) -> FeedResult:
        """Under the feed's lock."""
        started = time.monotonic()
        results: list[tuple[str, ImportResult]] = []
        is_good = False
        try:
            for files in self._fetched(again=again):
                request = replace(self.request, files=files)
                result = run_import(self.runtime, self.actor, request, progress=self.progress)
                results.append((", ".join(each.name for each in files), result))
                if result.status == "held":
                    break
            is_good = all(result.status != "held" for _, result in results)
        finally:
            with self.runtime.write(self.actor) as unit:
                FeedRepository(unit.session).note_run(self.feed.id, unit.now, is_good=is_good)
                is_held = any(result.status == "held" for _, result in results)
                status = "success" if is_good else "held" if is_held else "failed"
                operations.note_freshness(unit, SYNC_TYPE, source=self.feed.name, target="catalogue", status=status)
        summed = _summed(self.feed.connector, results)
        summed.seconds = round(time.monotonic() - started, 3)
        is_read = summed.change_set is not None
        summed.rows_per_second = round(summed.rows / summed.seconds, 1) if is_read and summed.seconds else 0.0
        summed.peak_memory_mb = peak_memory_mb()
        return summed

    def _fetched(self, *, again: bool) -> Iterator[list[FeedFile]]:
        """What is to be imported, one list an import; each is fetched when it is asked for."""
        with self._failures_noted():
            settings = self.runtime.settings
            options = self.rules.options(
                allow_private=settings.http_allow_private, password=feed_password(settings, self.feed.name)
            )
            location = filled_in(self.feed.location, options.password, feed_password_variable(self.feed.name))
            folder = self.runtime.settings.home / "incoming" / self.feed.id.hex
            inbox = Inbox(folder, self.runtime.files, location, options)
            self.progress("looking for new files", 0, None)
            listed = list_files(location, options)
        if self.together:
            yield [self._brought(inbox, remote) for remote in sorted(listed, key=lambda each: each.name)]
            return
        for remote in listed:
            known = inbox.known_hash(remote)
            if known is not None and not again and self._is_decided(known):
                continue
            file = self._brought(inbox, remote)
            if again or known is not None or not self._is_decided(file.path.name):
                yield [file]

    def _brought(self, inbox: Inbox, remote: RemoteFile) -> FeedFile:
        known = inbox.known_hash(remote)
        if known is not None:
            return FeedFile(remote.name, inbox.kept(known))
        with self._failures_noted():
            return FeedFile(remote.name, inbox.bring(remote, self.now, self.progress).path)

    def _is_decided(self, sha256: str) -> bool:
        """Whether this feed brought these bytes before, read them as it would now, and something was decided."""
        with self.runtime.read(self.actor) as unit:
            reading = self.request.reading(self.feed.connector)
            made = FeedFileRepository(unit.session).change_sets_of(self.feed.id, sha256, reading)
            return catalog.is_any_decided(unit, made)

    @contextmanager
    def _failures_noted(self) -> Iterator[None]:
        """A feed that cannot be fetched shows in the history, as one that cannot be read does."""
        try:
            yield
        except (VendorError, MercatError) as failed:
            with self.runtime.write(self.actor) as unit:
                run = operations.begin_run(unit, SYNC_TYPE, source=self.source, target="catalogue", files=[])
                message = f"feed {self.feed.name}: {failed.message}"
                operations.finish_run(
                    unit, run.id, operations.RunResult("failed", message=message, errors=[failed.message])
                )
            raise


_SUMMED = (
    "rows",
    "products",
    "created",
    "updated",
    "unchanged",
    "archived",
    "duplicates",
    "rejected",
    "conflicts",
    "suppressed",
    "skipped",
    "ambiguous",
    "search_seconds",
)


def _summed(connector: str, results: Sequence[tuple[str, ImportResult]]) -> FeedResult:
    """One result of all imports of a run: counts add up; change set and status are the last one's that had any."""
    summed = FeedResult(None, "unchanged", connector=connector)
    for names, result in results:
        for name in _SUMMED:
            setattr(summed, name, getattr(summed, name) + getattr(result, name))
        summed.warnings += result.warnings
        summed.findings += result.findings
        if result.change_set is not None:
            summed.change_set, summed.status = result.change_set, result.status
        told = {"name": names, "change_set": result.change_set, "status": result.status, "rows": result.rows}
        summed.files.append(told)
    return summed
