"""What goes in and out of the products' routes."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal
from uuid import UUID

from pydantic import AliasChoices, BaseModel, Field, StrictBool

from mercat.api.asking import Asked
from mercat.api.lists import Listed
from mercat.domain.catalog import service as catalog
from mercat.domain.suppliers import service as suppliers

FIELDS = tuple(catalog.ListedProduct.__struct_fields__)


class ProductItem(BaseModel):
    """A product in a list. Code and price are the first variant's."""

    id: UUID | None = None
    handle: str | None = None
    name: str | None = None
    brand: str | None = None
    status: str | None = None
    category: str | None = Field(None, description="names joined by ` > `")
    sku: str | None = None
    barcode: str | None = None
    price: str | None = Field(None, description="decimal text")
    currency: str | None = None
    variants: int | None = Field(None, description="how many")
    updated_at: dt.datetime | None = None
    metafields: dict[str, Any] | None = None
    stock: int | None = Field(None, description="pieces in offers of suppliers, of all its variants")


class ProductPage(Listed):
    """A page of products."""

    data: list[ProductItem]
    corrected: str | None = Field(None, description="what was searched for instead, where nothing held `q`")


class ProductWhole(BaseModel):
    """A product with all that hangs on it: the document of our JSON Lines, with its locks and offers."""

    id: UUID
    revision: int
    handle: str
    name: str
    variants: list[dict[str, Any]]
    metafields: dict[str, Any]
    images: list[dict[str, Any]]
    locks: list[dict[str, Any]]
    offers: list[dict[str, Any]]


class ProductSearch(Asked):
    """A search by POST, with the same words as by GET."""

    q: str | None = Field(None, max_length=200, validation_alias=AliasChoices("q", "query"))
    brand: str | None = Field(None, max_length=255)
    category: str | None = Field(None, min_length=1, max_length=2000)
    category_id: str | None = Field(None, min_length=1, max_length=2000)
    status: list[Literal["draft", "active", "archived"]] | None = None
    page: int = Field(1, ge=1, le=1_000_000)
    per_page: int = Field(50, ge=1, le=1000)


class ProductEdit(Asked):
    """Fields to set. They are locked against feeds; an empty value empties the field."""

    values: dict[str, Any] = Field(min_length=1, max_length=200, examples=[{"name": "Copy paper A4", "price": "4.90"}])
    sku: str | None = Field(None, max_length=255, description="of which variant; the one in the address, or the first")
    expected: dict[str, Any] | None = Field(None, description="what you saw: another value there now is a conflict")


class ProductDocuments(Asked):
    """Product documents as our JSON Lines has them; what each does not state is left as it is."""

    products: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=10_000,
        examples=[[{"name": "Copy paper A4", "variants": [{"sku": "P-80", "price": "4.90", "currency": "EUR"}]}]],
    )
    supplier: str = Field(suppliers.API_SUPPLIER, min_length=1, max_length=100, description="whose word it is")
    mode: Literal["upsert", "create-only", "update-only"] = "upsert"
    plan_only: StrictBool = False
    yes: StrictBool = Field(default=False, description="apply even what guards would hold (needs catalog.approve)")


class Provenance(BaseModel):
    """Where values came from, field by field."""

    data: list[catalog.Trace]


class Unlocked(BaseModel):
    """The change set that brought what feeds say by now; none where they say the same."""

    change_set: UUID | None


class LockReason(Asked):
    """Why a field is to stay as it is."""

    reason: str | None = Field(None, max_length=500)


class Stated(BaseModel):
    """What became of documents, one by one, and of all of them."""

    change_set: UUID | None
    status: str
    created: int
    updated: int
    unchanged: int
    rejected: int
    findings: list[dict[str, Any]]
    warnings: list[str]
    items: list[dict[str, Any]]
