"""What a merchant can say about an Etilize account."""

from __future__ import annotations

from pydantic import Field

from mercat.sdk.connector import FeedSettings


class EtilizeSettings(FeedSettings, frozen=True):
    """Etilize states no prices, so ``currency`` has no effect."""

    encoding: str | None = Field(
        default=None, description="Read with this encoding (usually cp1252) instead of the one found."
    )
    locale: str = Field(
        default="EN_US", pattern=r"^[A-Z]{2}_[A-Z]{2}$", description="Relational set: language and country."
    )
    sku_type: str | None = Field(
        default=None,
        description="Relational set: the SKU type (CWS_A, SPRC, ...) whose number is our SKU; else the product id.",
    )
    image_address: str = Field(
        default="https://content.etilize.com/{type}/{productid}.jpg?noimage=logo",
        description="Relational set: where the picture of a view type is.",
    )
    document_address: str = Field(
        default="https://content.etilize.com/{type}/{productid}.pdf",
        description="Relational set: where the PDF of a document type is.",
    )
