"""Feeds as they are kept: remembered, said anew, and removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.page import Page
from mercat.core.settings import feed_password_variable
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.operations import service as operations
from mercat.domain.suppliers.connecting import feed_of
from mercat.domain.suppliers.fetching import FetchRules, refuse_secrets
from mercat.domain.suppliers.importing import SYNC_TYPE, ImportRequest, refuse_currency
from mercat.domain.suppliers.messages import RunFeed
from mercat.domain.suppliers.models import Feed
from mercat.domain.suppliers.repository import FeedFileRepository, FeedRepository
from mercat.domain.suppliers.supplying import ensure_supplier
from mercat.sdk.errors import Rejected

_LONGEST_NAME = 255
# In a feed's settings, beside the connector's: how to fetch, and whether all files make one import.
FETCH, TOGETHER, CURRENCY = "fetch", "together", "currency"


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
        message = f"there is a feed called {name}: replace or remove it, or take another name"
        raise Conflict(message)
    values = _values(unit, draft, name)
    if feed is None:
        feed = repository.add(Feed(name=name, **values))
    else:
        _set(feed, values)
    unit.save()
    _schedule(unit, draft, name)
    return feed


def replace_feed(unit: WriteUnit, name: str, draft: FeedDraft) -> Feed:
    """What is said now instead of what was: its files and its history stay, its schedule becomes the draft's or none.

    Raises ``NotFound``, ``Conflict`` for a removed feed, and what ``add_feed`` raises for what could never run.
    """
    unit.actor.require("suppliers.edit")
    feed = runnable(unit, name)
    _set(feed, _values(unit, draft, feed.name))
    unit.save()
    before = operations.find_schedule(unit, schedule_name(feed.name))
    is_same = before is not None and (before.cron, before.every_s) == (draft.cron, draft.every_s)
    if before is not None and not is_same:
        operations.remove_schedule(unit, before.name)
    if not is_same:
        _schedule(unit, draft, feed.name)
    return feed


def _set(feed: Feed, values: Mapping[str, Any]) -> None:
    for attribute, value in values.items():
        setattr(feed, attribute, value)


def _values(unit: WriteUnit, draft: FeedDraft, name: str) -> dict[str, Any]:
    """The columns of a feed, judged. Raises ``Invalid`` and ``Rejected``."""
    settings = _checked(draft)
    supplier = ensure_supplier(unit, draft.supplier or name, currency=draft.currency)
    return {
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


def draft_of(unit: ReadUnit, name: str) -> FeedDraft:
    """A feed as it would be asked for, to be said anew with something changed. Raises ``NotFound``."""
    feed = get_feed(unit, name)
    settings = dict(feed.settings)
    schedule = operations.find_schedule(unit, schedule_name(feed.name))
    return FeedDraft(
        feed.name,
        feed.location,
        feed.connector,
        supplier=feed.supplier.code,
        profile=feed.profile,
        fetch=settings.pop(FETCH, {}),
        currency=settings.pop(CURRENCY, None),
        together=settings.pop(TOGETHER, None),
        settings=settings,
        mode=feed.mode,
        complete=feed.is_complete,
        guards=feed.guard_rules,
        cron=None if schedule is None else schedule.cron,
        every_s=None if schedule is None else schedule.every_s,
        timezone="UTC" if schedule is None else schedule.timezone,
    )


def schedule_name(feed: str) -> str:
    """What the schedule of a feed is called."""
    return f"feed {feed}"


def runnable(unit: ReadUnit, name: str) -> Feed:
    """A feed that can run. Raises ``NotFound``, and ``Conflict`` for a removed one."""
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
        kept[FETCH] = rules.model_dump(mode="json", exclude_unset=True)
    if draft.currency is not None:
        kept[CURRENCY] = draft.currency
    if draft.together is not None:
        kept[TOGETHER] = draft.together
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
    operations.forget_freshness(unit, SYNC_TYPE, feed.name)
    if FeedFileRepository(unit.session).has_any_of(feed.id):
        feed.is_active = False
        return False
    unit.remove(feed)
    return True
