"""The listings' front door: what other rooms and the doors call."""

from __future__ import annotations

from mercat.domain.listings.publishing import publish
from mercat.domain.listings.schemas import PublishResult, StoreDraft, StoreView
from mercat.domain.listings.stores import add as add_store
from mercat.domain.listings.stores import get as get_store
from mercat.domain.listings.stores import list_all as list_stores
from mercat.domain.listings.stores import look_up as test_store
from mercat.domain.listings.stores import remove as remove_store
from mercat.domain.listings.stores import reseal, sandbox_draft, secrets_wanted, set_selling
from mercat.sdk.channels import Account

__all__ = [
    "Account",
    "PublishResult",
    "StoreDraft",
    "StoreView",
    "add_store",
    "get_store",
    "list_stores",
    "publish",
    "remove_store",
    "reseal",
    "sandbox_draft",
    "secrets_wanted",
    "set_selling",
    "test_store",
]
