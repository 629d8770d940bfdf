"""What a merchant can say about a Shopify product CSV."""

from __future__ import annotations

from pydantic import Field

from mercat.sdk.connector import FeedSettings


class ShopifyCsvSettings(FeedSettings, frozen=True):
    """``currency`` is the shop's: the file does not state it."""

    encoding: str | None = Field(default=None, description="Read with this encoding instead of the one found.")
    metafield_types: dict[str, str] = Field(
        default_factory=dict,
        description="Shopify types of metafield columns by `namespace.key`; the file does not state them.",
    )
