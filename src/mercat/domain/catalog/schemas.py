"""What is asked of the catalogue, in the same words at every door."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from mercat.core.list_queries import Cursor, Instant, Paging, chosen_fields
from mercat.core.money import plain
from mercat.domain.catalog.browse_repository import SORTS, ListedProduct

Price = Annotated[Decimal, Field(max_digits=18, decimal_places=4, ge=0, allow_inf_nan=False)]


class ProductFilters(BaseModel):
    """Which products."""

    brand: str | None = Field(None, max_length=255, description="as it is spelled")
    category: str | None = Field(None, min_length=1, max_length=2000, description="name or path, with all below it")
    category_id: str | None = Field(
        None, min_length=1, max_length=2000, description="with all below it; of no such id: nothing"
    )
    collection_id: UUID | None = Field(None, description="what it holds, in its own order unless `sort` says otherwise")
    status: list[Literal["draft", "active", "archived"]] | None = None
    sku: list[str] | None = Field(None, max_length=200)
    handle: list[str] | None = Field(None, max_length=200)
    barcode: list[str] | None = Field(None, max_length=200)
    price_min: Price | None = None
    price_max: Price | None = None
    updated_at_min: Instant | None = None
    updated_at_max: Instant | None = None
    metafields: str | None = Field(None, max_length=2000, description="which to show: `custom.colour,specs.size`")
    fields: str | None = chosen_fields(ListedProduct.__struct_fields__)

    def narrowing(self) -> dict[str, Any]:
        """As the catalogue asks for it."""
        return {
            "brand": self.brand,
            "category": self.category,
            "category_id": self.category_id,
            "collection": self.collection_id,
            "statuses": self.status or (),
            "metafields": _listed(self.metafields),
            "skus": tuple(self.sku or ()),
            "handles": tuple(self.handle or ()),
            "barcodes": tuple(self.barcode or ()),
            "price_min": plain(self.price_min),
            "price_max": plain(self.price_max),
            "updated_min": self.updated_at_min,
            "updated_max": self.updated_at_max,
        }

    def shown(self) -> list[str]:
        """The fields that are wanted."""
        return _listed(self.fields)


class ProductQuery(ProductFilters, Paging):
    """A page of products."""

    q: str | None = Field(None, max_length=200, description="words, their beginnings, parts of codes, one slip")
    sort: Literal[SORTS] | None = None  # type: ignore[valid-type]  # the catalogue's own list
    cursor: Cursor | None = Field(None, description="empty for the beginning, then as `next` says")


def _listed(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]
