"""The suppliers' front door: what other rooms and the doors call."""

from __future__ import annotations

from mercat.domain.suppliers import hearing as _hearing  # noqa: F401  # it registers what it listens to
from mercat.domain.suppliers.connecting import feed_of, recognise
from mercat.domain.suppliers.deciding_matches import MatchView, ban, list_matches, pin, unpin
from mercat.domain.suppliers.feeding import (
    FeedDraft,
    FeedResult,
    add_feed,
    enqueue_run,
    get_feed,
    list_feeds,
    remove_feed,
    run_feed,
    schedule_name,
    shown_location,
)
from mercat.domain.suppliers.importing import LOCK, ImportRequest, ImportResult, run_import
from mercat.domain.suppliers.offering import OfferView, offers_of_product
from mercat.domain.suppliers.rejecting import list_rejects
from mercat.domain.suppliers.supplying import ensure_supplier

__all__ = [
    "LOCK",
    "FeedDraft",
    "FeedResult",
    "ImportRequest",
    "ImportResult",
    "MatchView",
    "OfferView",
    "add_feed",
    "ban",
    "enqueue_run",
    "ensure_supplier",
    "feed_of",
    "get_feed",
    "list_feeds",
    "list_matches",
    "list_rejects",
    "offers_of_product",
    "pin",
    "recognise",
    "remove_feed",
    "run_feed",
    "run_import",
    "schedule_name",
    "shown_location",
    "unpin",
]
