"""One row of a file → an observation: headings in their usual spellings, values as their marketplace writes them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from mercat.connectors.observations.settings import ObservationSettings
from mercat.sdk.availability import availability
from mercat.sdk.errors import Rejected
from mercat.sdk.market import Facts, Observation, Rank
from mercat.sdk.marketplaces import Marketplace, listing_at, marketplace
from mercat.sdk.values import currency_in, decimal_text

_ALIASES = {
    "observed_at": "scraped_at timestamp seen_at date time captured_at",
    "listing": "url link product_url address",
    "marketplace": "market domain country site",
    "price": "current_price new_price lowest_price",
    "original_price": "list_price listprice msrp rrp uvp was_price",
    "buybox_price": "buy_box buybox buy_box_price featured_price",
    "sales_rank": "bsr rank best_sellers_rank bestsellers_rank main_rank bsr_main salesrank",
    "sub_rank": "bsr_small small_rank category_rank",
    "rank_category": "bsr_category main_category main_category_name",
    "sub_rank_category": "small_category small_category_name",
    "offer_count": "offers new_offers sellers seller_count count_new",
    "used_offer_count": "used_offers",
    "rating": "stars average_rating",
    "review_count": "reviews ratings ratings_total count_reviews",
    "stock_status": "availability availability_text stock_text",
    "stock_quantity": "quantity stock pieces_left",
    "seller": "seller_name sold_by buybox_seller",
    "is_fba": "fba",
    "is_prime": "prime",
    "coupon": "coupon_text",
    "deal": "deal_type",
    "monthly_sold": "bought_past_month past_sales",
    "part_number": "mpn manufacturer_part_number",
    "gtins": "gtin ean upc barcode",
    "image_url": "image main_image",
}
_AMOUNTS = frozenset(
    "price original_price buybox_price buybox_shipping amazon_price used_price lowest_fba_price lowest_fbm_price "
    "deal_price own_price".split()
)
_WHOLES = frozenset("sales_rank sub_rank offer_count used_offer_count review_count stock_quantity monthly_sold".split())
_FLAGS = frozenset("in_stock is_amazon_seller is_fba is_prime has_amazons_choice".split())
_TEXTS = frozenset("rank_category sub_rank_category stock_status seller seller_id coupon deal".split())
_FACTS = frozenset(
    "title brand manufacturer part_number model_number image_url category product_type description".split()
)
KNOWN = _AMOUNTS | _WHOLES | _FLAGS | _TEXTS | _FACTS | {"observed_at", "listing", "asin", "marketplace", "currency"}
KNOWN |= {"rating", "gtins", "ranks"}
_TRUE, _FALSE = frozenset("true yes y 1 x ja oui si sí はい".split()), frozenset("false no n 0 nein non いいえ".split())
# What stands for "there is none"; an empty cell says nothing.
_NONE = frozenset({"-", "–", "—", "none", "null", "n/a", "-1"})
_LEADING = re.compile(r"[^0-9]*([0-9][0-9.,  \u00a0\u202f]*)\s*([kKmM]?)")
_YEN = str.maketrans("", "", "円元圓")


def named(headings: Sequence[str], aliases: Mapping[str, str], known: Collection[str]) -> dict[str, str]:
    """Heading → field, of those that are known; of two that mean the same the first."""
    found: dict[str, str] = {}
    for heading in headings:
        name = re.sub(r"[\W_]+", "_", heading.strip().lower()).strip("_")
        name = aliases.get(name, name)
        if name in known and name not in found.values():
            found[heading] = name
    return found


def spelt(aliases: Mapping[str, str]) -> dict[str, str]:
    """Other spelling → field, of fields with their other spellings in a line."""
    return {alias: name for name, others in aliases.items() for alias in others.split()}


_NAMES = spelt(_ALIASES)


def names(headings: Sequence[str]) -> dict[str, str]:
    """Heading → field of an observation."""
    return named(headings, _NAMES, KNOWN)


def to_observation(row: Mapping[str, Any], settings: ObservationSettings) -> Observation:
    """Fields by name → the observation. Raises ``Rejected`` with the field and the reason."""
    asin, place = listing_of(row, settings)
    said: dict[str, Any] = {}
    for name, value in row.items():
        if value is None and name not in _AMOUNTS | _WHOLES:
            continue
        try:
            said |= _read(name, value, place)
        except ValueError as wrong:
            raise Rejected(f"{name}: {wrong}", field=name) from None
    if "stock_status" in said and "in_stock" not in said:
        told = availability(said["stock_status"], place.language)
        if told.in_stock is not None:
            said["in_stock"] = told.in_stock
        if told.quantity is not None:
            said.setdefault("stock_quantity", told.quantity)
    facts = {name: said.pop(name) for name in _FACTS | {"gtins"} if name in said}
    return Observation(
        asin=asin,
        marketplace=place.code,
        observed_at=instant_of(row.get("observed_at"), settings),
        facts=Facts(**facts) if facts else None,
        **{"currency": currency_of(row, place), **said},
    )


def listing_of(row: Mapping[str, Any], settings: ObservationSettings) -> tuple[str, Marketplace]:
    """(ASIN, marketplace) of a row. Raises ``Rejected``."""
    try:
        word = row.get("marketplace") or settings.marketplace
        default = None if word is None else marketplace(str(word))
        return listing_at(str(row.get("listing") or row.get("asin") or settings.asin or ""), default=default)
    except ValueError as wrong:
        raise Rejected(str(wrong), field="listing") from None


def instant_of(value: Any, settings: ObservationSettings) -> dt.datetime:
    """When it was seen, in UTC. Raises ``Rejected``."""
    if value in (None, ""):
        if settings.instant is None:
            raise Rejected(
                "it does not say when it was seen: give a column observed_at, or --setting observed_at=…",
                field="observed_at",
            )
        return settings.instant
    text = str(value).strip()
    try:
        found = dt.datetime.fromtimestamp(int(text), dt.UTC) if text.isdigit() and len(text) == 10 else _iso(text)
    except (ValueError, OverflowError):
        message = f"{text!r} is no time: write it like 2026-11-21T14:00:00Z"
        raise Rejected(message, field="observed_at") from None
    return found.astimezone(dt.UTC)


def _iso(text: str) -> dt.datetime:
    found = dt.datetime.fromisoformat(text)
    return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found


def currency_of(row: Mapping[str, Any], place: Marketplace) -> str:
    """As stated, or as a price is written; a bare sign like $ or ¥ is the marketplace's own."""
    stated = row.get("currency")
    if stated:
        code = str(stated).strip().upper()
        if len(code) != 3 or not (code.isascii() and code.isalpha()):
            raise Rejected(f"{stated!r} is no currency: an ISO 4217 code has three letters", field="currency")
        return code
    written = (row.get(name) for name in ("price", "buybox_price", "original_price"))
    return next((sign for each in written if isinstance(each, str) and (sign := currency_in(each))), place.currency)


def _read(name: str, value: Any, place: Marketplace) -> dict[str, Any]:
    """A cell as the field takes it; nothing where it says nothing. Raises ``ValueError``."""
    text: Any = value.strip() if isinstance(value, str) else value
    if text == "":
        return {}
    for fields, read in _READERS:
        if name in fields:
            if text is None or (isinstance(text, str) and text.lower() in _NONE):
                return {} if name in _TEXTS | _FLAGS | _FACTS else {name: None}
            return {name: read(text, place)}
    return {}


def amount(value: Any, place: Marketplace) -> str:
    """A price as its marketplace writes it, as decimal text. Raises ``ValueError``."""
    if isinstance(value, int | Decimal):
        return _plain(Decimal(value))
    found = decimal_text(str(value).translate(_YEN), decimal_comma=place.decimal_comma)
    if found is None or found.startswith("-"):
        raise ValueError(f"{value!r} is no price")
    return found


def _plain(value: Decimal) -> str:
    found = decimal_text(format(value, "f"), decimal_comma=False)
    if found is None or found.startswith("-"):
        raise ValueError(f"{value} is no price")
    return found


def whole(value: Any, _place: Marketplace) -> int:
    """``#1,234 in Kitchen``, ``10K+ bought in past month`` and ``1.234`` are numbers too."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _LEADING.match(str(value))
    if found is None:
        raise ValueError(f"{value!r} is no number")
    # A count has no fraction: whatever separates its digits groups them, unless thousands are said by a letter.
    digits: str = found[1].strip()
    if found[2]:
        factor = {"k": 1_000, "m": 1_000_000}[found[2].lower()]
        return int(Decimal(digits.replace(",", ".")) * factor)
    return int(re.sub(r"\D", "", digits))


def stars(value: Any, _place: Marketplace) -> str:
    """``4,5 von 5 Sternen`` and ``5つ星のうち4.5`` are 4.5."""
    if not isinstance(value, str):
        return _plain(Decimal(value))
    text = value.replace("5つ星のうち", "").strip()
    found = re.match(r"[0-9](?:[.,][0-9]{1,2})?", text)
    if found is None:
        raise ValueError(f"{value!r} is no rating")
    return decimal_text(found[0], decimal_comma="," in found[0]) or "0"


def flag(value: Any, place: Marketplace) -> bool:
    """Yes or no, in words or numbers. Raises ``ValueError``."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    told = availability(str(value), place.language).in_stock
    if told is None:
        raise ValueError(f"{value!r} is neither yes nor no")
    return told


def _text(value: Any, _place: Marketplace) -> str:
    return str(value)


def _codes(value: Any, _place: Marketplace) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else re.split(r"[,;|\s]+", str(value))
    return tuple(str(each) for each in parts if each)


def _ranks(value: Any, _place: Marketplace) -> list[Rank]:
    try:
        found = msgspec.json.decode(value, type=list[Rank]) if isinstance(value, str) else None
        return found if found is not None else msgspec.convert(value, list[Rank])
    except msgspec.MsgspecError as wrong:
        raise ValueError(f"ranks are a list of kind, name, rank and node: {wrong}") from None


_READERS: tuple[tuple[frozenset[str], Callable[[Any, Marketplace], Any]], ...] = (
    (_AMOUNTS, amount),
    (_WHOLES, whole),
    (_FLAGS, flag),
    (_TEXTS | _FACTS, _text),
    (frozenset({"rating"}), stars),
    (frozenset({"gtins"}), _codes),
    (frozenset({"ranks"}), _ranks),
)
