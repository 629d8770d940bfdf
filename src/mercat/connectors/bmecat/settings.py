"""What a merchant can say about BMEcat files."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mercat.sdk.connector import FeedSettings

PriceRole = Literal["cost", "price", "compare_at_price"]


class BmecatSettings(FeedSettings, frozen=True):
    """``currency`` picks among prices in several currencies; the catalogue's own comes next."""

    price_types: dict[str, PriceRole] = Field(
        default={"net_customer": "cost", "nrp": "price", "gros_list": "price", "net_list": "price"},
        description="What each BMEcat price type is to us. For one role the first type of this list that is stated wins.",
    )
    sold_by: Literal["order_unit", "content_unit"] = Field(
        default="order_unit",
        description="What one piece is. `content_unit` divides prices by the pieces in an order unit.",
    )
    language: str | None = Field(default=None, description="Language preferred where texts come in several (deu, eng).")
