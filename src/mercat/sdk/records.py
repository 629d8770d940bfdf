"""What passes between connectors and the business.

``ProductRecord`` is one product as somebody states it: a supplier's row, a line of our own JSON Lines export, the payload
of a planned creation. One shape for all of them, so that exporting and importing it back changes nothing.

Three states of a field: ``UNSET`` is not stated (an unmapped column: never touched), ``None`` is stated to be empty,
anything else is the value. Decimals travel as plain decimal strings (``"12.5"``, never ``"1.25E+1"``, never a float).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

Text = str | None | UnsetType


class Metafield(msgspec.Struct, frozen=True):
    """A typed custom value. ``type`` is one of Shopify's metafield types; ``value`` is plain JSON (lists are lists)."""

    type: str
    value: Any


class ImageRecord(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A picture by its address. ``source`` is (scheme, id, view type) where the supplier has a stable identity for it."""

    url: str
    alt_text: str | None = None
    position: int | None = None
    source: tuple[str, str, str] | None = None


class VariantRecord(msgspec.Struct, omit_defaults=True):
    """What is bought and sold. Money and measures are decimal strings; ``weight_unit`` is one of g, kg, oz, lb."""

    sku: Text = UNSET
    barcode: Text = UNSET
    price: Text = UNSET
    compare_at_price: Text = UNSET
    cost_price: Text = UNSET
    currency: Text = UNSET
    weight: Text = UNSET
    weight_unit: Text = UNSET
    length: Text = UNSET
    width: Text = UNSET
    height: Text = UNSET
    dimension_unit: Text = UNSET
    requires_shipping: bool | UnsetType = UNSET
    taxable: bool | UnsetType = UNSET
    track_inventory: bool | UnsetType = UNSET
    inventory_policy: str | UnsetType = UNSET
    hs_code: Text = UNSET
    country_of_origin: Text = UNSET
    options: dict[str, str] | UnsetType = UNSET
    identifiers: dict[str, list[str]] | UnsetType = UNSET


class OfferRecord(msgspec.Struct, omit_defaults=True):
    """On what terms the supplier sells it to us. ``cost`` per piece of ``currency``; quantities in pieces."""

    cost: Text = UNSET
    currency: Text = UNSET
    quantity_available: int | UnsetType | None = UNSET
    minimum_order_quantity: int | UnsetType | None = UNSET
    pack_size: int | UnsetType | None = UNSET
    lead_time_days: int | UnsetType | None = UNSET


class ProductRecord(msgspec.Struct, omit_defaults=True):
    """One product as stated. ``category`` is the path of names joined by `` > ``; ``description`` is HTML."""

    handle: Text = UNSET
    name: Text = UNSET
    description: Text = UNSET
    short_description: Text = UNSET
    brand: Text = UNSET
    manufacturer: Text = UNSET
    manufacturer_part_number: Text = UNSET
    product_type: Text = UNSET
    tags: list[str] | UnsetType = UNSET
    seo_title: Text = UNSET
    seo_description: Text = UNSET
    status: str | UnsetType = UNSET
    category: Text = UNSET
    metafields: dict[str, Metafield] | UnsetType = UNSET
    images: list[ImageRecord] | UnsetType = UNSET
    variants: list[VariantRecord] = msgspec.field(default_factory=list)
    offer: OfferRecord | UnsetType = UNSET
    # Names (namespace.key) of metafields that the source states: one that is not in ``metafields`` is stated to be empty.
    # On its way only, never kept: hundreds of sparse columns would otherwise be said in every row.
    stated_metafields: tuple[str, ...] = ()


class FeedRow(NamedTuple):
    """One product's worth of a feed, not yet converted: cheap to make, so that an unchanged row costs almost nothing.

    ``key`` is the supplier's own code for the product (stripped; never empty), ``line`` the 1-based line or record where
    it starts, ``digest`` a signed 64-bit hash of everything ``raw`` holds *and* of the settings that convert it, ``raw``
    whatever the connector's ``to_record`` needs.
    """

    key: str
    line: int
    digest: int
    raw: Any


class BadRow(NamedTuple):
    """A row that could not be read at all: kept with its line and reason, never dropped in silence."""

    line: int
    raw: str
    reason: str


class Stated(NamedTuple):
    """What ``to_record`` answers: the record, and what was mended or left out on the way, in words for people."""

    record: ProductRecord
    warnings: list[str]
