"""Keepa's answers as they come, and as what was seen.

Shapes after Keepa's published Java structs (github.com/keepacom/api_backend, by PyPI keepa 1.6.0, October 2026). A series is
``[minute, value, minute, value, …]``, of some prices ``[minute, price, shipping, …]``; -1 is no offer. Minutes count from
2011-01-01 UTC; prices are in the smallest unit of the marketplace's currency, ratings in tenths of a star.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from mercat.core.money import plain
from mercat.sdk.market import Category, Facts, Observation, Rank
from mercat.sdk.marketplaces import Marketplace, marketplace_of_keepa

_EPOCH_MINUTES = 21_564_000
_NONE, _UNKNOWN = -1, -2


class Series(NamedTuple):
    """What one of Keepa's series is of ours. ``shipping`` is the metric of its third column, if that is one."""

    metric: str
    unit: str = "money"
    is_extra: bool = False
    columns: int = 2
    shipping: str | None = None


# Product.CsvType of the Java structs → ours. What is not here is of condition and colour that nobody watches.
SERIES: dict[int, Series] = {
    0: Series("amazon_price"),
    1: Series("price"),
    2: Series("used_price"),
    3: Series("sales_rank", "count"),
    4: Series("original_price"),
    5: Series("collectible_price", is_extra=True),
    6: Series("refurbished_price", is_extra=True),
    7: Series("lowest_fbm_price", columns=3),
    8: Series("deal_price"),
    9: Series("warehouse_price", is_extra=True),
    10: Series("lowest_fba_price"),
    11: Series("offer_count", "count"),
    12: Series("used_offer_count", "count"),
    13: Series("refurbished_offer_count", "count", is_extra=True),
    14: Series("collectible_offer_count", "count", is_extra=True),
    16: Series("rating", "tenths"),
    17: Series("review_count", "count"),
    18: Series("buybox_price", columns=3, shipping="buybox_shipping"),
    32: Series("used_buybox_price", is_extra=True, columns=3),
    33: Series("prime_price", is_extra=True),
    34: Series("fba_offer_count", "count", is_extra=True),
    35: Series("fbm_offer_count", "count", is_extra=True),
}
_OFFERED = frozenset({"price", "amazon_price"})


class Fault(msgspec.Struct, rename="camel"):
    type: str = ""
    message: str = ""
    details: str = ""


class CategoryEntry(msgspec.Struct, rename="camel"):
    cat_id: int = 0
    name: str = ""


class Stats(msgspec.Struct, rename="camel"):
    current: list[int] | None = None
    buy_box_price: int | None = None
    buy_box_shipping: int | None = None
    buy_box_seller_id: str | None = None
    buy_box_is_fba: bool | None = msgspec.field(name="buyBoxIsFBA", default=None)
    buy_box_is_amazon: bool | None = None
    buy_box_is_prime_eligible: bool | None = None


class Product(msgspec.Struct, rename="camel"):
    asin: str
    domain_id: int
    title: str | None = None
    brand: str | None = None
    manufacturer: str | None = None
    part_number: str | None = None
    model: str | None = None
    product_group: str | None = None
    type: str | None = None
    description: str | None = None
    features: list[str] | None = None
    ean_list: list[str] | None = None
    upc_list: list[str] | None = None
    category_tree: list[CategoryEntry] | None = None
    root_category: int | None = None
    sales_rank_reference: int | None = None
    images: list[dict[str, Any]] | None = None
    images_csv: str | None = msgspec.field(name="imagesCSV", default=None)
    last_update: int | None = None
    last_price_change: int | None = None
    monthly_sold: int | None = None
    monthly_sold_history: list[int] | None = None
    buy_box_seller_id_history: list[str] | None = None
    sales_ranks: dict[str, list[int] | None] | None = None
    csv: list[list[int] | None] | None = None
    stats: Stats | None = None


class BestSellersList(msgspec.Struct, rename="camel"):
    domain_id: int | None = None
    last_update: int | None = None
    category_id: int | None = None
    asin_list: list[str | None] | None = None


class CategoryNode(msgspec.Struct, rename="camel"):
    cat_id: int = 0
    name: str | None = None
    parent: int | None = None
    product_count: int | None = None


class Answer(msgspec.Struct, rename="camel"):
    tokens_left: int = 0
    refill_in: int = 0
    refill_rate: float = 0
    tokens_consumed: int = 0
    token_flow_reduction: float = 0
    timestamp: int | None = None
    error: Fault | None = None
    products: list[Product] | None = None
    best_sellers_list: BestSellersList | None = None
    categories: dict[str, CategoryNode | None] | None = None
    category_parents: dict[str, CategoryNode | None] | None = None


def instant(minute: int) -> dt.datetime:
    """Keepa's minutes as an instant."""
    return dt.datetime.fromtimestamp((minute + _EPOCH_MINUTES) * 60, dt.UTC)


def minute_of(at: dt.datetime) -> int:
    """An instant as Keepa's minutes."""
    return int(at.timestamp()) // 60 - _EPOCH_MINUTES


def is_known(product: Product) -> bool:
    """Whether Keepa knows anything of it: an ASIN that is none comes back as an empty product."""
    return bool(product.title or product.last_update or any(product.csv or ()))


def now_of(product: Product, answered_at: dt.datetime) -> Observation:
    """What Keepa saw last: its ``stats.current``, or else the ends of its series."""
    place = marketplace_of_keepa(product.domain_id)
    current = product.stats.current if product.stats and product.stats.current else _ends(product)
    said: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for at, value in enumerate(current):
        series = SERIES.get(at)
        if series is not None and value >= _NONE and not _is_empty(product, at, value):
            (extra if series.is_extra else said)[series.metric] = _value(value, series.unit, place)
    if _OFFERED & said.keys():
        said["in_stock"] = any(said.get(name) is not None for name in _OFFERED)
    said |= _featured(product.stats, place)
    if product.monthly_sold is not None and product.monthly_sold >= 0:
        said["monthly_sold"] = product.monthly_sold
    said |= _ranked({node: pairs[-1] for node, pairs in (product.sales_ranks or {}).items() if pairs}, product)
    # What was seen is as old as Keepa's last look: asked again before the next one, it is the same observation.
    seen_at = instant(product.last_update) if product.last_update else answered_at
    return Observation(
        asin=product.asin,
        marketplace=place.code,
        observed_at=seen_at,
        currency=place.currency,
        facts=facts_of(product),
        extra=extra or UNSET,
        **said,
    )


def past_of(product: Product) -> Iterator[Observation]:
    """Every point of every series as an observation of its own minute; what did not change then is not stated."""
    place = marketplace_of_keepa(product.domain_id)
    moments: dict[int, dict[str, Any]] = defaultdict(dict)
    extras: dict[int, dict[str, Any]] = defaultdict(dict)
    for at, points in enumerate(product.csv or ()):
        series = SERIES.get(at)
        for row in _rows(points, series.columns) if series is not None and points else ():
            if series is not None and row[1] >= _NONE:
                _add(moments[row[0]], extras[row[0]], row, series, place)
    for minute, sold in _rows(product.monthly_sold_history, 2):
        moments[minute]["monthly_sold"] = None if sold == _NONE else sold
    for minute, seller in _rows(product.buy_box_seller_id_history, 2):
        moments[int(minute)]["seller_id"] = None if seller in {"-1", "-2"} else seller
    _add_stock(moments)
    _add_ranks(moments, product)
    facts: Facts | None = facts_of(product)
    for minute in sorted({*moments, *(minute for minute, said in extras.items() if said)}):
        yield Observation(
            asin=product.asin,
            marketplace=place.code,
            observed_at=instant(minute),
            currency=place.currency,
            facts=facts,
            extra=extras.get(minute) or UNSET,
            **moments.get(minute, {}),
        )
        facts = None


def facts_of(product: Product) -> Facts:
    """What Keepa says that it is."""
    tree = product.category_tree or []
    first = next(iter(product.images or ()), {})
    image = first.get("l") or first.get("m") or (product.images_csv or "").split(",")[0]
    return Facts(
        title=product.title,
        brand=product.brand,
        manufacturer=product.manufacturer,
        part_number=product.part_number,
        model_number=product.model,
        image_url=f"https://m.media-amazon.com/images/I/{image}" if image else None,
        category=tree[-1].name if tree else None,
        product_type=product.type or product.product_group,
        description=product.description,
        features=tuple(product.features or ()),
        gtins=tuple(dict.fromkeys([*(product.ean_list or ()), *(product.upc_list or ())])),
    )


def _rows(points: Sequence[Any] | None, columns: int) -> Iterator[Any]:
    given = points or ()
    for at in range(0, len(given) - columns + 1, columns):
        yield given[at : at + columns]


def _ends(product: Product) -> list[int]:
    ends = []
    for at, points in enumerate(product.csv or ()):
        columns = SERIES[at].columns if at in SERIES else 2
        ends.append(points[-columns + 1] if points else _UNKNOWN)
    return ends


def _is_empty(product: Product, at: int, value: int) -> bool:
    """-1 where Keepa has no series at all says nothing: it was never looked for."""
    series = product.csv[at] if product.csv and at < len(product.csv) else None
    return value == _NONE and product.csv is not None and not series


def _add(said: dict[str, Any], extra: dict[str, Any], row: Sequence[int], series: Series, place: Marketplace) -> None:
    value = _value(row[1], series.unit, place)
    if series.columns == 3 and series.shipping is None and value is not None and row[2] > 0:
        # Merchants' prices are told with their shipping: that is what a buyer pays.
        value = _value(row[1] + row[2], series.unit, place)
    (extra if series.is_extra else said)[series.metric] = value
    if series.shipping is not None:
        said[series.shipping] = None if row[1] == _NONE else _value(max(row[2], 0), series.unit, place)


def _value(value: int, unit: str, place: Marketplace) -> str | int | None:
    if value == _NONE:
        return None
    if unit == "count":
        return value
    return plain(Decimal(value).scaleb(-1 if unit == "tenths" else -place.minor_digits))


def _add_stock(moments: dict[int, dict[str, Any]]) -> None:
    """Somebody sells it new, be that Amazon itself or others."""
    held: dict[str, Any] = {}
    for minute in sorted(moments):
        told: dict[str, Any] = {name: value for name, value in moments[minute].items() if name in _OFFERED}
        if told:
            held |= told
            moments[minute]["in_stock"] = any(value is not None for value in held.values())


def _add_ranks(moments: dict[int, dict[str, Any]], product: Product) -> None:
    held: dict[str, int] = {}
    changes = sorted(
        (minute, node, rank)
        for node, points in (product.sales_ranks or {}).items()
        for minute, rank in _rows(points, 2)
    )
    for minute, node, rank in changes:
        held[node] = rank
        moments[minute] |= _ranked(held, product)


def _ranked(held: dict[str, int], product: Product) -> dict[str, Any]:
    """All ranks that there are; the best of them below the root is the ``sub_rank``."""
    if not held:
        return {}
    names = {str(each.cat_id): each.name for each in product.category_tree or ()}
    root = str(product.root_category or "")
    ranks = [
        Rank("display_group" if node == root else "classification", names.get(node, node), rank, node)
        for node, rank in sorted(held.items())
        if rank > 0
    ]
    best = min((each for each in ranks if each.node != root), key=lambda each: each.rank, default=None)
    return {
        "ranks": ranks,
        "sub_rank": best.rank if best else None,
        "sub_rank_category": best.name if best else None,
        **({"rank_category": names[root]} if root in names else {}),
    }


def _featured(stats: Stats | None, place: Marketplace) -> dict[str, Any]:
    """The featured offer, where it was asked for: -2 says that it was not."""
    if stats is None or stats.buy_box_price is None or stats.buy_box_price == _UNKNOWN:
        return {}
    if stats.buy_box_price == _NONE:
        return {"buybox_price": None, "buybox_shipping": None, "seller_id": None}
    said: dict[str, Any] = {
        "buybox_price": _value(stats.buy_box_price, "money", place),
        "buybox_shipping": _value(max(stats.buy_box_shipping or 0, 0), "money", place),
        "seller_id": None if stats.buy_box_seller_id in {"-1", "-2"} else stats.buy_box_seller_id,
    }
    flags = {
        "is_fba": stats.buy_box_is_fba,
        "is_amazon_seller": stats.buy_box_is_amazon,
        "is_prime": stats.buy_box_is_prime_eligible,
    }
    return {**said, **{name: value for name, value in flags.items() if value is not None}}


def category_of(answer: Answer, category: str) -> Category | None:
    """What Keepa says of a node, with those above it; none where it says nothing."""
    node = (answer.categories or {}).get(category)
    if node is None:
        return None
    known = {each.cat_id: each for each in (answer.category_parents or {}).values() if each is not None}
    above: list[tuple[str, str | None]] = []
    at = node.parent
    # A root's parent is 0; whoever is met twice would be above itself.
    while at and at in known and all(str(at) != each for each, _ in above):
        above.append((str(at), known[at].name))
        at = known[at].parent
    count = node.product_count if node.product_count is not None and node.product_count >= 0 else None
    return Category(name=node.name, product_count=count, above=tuple(reversed(above)))
