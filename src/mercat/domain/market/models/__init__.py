"""The market's tables."""

from mercat.domain.market.models.ranked import (
    BestsellerScrape,
    BestsellerSnapshot,
    CategoryMetric,
    MarketCategory,
    Review,
)
from mercat.domain.market.models.watched import (
    EARLIEST,
    FREQUENCIES,
    METHODS,
    ROLES,
    CompetitorLink,
    MarketProduct,
    MarketSourceAccount,
    ProductSnapshot,
    SnapshotDaily,
    UserProduct,
)

__all__ = [
    "EARLIEST",
    "FREQUENCIES",
    "METHODS",
    "ROLES",
    "BestsellerScrape",
    "BestsellerSnapshot",
    "CategoryMetric",
    "CompetitorLink",
    "MarketCategory",
    "MarketProduct",
    "MarketSourceAccount",
    "ProductSnapshot",
    "Review",
    "SnapshotDaily",
    "UserProduct",
]
