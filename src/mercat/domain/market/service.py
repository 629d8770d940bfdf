"""The market's front door: what other rooms and the doors call."""

from __future__ import annotations

from mercat.domain.market.bestsellers import BestsellerList, bestsellers, category_metrics
from mercat.domain.market.categories import CategoryView, category_of, track_category, untrack_category
from mercat.domain.market.history import History, MetricHistory, history
from mercat.domain.market.importing import DEFAULT as OBSERVATION_FILES
from mercat.domain.market.importing import KINDS as IMPORTS
from mercat.domain.market.importing import ObservationImport, enqueue_import, import_observations
from mercat.domain.market.keeping import keep_history, roll_up
from mercat.domain.market.list_repository import CATEGORIES, COMPETITORS, LISTINGS, REVIEWS, WATCHES
from mercat.domain.market.metrics import METRICS
from mercat.domain.market.models import FREQUENCIES, ROLES
from mercat.domain.market.months import MonthView, drop_months, list_months, make_months
from mercat.domain.market.observing import rebuild, record
from mercat.domain.market.opinions import record_reviews
from mercat.domain.market.ranking import record_best_sellers, record_ranks
from mercat.domain.market.refreshing import Refreshed, enqueue_due, enqueue_refresh, refresh
from mercat.domain.market.remembering import import_past
from mercat.domain.market.scheduling import ensure_schedules
from mercat.domain.market.schemas import ListingView, Recorded, TrackDraft, Tracked
from mercat.domain.market.sources import (
    SourceDraft,
    SourceView,
    add_source,
    get_source,
    list_sources,
    remove_source,
    renew_source,
    reseal_sources,
    sandbox_draft,
    secrets_wanted,
    sources_of,
    test_source,
)
from mercat.domain.market.tending import pause, refresh_soon, resume
from mercat.domain.market.track_files import track_file
from mercat.domain.market.tracking import find, place_of, track, track_many, untrack, wanted_of
from mercat.domain.market.viewing import show, shown_variants, unwatch, view_of, watch
from mercat.domain.market.watching import own_sellers
from mercat.sdk.marketplaces import MARKETPLACES

__all__ = [
    "CATEGORIES",
    "COMPETITORS",
    "FREQUENCIES",
    "IMPORTS",
    "LISTINGS",
    "MARKETPLACES",
    "METRICS",
    "OBSERVATION_FILES",
    "REVIEWS",
    "ROLES",
    "WATCHES",
    "BestsellerList",
    "CategoryView",
    "History",
    "ListingView",
    "MetricHistory",
    "MonthView",
    "ObservationImport",
    "Recorded",
    "Refreshed",
    "SourceDraft",
    "SourceView",
    "TrackDraft",
    "Tracked",
    "add_source",
    "bestsellers",
    "category_metrics",
    "category_of",
    "drop_months",
    "enqueue_due",
    "enqueue_import",
    "enqueue_refresh",
    "ensure_schedules",
    "find",
    "get_source",
    "history",
    "import_observations",
    "import_past",
    "keep_history",
    "list_months",
    "list_sources",
    "make_months",
    "own_sellers",
    "pause",
    "place_of",
    "rebuild",
    "record",
    "record_best_sellers",
    "record_ranks",
    "record_reviews",
    "refresh",
    "refresh_soon",
    "remove_source",
    "renew_source",
    "reseal_sources",
    "resume",
    "roll_up",
    "sandbox_draft",
    "secrets_wanted",
    "show",
    "shown_variants",
    "sources_of",
    "test_source",
    "track",
    "track_category",
    "track_file",
    "track_many",
    "untrack",
    "untrack_category",
    "unwatch",
    "view_of",
    "wanted_of",
    "watch",
]
