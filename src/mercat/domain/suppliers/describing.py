"""Feeds as they are shown, and what those who are not at the machine may say of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mercat.core.errors import Invalid
from mercat.core.redaction import redact
from mercat.core.settings import Settings
from mercat.domain.suppliers.feeds import FeedDraft
from mercat.domain.suppliers.fetching import PATHS_OF_FETCHING
from mercat.domain.suppliers.models import Feed


def described_feed(feed: Feed) -> dict[str, Any]:
    """A feed in plain values, as every door shows it: without its password."""
    return {
        "name": feed.name,
        "supplier": feed.supplier.code,
        "connector": feed.connector,
        "location": shown_location(feed),
        "settings": feed.settings,
        "mode": feed.mode,
        "complete": feed.is_complete,
        "guards": feed.guard_rules,
        "is_active": feed.is_active,
        "last_run_at": feed.last_run_at,
        "last_success_at": feed.last_success_at,
        "profile": feed.profile,
    }


def shown_location(feed: Feed) -> str:
    """A feed's location without its password."""
    return redact(feed.location)


def refuse_distant_folder(settings: Settings, draft: FeedDraft) -> None:
    """For whoever does not sit at the machine: its files are none of theirs, but in the folders that the settings name.

    Raises ``Invalid``.
    """
    allowed = [Path(each).expanduser().resolve() for each in settings.feed_folders.split(",") if each.strip()]
    given = {name: value for name, value in draft.fetch.items() if name in PATHS_OF_FETCHING}
    if "://" not in draft.location:
        given["location"] = draft.location
    for name, value in given.items():
        path = Path(str(value)).expanduser().resolve()
        if not any(path.is_relative_to(folder) for folder in allowed):
            message = (
                f"{name}: {value} is a path of the server; only those below MERCAT_FEED_FOLDERS can be used from here"
            )
            raise Invalid(message, field=name)
