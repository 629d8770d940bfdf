"""The market's front door: what other rooms and the doors call."""

from __future__ import annotations

from mercat.domain.market.history import History, MetricHistory, history
from mercat.domain.market.importing import DEFAULT as OBSERVATION_FILES
from mercat.domain.market.importing import ObservationImport, enqueue_import, import_observations
from mercat.domain.market.keeping import keep_history, roll_up
from mercat.domain.market.list_repository import COMPETITORS, LISTINGS, WATCHES
from mercat.domain.market.metrics import METRICS
from mercat.domain.market.models import FREQUENCIES, ROLES
from mercat.domain.market.observing import rebuild, record
from mercat.domain.market.refreshing import Refreshed, enqueue_due, enqueue_refresh, refresh
from mercat.domain.market.remembering import import_past
from mercat.domain.market.scheduling import ensure_schedules
from mercat.domain.market.schemas import ListingView, Recorded, TrackDraft, Tracked
from mercat.domain.market.sources import (
    SourceDraft,
    SourceView,
    add_source,
    list_sources,
    remove_source,
    reseal_sources,
    sandbox_draft,
    secrets_wanted,
    sources_of,
    test_source,
)
from mercat.domain.market.track_files import track_file
from mercat.domain.market.tracking import find, place_of, track, track_many, untrack, wanted_of
from mercat.domain.market.viewing import show, unwatch, view_of, watch
from mercat.sdk.marketplaces import MARKETPLACES

__all__ = [
    "COMPETITORS",
    "FREQUENCIES",
    "LISTINGS",
    "MARKETPLACES",
    "METRICS",
    "OBSERVATION_FILES",
    "ROLES",
    "WATCHES",
    "History",
    "ListingView",
    "MetricHistory",
    "ObservationImport",
    "Recorded",
    "Refreshed",
    "SourceDraft",
    "SourceView",
    "TrackDraft",
    "Tracked",
    "add_source",
    "enqueue_due",
    "enqueue_import",
    "enqueue_refresh",
    "ensure_schedules",
    "find",
    "history",
    "import_observations",
    "import_past",
    "keep_history",
    "list_sources",
    "place_of",
    "rebuild",
    "record",
    "refresh",
    "remove_source",
    "reseal_sources",
    "roll_up",
    "sandbox_draft",
    "secrets_wanted",
    "show",
    "sources_of",
    "test_source",
    "track",
    "track_file",
    "track_many",
    "untrack",
    "unwatch",
    "view_of",
    "wanted_of",
    "watch",
]
