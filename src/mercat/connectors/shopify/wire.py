"""A product as Shopify spells it: what the fragments in ``documents`` ask for. What is not selected is not here."""

from __future__ import annotations

import datetime as dt

import msgspec


class Wire(msgspec.Struct, rename="camel", kw_only=True):
    """What all of them share: Shopify's camel case, unknown fields passed over."""


class PageInfo(Wire):
    """Whether a connection goes on, and where."""

    has_next_page: bool
    end_cursor: str | None = None

    @property
    def next(self) -> str | None:
        """The cursor of the next page, ``None`` on the last."""
        return self.end_cursor if self.has_next_page else None


class UserError(Wire):
    """A refusal of one input. ``field`` is the path to it."""

    message: str
    field: list[str] | None = None
    code: str | None = None


class Seo(Wire):
    title: str | None = None
    description: str | None = None


class Identified(Wire):
    id: str


class Option(Wire):
    name: str
    position: int


class WireMetafield(Wire):
    namespace: str
    key: str
    type: str
    value: str


class Image(Wire):
    url: str


class Media(Wire):
    id: str
    media_content_type: str
    alt: str | None = None
    image: Image | None = None


class SelectedOption(Wire):
    name: str
    value: str


class Amount(Wire):
    amount: str | float


class Weight(Wire):
    unit: str
    value: float


class Measurement(Wire):
    weight: Weight | None = None


class Quantity(Wire):
    quantity: int


class Level(Wire):
    location: Identified
    quantities: list[Quantity]


class Levels(Wire):
    nodes: list[Level]


class InventoryItem(Wire):
    id: str
    tracked: bool
    requires_shipping: bool
    harmonized_system_code: str | None = None
    country_code_of_origin: str | None = None
    unit_cost: Amount | None = None
    measurement: Measurement | None = None
    inventory_levels: Levels | None = None


class Variant(Wire):
    id: str
    price: str | float
    inventory_policy: str
    taxable: bool
    selected_options: list[SelectedOption]
    inventory_item: InventoryItem
    sku: str | None = None
    barcode: str | None = None
    compare_at_price: str | float | None = None


class Metafields(Wire):
    nodes: list[WireMetafield] = msgspec.field(default_factory=list)
    page_info: PageInfo = msgspec.field(default_factory=lambda: PageInfo(has_next_page=False))


class MediaList(Wire):
    nodes: list[Media] = msgspec.field(default_factory=list)
    page_info: PageInfo = msgspec.field(default_factory=lambda: PageInfo(has_next_page=False))


class Variants(Wire):
    nodes: list[Variant] = msgspec.field(default_factory=list)
    page_info: PageInfo = msgspec.field(default_factory=lambda: PageInfo(has_next_page=False))


class Count(Wire):
    count: int


class Product(Wire):
    """A product as the fragment ``ShownProduct`` asks for it, with its variants."""

    id: str
    handle: str
    title: str
    description_html: str
    vendor: str
    product_type: str
    tags: list[str]
    status: str
    updated_at: dt.datetime
    seo: Seo
    options: list[Option] = msgspec.field(default_factory=list)
    online_store_url: str | None = None
    category: Identified | None = None
    metafields: Metafields = msgspec.field(default_factory=Metafields)
    media: MediaList = msgspec.field(default_factory=MediaList)
    variants: Variants = msgspec.field(default_factory=Variants)
    resource_publications_count: Count | None = None
