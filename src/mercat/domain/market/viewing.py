"""Watched listings as they are shown, and who wants to hear of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.money import plain
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.market.metrics import LATEST
from mercat.domain.market.models import MarketProduct, UserProduct
from mercat.domain.market.product_repository import MarketProductRepository
from mercat.domain.market.schemas import ListingView
from mercat.domain.market.shown_repository import ShownBulk
from mercat.domain.market.tracking import find

_FACTS = tuple(
    "title brand manufacturer part_number model_number gtins url image_url category product_type description features "
    "is_competitor is_unlisted unlisted_at".split()
)
_TRACKING = tuple(
    "is_active source track_frequency track_every_s price_change_threshold rank_change_threshold next_due_at "
    "last_attempt_at last_success_at failure_count not_found_count last_error volatility".split()
)
_THRESHOLDS = ("price_change_threshold", "rank_change_threshold")


def show(unit: ReadUnit, word: str, *, marketplace: str | None = None) -> ListingView:
    """One listing whole, by id or ASIN. Raises ``NotFound``, ``Conflict``."""
    return view_of(unit, find(unit, word, marketplace=marketplace).id)


def view_of(unit: ReadUnit, row_id: UUID) -> ListingView:
    """One listing whole. Raises ``NotFound``."""
    unit.actor.require("market.read")
    repository = MarketProductRepository(unit.session)
    row = repository.with_product(row_id)
    latest = {"currency": row.currency, "at": row.last_snapshot_at, "discount_pct": _plain(row.discount_pct)}
    return ListingView(
        id=row.id,
        asin=row.asin,
        marketplace=row.marketplace,
        facts={name: getattr(row, name) for name in _FACTS},
        latest={**latest, **{name: _plain(getattr(row, name)) for name in LATEST}},
        product=_ours(row),
        tracking={name: _plain(getattr(row, name)) for name in _TRACKING},
        competes_with=[
            {
                "product_id": each.product_id,
                "handle": each.product.handle,
                "name": each.product.name,
                "role": each.role,
                "confidence": _plain(each.confidence),
            }
            for each in repository.links(row.id)
        ],
    )


def _ours(row: MarketProduct) -> Mapping[str, Any] | None:
    """What it is of ours, or that something was found which is not sure enough."""
    if row.product is None:
        return None
    return {
        "product_id": row.product.id,
        "handle": row.product.handle,
        "name": row.product.name,
        "method": row.match_method,
        "confidence": _plain(row.match_confidence),
    }


def _plain(value: Any) -> Any:
    return plain(value) if hasattr(value, "quantize") else value


def shown_variants(unit: ReadUnit, listings: Collection[UUID]) -> dict[UUID, UUID]:
    """Listing → the variant of ours that it shows; without those of which nobody knows which."""
    unit.actor.require("market.read")
    found = ShownBulk(unit.bulk).variants([each.bytes for each in listings])
    return {UUID(bytes=listing): UUID(bytes=variant) for listing, variant in found.items()}


def watch(unit: WriteUnit, row_id: UUID, wanted: Mapping[str, Any]) -> UserProduct:
    """Have whoever asks hear of a listing; ``wanted`` by the names of the columns. Raises ``Conflict`` for no user."""
    unit.actor.require("market.read")
    user_id = _user(unit)
    for name in _THRESHOLDS:
        given = wanted.get(name)
        if given is not None and not 0 <= given <= 100:
            message = f"{name} is a percentage from 0 to 100, not {given}"
            raise Invalid(message, field=name)
    repository = MarketProductRepository(unit.session)
    repository.with_product(row_id)
    row = repository.watch(user_id, row_id)
    if row is None:
        row = UserProduct(user_id=user_id, market_product_id=row_id, claimed_at=unit.now)
        repository.save([row])
    for name, value in wanted.items():
        setattr(row, name, value)
    unit.save()
    return row


def unwatch(unit: WriteUnit, row_id: UUID) -> None:
    """Whoever asks hears of it no more. Raises ``NotFound``."""
    unit.actor.require("market.read")
    row = MarketProductRepository(unit.session).watch(_user(unit), row_id)
    if row is None:
        message = f"you do not watch the listing {row_id}"
        raise NotFound(message)
    unit.remove(row)


def _user(unit: ReadUnit) -> UUID:
    if unit.actor.id is None:
        message = "only a user hears of listings: sign in, or use a key of yours"
        raise Conflict(message)
    return unit.actor.id
