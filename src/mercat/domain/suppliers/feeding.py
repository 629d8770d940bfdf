"""Feeds: where a supplier's files come from, remembered; and running one, which imports what is new there."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.database.locks import named_lock
from mercat.core.errors import Conflict, Invalid, MercatError, NotFound
from mercat.core.memory import peak_memory_mb
from mercat.core.page import Page
from mercat.core.settings import feed_password, feed_password_variable
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.operations import service as operations
from mercat.domain.suppliers.connecting import feed_of
from mercat.domain.suppliers.fetching import FetchRules, Inbox, filled_in, refuse_secrets
from mercat.domain.suppliers.importing import (
    SYNC_TYPE,
    ImportRequest,
    ImportResult,
    Progress,
    refuse_currency,
    run_import,
)
from mercat.domain.suppliers.messages import RunFeed
from mercat.domain.suppliers.models import Feed
from mercat.domain.suppliers.repository import FeedFileRepository, FeedRepository
from mercat.domain.suppliers.supplying import ensure_supplier
from mercat.sdk.errors import Rejected, VendorError
from mercat.sdk.fetch import RemoteFile, list_files, redact
from mercat.sdk.installed import connectors
from mercat.sdk.roles import FeedFile

_LONGEST_NAME = 255
# A person waits for it: before what happens by itself.
_ASKED_FOR = 20
# In a feed's settings, beside the connector's: how to fetch, and whether all files make one import.
_FETCH, _TOGETHER, _CURRENCY_KEY = "fetch", "together", "currency"


@dataclass(frozen=True)
class FeedDraft:
    """A feed as asked for. ``supplier`` is a code (the feed's name if left out); ``profile`` is TOML text.

    ``settings`` go to the connector, ``fetch`` says how to get in. ``together``: all files of the location make one
    import (``None``: as the connector wants it). ``cron`` or ``every_s``, by the clock of ``timezone``: run by itself.
    """

    name: str
    location: str
    connector: str
    supplier: str | None = None
    profile: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    fetch: Mapping[str, Any] = field(default_factory=dict)
    currency: str | None = None
    mode: str = "upsert"
    complete: bool = False
    guards: Mapping[str, Any] = field(default_factory=dict)
    together: bool | None = None
    cron: str | None = None
    every_s: int | None = None
    timezone: str = "UTC"


@dataclass
class FeedResult(ImportResult):
    """All that a run imported, in sum; ``files`` tells of each import (name, change_set, status, rows)."""

    files: list[dict[str, Any]] = field(default_factory=list)


def add_feed(unit: WriteUnit, draft: FeedDraft) -> Feed:
    """Remember a feed. A removed one of the same name comes back with what is said now.

    Raises ``Conflict`` where the name is taken, ``Invalid`` and ``Rejected`` for what could never run.
    """
    unit.actor.require("suppliers.edit")
    name = draft.name.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        message = f"a feed's name has 1 to {_LONGEST_NAME} printable characters"
        raise Invalid(message)
    repository = FeedRepository(unit.session)
    feed = repository.by_name(name)
    if feed is not None and feed.is_active:
        message = f"there is a feed called {name}: remove it first, or take another name"
        raise Conflict(message)
    settings = _checked(draft)
    supplier = ensure_supplier(unit, draft.supplier or name, currency=draft.currency)
    values: dict[str, Any] = {
        "supplier": supplier,
        "connector": draft.connector,
        "location": _settled(draft),
        "settings": settings,
        "profile": draft.profile,
        "mode": draft.mode,
        "is_complete": draft.complete,
        "guard_rules": dict(draft.guards),
        "is_active": True,
    }
    if feed is None:
        feed = repository.add(Feed(name=name, **values))
    else:
        for attribute, value in values.items():
            setattr(feed, attribute, value)
    unit.save()
    _schedule(unit, draft, name)
    return feed


def _schedule(unit: WriteUnit, draft: FeedDraft, name: str) -> None:
    if draft.cron is None and draft.every_s is None:
        return
    operations.add_schedule(
        unit,
        operations.ScheduleDraft(
            schedule_name(name),
            RunFeed.kind,
            {"name": name},
            cron=draft.cron,
            every_s=draft.every_s,
            timezone=draft.timezone,
        ),
    )


def schedule_name(feed: str) -> str:
    """What the schedule of a feed is called."""
    return f"feed {feed}"


def enqueue_run(unit: WriteUnit, name: str, *, plan_only: bool = False, yes: bool = False, again: bool = False) -> UUID:
    """Have a worker run the feed; the job's id. One that waits already to be run in the same way is joined.

    Raises ``NotFound``, and ``Conflict`` for a removed feed.
    """
    unit.actor.require("suppliers.run")
    feed = _runnable(unit, name)
    message = RunFeed(name, plan_only=plan_only, yes=yes, again=again)
    how = f"{plan_only:d}{yes:d}{again:d}"
    return unit.enqueue(message, key=f"{feed.id.hex}:{how}", subject=("feed", str(feed.id)), priority=_ASKED_FOR)


def _runnable(unit: ReadUnit, name: str) -> Feed:
    feed = get_feed(unit, name)
    if not feed.is_active:
        message = f"the feed {name} was removed: mercat feed add {name} brings it back"
        raise Conflict(message)
    return feed


def _checked(draft: FeedDraft) -> dict[str, Any]:
    """The settings to be kept, after everything that can be judged without the network was judged."""
    if draft.mode not in catalog.MODES:
        message = f"mode is one of {', '.join(catalog.MODES)}, not {draft.mode!r}"
        raise Invalid(message)
    refuse_currency(draft.currency)
    catalog.GuardRules.of(draft.guards)
    rules = FetchRules.of(draft.fetch)
    request = ImportRequest((), settings=draft.settings, profile=draft.profile, currency=draft.currency)
    feed_of(draft.connector, request.connector_settings())
    kept = dict(draft.settings)
    if draft.fetch:
        kept[_FETCH] = rules.model_dump(mode="json", exclude_unset=True)
    if draft.currency is not None:
        kept[_CURRENCY_KEY] = draft.currency
    if draft.together is not None:
        kept[_TOGETHER] = draft.together
    return kept


def _settled(draft: FeedDraft) -> str:
    """A path is kept whole: a scheduled run starts in another folder."""
    location = draft.location
    if not location.strip():
        raise Rejected("the location is empty: give a path or an address")
    refuse_secrets(location, feed_password_variable(draft.name.strip()))
    return location if "://" in location else str(Path(location).expanduser().absolute())


def list_feeds(unit: ReadUnit, *, page: int = 1, per_page: int = 50) -> Page[Feed]:
    """Feeds by name, removed ones included."""
    return FeedRepository(unit.session).listed(page=page, per_page=per_page)


def get_feed(unit: ReadUnit, name: str) -> Feed:
    """Raises ``NotFound``."""
    feed = FeedRepository(unit.session).by_name(name)
    if feed is None:
        message = f"there is no feed called {name}; mercat feed list shows them"
        raise NotFound(message)
    return feed


def remove_feed(unit: WriteUnit, name: str) -> bool:
    """Forget a feed; one that brought files is switched off, for they and their changes point to it.

    Whether it is gone altogether.
    """
    unit.actor.require("suppliers.edit")
    feed = get_feed(unit, name)
    if operations.find_schedule(unit, schedule_name(name)) is not None:
        operations.remove_schedule(unit, schedule_name(name))
    if FeedFileRepository(unit.session).has_any_of(feed.id):
        feed.is_active = False
        return False
    unit.remove(feed)
    return True


def shown_location(feed: Feed) -> str:
    """A feed's location without its password."""
    return redact(feed.location)


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
            self.feed = feed = _runnable(unit, name)
            self.source = feed.supplier.code
        settings = dict(feed.settings)
        self.rules = FetchRules.of(settings.pop(_FETCH, {}))
        together = settings.pop(_TOGETHER, None)
        connector = connectors().get(feed.connector)
        self.together = connector is not None and connector.takes_sets if together is None else bool(together)
        self.request = ImportRequest(
            (),
            supplier=self.source,
            connector=feed.connector,
            currency=settings.pop(_CURRENCY_KEY, None),
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
