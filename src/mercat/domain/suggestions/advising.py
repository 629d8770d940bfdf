"""Advisers: facts in, a suggestion out, or nothing. By rule: the same facts, the same advice, offline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from mercat.core.money import plain
from mercat.domain.suggestions.models import SET_FIELD, SET_PRICE, SET_THRESHOLD
from mercat.domain.suggestions.pricing import CENT, Rails, highest, lowest, margin_pct, price_for_margin
from mercat.domain.suggestions.schemas import ActionDraft, SuggestionDraft

_SURE, _FAIR, _CLIPPED = Decimal("0.95"), Decimal("0.75"), Decimal("0.6")
_RAISE_PCT = Decimal(5)
_HUNDRED = Decimal(100)
Evidence = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Item:
    """A variant of ours, as advisers see it. Amounts are of one currency. ``cautions``: what else is on its way.

    ``stock``: how many there are, where that is known; so few as ``scarce`` would not last at a lower price.
    """

    variant_id: str
    product_id: str
    sku: str
    name: str
    price: Decimal
    cost: Decimal | None
    currency: str | None
    rails: Rails = field(default_factory=Rails)
    cautions: Sequence[str] = ()
    stock: int | None = None
    scarce: int = 0

    @property
    def label(self) -> str:
        """What people call it."""
        return f"{self.name} ({self.sku})"


@dataclass(frozen=True)
class Rival:
    """A listing that competes with an item."""

    listing_id: str
    asin: str
    price: Decimal | None
    in_stock: bool | None


@dataclass(frozen=True)
class Place:
    """Our listing at a marketplace, as it was seen last."""

    listing_id: str
    asin: str
    buybox_price: Decimal | None
    currency: str
    rivals: Sequence[Rival] = ()


def restore_margin(item: Item, target_pct: Decimal, evidence: Evidence) -> SuggestionDraft | None:
    """The lowest price that has the target margin again; as near to it as the rails allow."""
    if item.cost is None or item.price <= 0 or margin_pct(item.price, item.cost) >= target_pct:
        return None
    wanted = price_for_margin(item.cost, target_pct)
    price = min(wanted, highest(item.price, item.rails))
    if price <= item.price:
        return None
    now, then = margin_pct(item.price, item.cost), margin_pct(price, item.cost)
    is_whole = price == wanted
    description = f"At a cost of {plain(item.cost)} the price of {plain(item.price)} leaves {now:.1f} %."
    if not is_whole:
        description += f" The guardrails allow {plain(price)} for now; the target needs {plain(wanted)}."
    return _priced(
        item,
        price,
        kind="restore_margin",
        title=f"Raise {item.label} to {plain(price)} for a margin of {then:.1f} %",
        description=description,
        reasoning=f"price = cost / (1 - target): {plain(item.cost)} / (1 - {target_pct / _HUNDRED:f}) = {plain(wanted)}",
        evidence=evidence,
        confidence=_SURE if is_whole else _CLIPPED,
        priority="urgent" if now < 0 else "high",
    )


def regain_buy_box(item: Item, place: Place, evidence: Evidence) -> SuggestionDraft | None:
    """A cent below whoever has it, where floor, least margin and step allow that."""
    box = place.buybox_price
    if box is None or place.currency != item.currency or item.price < box or item.stock == 0:
        return None
    if item.stock is not None and item.stock <= item.scarce:
        pieces = "piece is" if item.stock == 1 else "pieces are"
        item = replace(
            item, cautions=[*item.cautions, f"only {item.stock} {pieces} left: at a lower price that is soon gone"]
        )
    price = box - CENT
    if price < lowest(item.cost, item.price, item.rails):
        return None
    return _priced(
        item,
        price,
        kind="regain_buy_box",
        title=f"Lower {item.label} to {plain(price)} to regain the buy box of {place.asin}",
        description=f"The buy box stands at {plain(box)}, our price at {plain(item.price)}.",
        reasoning="A cent below the price in the buy box is above the floor and leaves the least margin.",
        evidence=[*evidence, ("market_product", place.listing_id)],
        confidence=_FAIR,
        priority="high",
    )


def raise_price(item: Item, place: Place, evidence: Evidence) -> SuggestionDraft | None:
    """Up to five percent more while rivals are out of stock, and still below every rival that is not."""
    gone = [each for each in place.rivals if each.in_stock is False]
    there = [each.price for each in place.rivals if each.in_stock is not False and each.price is not None]
    if not gone or place.currency != item.currency:
        return None
    bounds = [(item.price * (_HUNDRED + _RAISE_PCT) / _HUNDRED).quantize(CENT), highest(item.price, item.rails)]
    price = min([*bounds, *(each - CENT for each in there)])
    if price <= item.price:
        return None
    names = ", ".join(each.asin for each in gone)
    return _priced(
        item,
        price,
        kind="raise_price",
        title=f"Raise {item.label} to {plain(price)} while rivals are out of stock",
        description=f"Out of stock: {names}. "
        + (f"The next price is {plain(min(there))}." if there else "Nobody else sells."),
        reasoning="Demand that cannot buy from rivals is less sensitive to a step of at most 5 %.",
        evidence=[*evidence, *(("market_product", each.listing_id) for each in gone)],
        confidence=_FAIR,
        priority="normal",
        expires_in=3,
    )


def shorten_title(sku: str, product_id: str, name: str, limit: int, channel: str) -> SuggestionDraft | None:
    """A title that the channel takes: cut at the last word that fits."""
    if len(name) <= limit:
        return None
    cut = name[: limit + 1].rsplit(" ", 1)[0] if " " in name[: limit + 1] else name[:limit]
    short = cut.rstrip(" ,;:-–")[:limit]
    reasoning = f"The title has {len(name)} characters, {channel} takes {limit}."
    return SuggestionDraft(
        kind="shorten_title",
        subject_type="product",
        subject_id=product_id,
        subject_label=f"{name[:100]} ({sku})",
        title=f"Shorten the title of {sku} for {channel}",
        description=f"From {len(name)} to {len(short)} characters: what was left out should be said in the description.",
        reasoning=reasoning,
        evidence=[("product", product_id)],
        category="content",
        source="rule:shorten_title/1",
        actions=[ActionDraft(SET_FIELD, sku, "name", name, short, reasoning)],
        confidence=_CLIPPED,
        estimated_impact={"characters": len(short)},
        expires_in=60,
    )


def add_images(sku: str, product_id: str, name: str, channel: str) -> SuggestionDraft:
    """A picture is needed; which one only a person knows, so there is nothing to apply."""
    return SuggestionDraft(
        kind="add_images",
        subject_type="product",
        subject_id=product_id,
        subject_label=f"{name[:100]} ({sku})",
        title=f"{sku} has no picture, and {channel} lists nothing without one",
        description="Add one with its feed, or by hand.",
        reasoning=f"{channel} needs at least one picture of every product.",
        evidence=[("product", product_id)],
        category="content",
        source="rule:add_images/1",
        confidence=_SURE,
        expires_in=60,
    )


def calm_threshold(
    listing_id: str, label: str, target_field: str, *, current: Decimal, fired: int, days: int, evidence: Evidence
) -> SuggestionDraft | None:
    """Twice the threshold, for what fires so often that nobody can act on it."""
    proposed = min(current * 2, _HUNDRED)
    if proposed <= current:
        return None
    reasoning = f"It fired {fired} times in {days} days: what comes so often is not acted on."
    return SuggestionDraft(
        kind="calm_threshold",
        subject_type="market_product",
        subject_id=listing_id,
        subject_label=label,
        title=f"Tell of {label} from {plain(proposed)} % on instead of {plain(current)} %",
        description=f"{fired} alerts in {days} days came of a threshold of {plain(current)} %.",
        reasoning=reasoning,
        evidence=evidence,
        category="tracking",
        source="rule:calm_threshold/1",
        actions=[ActionDraft(SET_THRESHOLD, listing_id, target_field, plain(current), plain(proposed), reasoning)],
        priority="low",
        confidence=_FAIR,
        estimated_impact={"alerts_fired": fired, "days": days},
        expires_in=30,
    )


def _priced(
    item: Item, price: Decimal, *, kind: str, title: str, description: str, reasoning: str, evidence: Evidence,
    confidence: Decimal, priority: str, expires_in: int = 14,
) -> SuggestionDraft:  # fmt: skip
    impact: dict[str, str | None] = {"price": plain(price), "currency": item.currency}
    if item.cost is not None:
        impact["margin_pct_before"] = f"{margin_pct(item.price, item.cost):.2f}"
        impact["margin_pct_after"] = f"{margin_pct(price, item.cost):.2f}"
    # What else is on its way makes any advice less sure.
    sure = confidence if not item.cautions else confidence / 2
    return SuggestionDraft(
        kind=kind,
        subject_type="variant",
        subject_id=item.variant_id,
        subject_label=item.label[:255],
        title=title[:500],
        description=description,
        reasoning=reasoning,
        evidence=[("variant", item.variant_id), *evidence],
        category="pricing",
        source=f"rule:{kind}/1",
        actions=[ActionDraft(SET_PRICE, item.sku, "price", plain(item.price), plain(price), reasoning)],
        priority=priority,
        confidence=sure,
        estimated_impact=impact,
        cautions=item.cautions,
        expires_in=expires_in,
    )
