"""What lists there are of stores and of what they show."""

from __future__ import annotations

from mercat.core.lists import Field, ListSpec, beyond
from mercat.domain.listings.models import STATES, STATUSES, SUBSCRIPTIONS, Listing, Store

READ = "listings.read"
Product = beyond(Listing.product)

STORES = ListSpec(
    "stores",
    READ,
    Store.__table__,
    Store.id,
    {
        "id": Field(Store.id),
        "name": Field(Store.name, is_filter=True, is_sort=True),
        "platform": Field(Store.platform, is_filter=True),
        "shop_domain": Field(Store.shop_domain, is_filter=True),
        "currency": Field(Store.currency),
        "timezone": Field(Store.timezone),
        "locale": Field(Store.locale),
        "scopes": Field(Store.scopes),
        "subscription_status": Field(Store.subscription_status, is_filter=True, choices=SUBSCRIPTIONS),
        "settings": Field(Store.settings, help="what is shown there and how"),
        "is_sandbox": Field(Store.is_sandbox, is_filter=True),
        "is_active": Field(Store.is_active, is_filter=True),
        "paused_reason": Field(Store.paused_reason, help="why nothing is sent"),
        "connected_at": Field(Store.connected_at),
        "uninstalled_at": Field(Store.uninstalled_at),
        "last_sync_at": Field(Store.last_sync_at, is_range=True),
        "token_expires_at": Field(Store.token_expires_at),
    },
    is_newest_first=False,
)
LISTINGS = ListSpec(
    "listings",
    READ,
    Listing.__table__.join(Store.__table__, Store.id == Listing.store_id).outerjoin(
        Product.__table__, Product.id == Listing.product_id
    ),
    Listing.id,
    {
        "id": Field(Listing.id),
        "store": Field(Store.name, is_filter=True),
        "product_id": Field(Listing.product_id, is_filter=True),
        "name": Field(Product.name),
        "handle": Field(Product.handle, is_filter=True),
        "reference": Field(Listing.platform_listing_id, is_filter=True, help="the channel's own id"),
        "url": Field(Listing.listing_url),
        "status": Field(Listing.status, is_filter=True, choices=STATUSES),
        "state": Field(Listing.state, is_filter=True, choices=STATES),
        "error": Field(Listing.last_error),
        "drift": Field(Listing.drift, help="where the shop differs, and what is done about each field"),
        "published_at": Field(Listing.published_at, is_range=True, is_sort=True),
        "last_checked_at": Field(Listing.last_checked_at, is_range=True),
        "updated_at": Field(Listing.updated_at, is_range=True, is_sort=True),
    },
    words=(Product.name, Product.handle),
)
