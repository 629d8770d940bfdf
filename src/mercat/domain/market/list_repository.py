"""What lists there are of the market."""

from __future__ import annotations

from mercat.core.lists import Field, ListSpec, beyond
from mercat.domain.market.models import FREQUENCIES, METHODS, ROLES, CompetitorLink, MarketProduct, UserProduct
from mercat.sdk.marketplaces import MARKETPLACES

READ = "market.read"
Product = beyond(MarketProduct.product)
_L = MarketProduct

LISTINGS = ListSpec(
    "market-products",
    READ,
    _L.__table__.outerjoin(Product.__table__, Product.id == _L.product_id),
    _L.id,
    {
        "id": Field(_L.id),
        "asin": Field(_L.asin, is_filter=True, is_sort=True),
        "marketplace": Field(_L.marketplace, is_filter=True, choices=tuple(MARKETPLACES)),
        "title": Field(_L.title, is_sort=True),
        "brand": Field(_L.brand, is_filter=True),
        "url": Field(_L.url, is_shown=False),
        "image_url": Field(_L.image_url, is_shown=False),
        "category": Field(_L.category, is_shown=False),
        "currency": Field(_L.currency),
        "price": Field(_L.price, is_range=True, is_sort=True, help="lowest price of new offers"),
        "original_price": Field(_L.original_price),
        "discount_pct": Field(_L.discount_pct, is_range=True, is_sort=True, help="below the list price, in percent"),
        "buybox_price": Field(_L.buybox_price, is_range=True, is_sort=True),
        "own_price": Field(_L.own_price),
        "offer_count": Field(_L.offer_count, is_range=True, is_sort=True),
        "sales_rank": Field(_L.sales_rank, is_range=True, is_sort=True),
        "rank_category": Field(_L.rank_category),
        "sub_rank": Field(_L.sub_rank, is_range=True, is_sort=True, help="best rank in a node"),
        "sub_rank_category": Field(_L.sub_rank_category),
        "rating": Field(_L.rating, is_range=True, is_sort=True),
        "review_count": Field(_L.review_count, is_range=True, is_sort=True),
        "in_stock": Field(_L.in_stock, is_filter=True),
        "stock_status": Field(_L.stock_status, is_shown=False),
        "seller": Field(_L.seller),
        "seller_id": Field(_L.seller_id, is_filter=True),
        "is_fba": Field(_L.is_fba, is_filter=True),
        "is_prime": Field(_L.is_prime, is_filter=True),
        "last_snapshot_at": Field(_L.last_snapshot_at, is_range=True, is_sort=True),
        "volatility": Field(_L.volatility, is_sort=True, help="how restless it is, 0 to 1"),
        "product_id": Field(_L.product_id, is_filter=True, help="what it is of ours"),
        "handle": Field(Product.handle, is_filter=True, help="what it is of ours"),
        "match_method": Field(_L.match_method, is_filter=True, choices=METHODS),
        "match_confidence": Field(_L.match_confidence, help="0 to 1"),
        "is_competitor": Field(_L.is_competitor, is_filter=True),
        "is_unlisted": Field(_L.is_unlisted, is_filter=True, help="its marketplace no longer knows it"),
        "unlisted_at": Field(_L.unlisted_at),
        "is_active": Field(_L.is_active, is_filter=True, help="whether it is watched"),
        "source": Field(_L.source, is_filter=True, help="who is asked"),
        "track_frequency": Field(_L.track_frequency, is_filter=True, choices=FREQUENCIES),
        "track_every_s": Field(_L.track_every_s),
        "next_due_at": Field(_L.next_due_at, is_range=True, is_sort=True),
        "last_attempt_at": Field(_L.last_attempt_at),
        "failure_count": Field(_L.failure_count, is_range=True, is_sort=True, help="failures since it last went well"),
        "last_error": Field(_L.last_error),
        "created_at": Field(_L.created_at, is_range=True),
    },
    words=(_L.title, _L.brand, _L.asin),
)
_C = CompetitorLink
COMPETITORS = ListSpec(
    "competitors",
    READ,
    _C.__table__.join(_L.__table__, _L.id == _C.market_product_id).join(Product.__table__, Product.id == _C.product_id),
    _C.id,
    {
        "id": Field(_C.id),
        "product_id": Field(_C.product_id, is_filter=True),
        "handle": Field(Product.handle, is_filter=True),
        "name": Field(Product.name),
        "market_product_id": Field(_C.market_product_id, is_filter=True),
        "asin": Field(_L.asin, is_filter=True),
        "marketplace": Field(_L.marketplace, is_filter=True),
        "title": Field(_L.title),
        "role": Field(_C.role, is_filter=True, choices=ROLES),
        "confidence": Field(_C.confidence),
        "currency": Field(_L.currency),
        "price": Field(_L.price, is_sort=True),
        "buybox_price": Field(_L.buybox_price, is_sort=True),
        "sales_rank": Field(_L.sales_rank, is_sort=True),
        "in_stock": Field(_L.in_stock, is_filter=True),
        "notes": Field(_C.notes),
        "created_at": Field(_C.created_at),
    },
    words=(_L.title, Product.name),
)
_W = UserProduct
WATCHES = ListSpec(
    "watches",
    READ,
    _W.__table__.join(_L.__table__, _L.id == _W.market_product_id),
    _W.id,
    {
        "id": Field(_W.id),
        "market_product_id": Field(_W.market_product_id, is_filter=True),
        "asin": Field(_L.asin, is_filter=True),
        "marketplace": Field(_L.marketplace, is_filter=True),
        "title": Field(_L.title),
        "price_change_threshold": Field(_W.price_change_threshold, help="percent; null is your own default"),
        "rank_change_threshold": Field(_W.rank_change_threshold, help="percent; null is your own default"),
        "is_active": Field(_W.is_active, is_filter=True),
        "is_primary": Field(_W.is_primary, is_filter=True),
        "notes": Field(_W.notes),
        "claimed_at": Field(_W.claimed_at, is_sort=True),
    },
    words=(_L.title, _L.asin),
    own=_W.user_id,
)
