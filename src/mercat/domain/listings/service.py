"""The listings' front door: what other rooms and the doors call."""

from __future__ import annotations

from mercat.domain.listings import hearing as _hearing  # noqa: F401  # it registers what it listens to
from mercat.domain.listings.consenting import begin_consent, finish_consent
from mercat.domain.listings.list_repository import LISTINGS, STORES
from mercat.domain.listings.publishing import SYNC_TYPE as PUBLISHED
from mercat.domain.listings.publishing import enqueue_publish, look_over, publish
from mercat.domain.listings.pulling import Reconciled, enqueue_pull, enqueue_reconcile, pull, reconcile
from mercat.domain.listings.receiving import expect_delivery, read_deliveries, receive
from mercat.domain.listings.schemas import ListingView, PublishResult, PullResult, StoreDraft, StoreView
from mercat.domain.listings.stores import add as add_store
from mercat.domain.listings.stores import get as get_store
from mercat.domain.listings.stores import list_all as list_stores
from mercat.domain.listings.stores import look_up as test_store
from mercat.domain.listings.stores import remove as remove_store
from mercat.domain.listings.stores import renew as renew_store
from mercat.domain.listings.stores import reseal, sandbox_draft, secrets_wanted, set_selling, subscribe
from mercat.domain.listings.viewing import get_listing, held_publish, list_listings, retry, settle, show_listing
from mercat.sdk.channels import Account

__all__ = [
    "LISTINGS",
    "PUBLISHED",
    "STORES",
    "Account",
    "ListingView",
    "PublishResult",
    "PullResult",
    "Reconciled",
    "StoreDraft",
    "StoreView",
    "add_store",
    "begin_consent",
    "enqueue_publish",
    "enqueue_pull",
    "enqueue_reconcile",
    "expect_delivery",
    "finish_consent",
    "get_listing",
    "get_store",
    "held_publish",
    "list_listings",
    "list_stores",
    "look_over",
    "publish",
    "pull",
    "read_deliveries",
    "receive",
    "reconcile",
    "remove_store",
    "renew_store",
    "reseal",
    "retry",
    "sandbox_draft",
    "secrets_wanted",
    "set_selling",
    "settle",
    "show_listing",
    "subscribe",
    "test_store",
]
