"""The suppliers' front door: what other rooms and the doors call."""

from __future__ import annotations

from mercat.domain.suppliers import hearing as _hearing  # noqa: F401  # it registers what it listens to
from mercat.domain.suppliers.connecting import inspect, recognise
from mercat.domain.suppliers.deciding_matches import MatchView, ban, list_matches, pin, unpin
from mercat.domain.suppliers.describing import described_feed, refuse_distant_folder
from mercat.domain.suppliers.feeding import FeedResult, enqueue_run, run_feed
from mercat.domain.suppliers.feeds import (
    FeedDraft,
    add_feed,
    draft_of,
    get_feed,
    list_feeds,
    remove_feed,
    replace_feed,
    schedule_name,
)
from mercat.domain.suppliers.importing import ImportRequest, ImportResult, run_import
from mercat.domain.suppliers.list_repository import FEED_FILES, FEEDS, MATCHES, OFFERS, REJECTS, SUPPLIERS
from mercat.domain.suppliers.mapping import Mapped, mapping_of, remapped
from mercat.domain.suppliers.messages import QUEUE
from mercat.domain.suppliers.offering import OfferView, add_stock, offers_of_product
from mercat.domain.suppliers.rejecting import list_rejects
from mercat.domain.suppliers.supplying import change_supplier, create_supplier, ensure_supplier, get_supplier
from mercat.domain.suppliers.uploading import (
    API_SUPPLIER,
    ItemOutcome,
    UploadDraft,
    enqueue_upload,
    import_upload,
    state_products,
)

__all__ = [
    "API_SUPPLIER",
    "FEEDS",
    "FEED_FILES",
    "MATCHES",
    "OFFERS",
    "QUEUE",
    "REJECTS",
    "SUPPLIERS",
    "FeedDraft",
    "FeedResult",
    "ImportRequest",
    "ImportResult",
    "ItemOutcome",
    "Mapped",
    "MatchView",
    "OfferView",
    "UploadDraft",
    "add_feed",
    "add_stock",
    "ban",
    "change_supplier",
    "create_supplier",
    "described_feed",
    "draft_of",
    "enqueue_run",
    "enqueue_upload",
    "ensure_supplier",
    "get_feed",
    "get_supplier",
    "import_upload",
    "inspect",
    "list_feeds",
    "list_matches",
    "list_rejects",
    "mapping_of",
    "offers_of_product",
    "pin",
    "recognise",
    "refuse_distant_folder",
    "remapped",
    "remove_feed",
    "replace_feed",
    "run_feed",
    "run_import",
    "schedule_name",
    "state_products",
    "unpin",
]
