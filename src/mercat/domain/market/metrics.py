"""What can be seen of a listing: each metric by name, with its unit, its direction and its place in ``stated``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from mercat.core.errors import Invalid

Unit = Literal["money", "count", "rank", "stars", "flag", "text", "percent", "json"]
Better = Literal["lower", "higher", "neither"]


@dataclass(frozen=True)
class Metric:
    """A metric. ``bit`` is its place in ``product_snapshots.stated`` and never changes; ``None`` where it has no column.

    ``kind``: ``column`` has a column of its own, ``extra`` lies in the column of that name, ``formula`` is made of others
    (``needs``). ``is_latest``: the listing itself shows what was stated last. ``averages``: over time, in its smallest unit;
    of a flag the share of time in which it was set.
    """

    name: str
    title: str
    unit: Unit
    category: str
    better: Better = "neither"
    kind: Literal["column", "extra", "formula"] = "column"
    bit: int | None = None
    is_latest: bool = False
    needs: tuple[str, ...] = ()

    @property
    def averages(self) -> bool:
        """Whether a mean over time says anything."""
        return self.unit in {"money", "count", "rank", "stars", "percent", "flag"}

    @property
    def has_size(self) -> bool:
        """Whether one value is more than another."""
        return self.averages and self.unit != "flag"


def _columns() -> Iterable[Metric]:
    # The order is the order of bits: new ones go to the end.
    rows: tuple[tuple[str, str, Unit, str, Better, bool], ...] = (
        ("price", "Lowest new price", "money", "price", "neither", True),
        ("original_price", "List price", "money", "price", "neither", True),
        ("buybox_price", "Buy Box price", "money", "price", "neither", True),
        ("buybox_shipping", "Buy Box shipping", "money", "price", "lower", False),
        ("amazon_price", "Amazon's own price", "money", "price", "neither", True),
        ("used_price", "Lowest used price", "money", "price", "neither", False),
        ("lowest_fba_price", "Lowest price fulfilled by Amazon", "money", "price", "neither", True),
        ("lowest_fbm_price", "Lowest price fulfilled by merchants", "money", "price", "neither", True),
        ("deal_price", "Deal price", "money", "price", "neither", False),
        ("own_price", "Our own price", "money", "price", "neither", True),
        ("sales_rank", "Sales rank", "rank", "ranking", "lower", True),
        ("sub_rank", "Best rank in a node", "rank", "ranking", "lower", True),
        ("rank_category", "Category of the sales rank", "text", "ranking", "neither", True),
        ("sub_rank_category", "Node of the best rank", "text", "ranking", "neither", True),
        ("offer_count", "New offers", "count", "offers", "neither", True),
        ("used_offer_count", "Used offers", "count", "offers", "neither", False),
        ("rating", "Rating", "stars", "reviews", "higher", True),
        ("review_count", "Reviews", "count", "reviews", "higher", True),
        ("in_stock", "In stock", "flag", "availability", "higher", True),
        ("stock_quantity", "Pieces left", "count", "availability", "higher", True),
        ("stock_status", "Availability as written", "text", "availability", "neither", True),
        ("seller", "Seller", "text", "seller", "neither", True),
        ("seller_id", "Seller's id", "text", "seller", "neither", True),
        ("is_amazon_seller", "Sold by Amazon", "flag", "seller", "neither", True),
        ("is_fba", "Fulfilled by Amazon", "flag", "seller", "neither", True),
        ("is_prime", "Prime", "flag", "deals", "higher", True),
        ("coupon", "Coupon", "text", "deals", "neither", True),
        ("deal", "Deal", "text", "deals", "neither", True),
        ("has_amazons_choice", "Amazon's Choice", "flag", "badges", "higher", True),
        ("monthly_sold", "Bought in the last month", "count", "sales", "higher", False),
        ("ranks", "All ranks", "json", "ranking", "neither", False),
    )
    for bit, (name, title, unit, category, better, is_latest) in enumerate(rows):
        yield Metric(name, title, unit, category, better, bit=bit, is_latest=is_latest)


def _extras() -> Iterable[Metric]:
    for name, title, unit, category in (
        ("collectible_price", "Lowest collectible price", "money", "price"),
        ("refurbished_price", "Lowest refurbished price", "money", "price"),
        ("warehouse_price", "Amazon Warehouse price", "money", "price"),
        ("prime_price", "Price for Prime members", "money", "price"),
        ("used_buybox_price", "Used Buy Box price", "money", "price"),
        ("competitive_price", "Amazon's competitive price", "money", "price"),
        ("competitive_price_threshold", "Amazon's threshold for the Buy Box", "money", "price"),
        ("was_price", "Usual price, as Amazon shows it", "money", "price"),
        ("refurbished_offer_count", "Refurbished offers", "count", "offers"),
        ("collectible_offer_count", "Collectible offers", "count", "offers"),
        ("fba_offer_count", "New offers fulfilled by Amazon", "count", "offers"),
        ("fbm_offer_count", "New offers fulfilled by merchants", "count", "offers"),
    ):
        yield Metric(name, title, unit, category, kind="extra")  # type: ignore[arg-type]  # the units stand above


_FORMULAS = (
    Metric("is_deal", "On a deal", "flag", "deals", "higher", kind="formula", needs=("deal",)),
    Metric(
        "discount_pct",
        "Discount on the list price",
        "percent",
        "price",
        kind="formula",
        needs=("price", "original_price"),
    ),
    Metric(
        "landed_buybox_price",
        "Buy Box price with shipping",
        "money",
        "price",
        kind="formula",
        needs=("buybox_price", "buybox_shipping"),
    ),
)
METRICS: Mapping[str, Metric] = {each.name: each for each in (*_columns(), *_extras(), *_FORMULAS)}
COLUMNS: tuple[Metric, ...] = tuple(each for each in METRICS.values() if each.kind == "column")
LATEST: tuple[str, ...] = tuple(each.name for each in COLUMNS if each.is_latest)
# What people and other tools call them.
_ALIASES = {"bsr": "sales_rank", "rank": "sales_rank", "buybox": "buybox_price", "reviews": "review_count"}
_ALIASES |= {
    "list_price": "original_price",
    "discount": "discount_pct",
    "offers": "offer_count",
    "bsr_small": "sub_rank",
}
EXTRA_BIT = len(COLUMNS)


def metrics_of(names: Iterable[str]) -> list[Metric]:
    """The metrics of these names, usual other names included (``bsr``). Raises ``Invalid`` naming those there are."""
    wanted = [_ALIASES.get(name.strip().lower(), name.strip().lower()) for name in names]
    unknown = [name for name in wanted if name not in METRICS]
    if unknown:
        message = f"no metric is called {', '.join(map(repr, unknown))}; there are {', '.join(METRICS)}"
        raise Invalid(message, field="fields")
    return [METRICS[name] for name in dict.fromkeys(wanted)]
