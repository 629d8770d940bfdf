"""What the shop holds. Attributes are the schema's fields in Python's spelling, so that most need no resolver."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(slots=True, eq=False, kw_only=True)
class Node:
    """Something with a global id. Instants are ISO 8601 text in UTC with seconds, as the API shows them."""

    typename: ClassVar[str] = "Node"
    id: str
    created_at: str
    updated_at: str

    @property
    def legacy_resource_id(self) -> str:
        """The number at the end of the id."""
        return self.id.rpartition("/")[2]


@dataclass(slots=True, eq=False, kw_only=True)
class Metafield(Node):
    """A value of a shape beside the shop's own fields."""

    typename = "Metafield"
    namespace: str
    key: str
    type: str
    value: str
    owner: HasMetafields
    owner_type: str


@dataclass(slots=True, eq=False, kw_only=True)
class HasMetafields(Node):
    """Whatever metafields hang on."""

    owner_type: ClassVar[str] = ""
    own: dict[tuple[str, str], Metafield] = field(default_factory=dict)


@dataclass(slots=True, eq=False, kw_only=True)
class Definition(Node):
    """What metafields of one namespace and key are."""

    typename = "MetafieldDefinition"
    name: str
    namespace: str
    key: str
    description: str | None
    owner_type: str
    type_name: str
    unique: bool
    capability: dict[str, bool]
    validations: list[dict[str, Any]]
    access: dict[str, Any]
    pinned_position: int | None = None
    validation_status: str = "ALL_VALID"
    use_as_collection_condition: bool = False


@dataclass(slots=True, eq=False, kw_only=True)
class Location(HasMetafields):
    """A place that holds stock."""

    typename = "Location"
    owner_type = "LOCATION"
    name: str
    address: dict[str, Any]
    is_active: bool = True
    fulfills_online_orders: bool = True
    ships_inventory: bool = True
    is_primary: bool = False
    is_fulfillment_service: bool = False


@dataclass(slots=True, eq=False, kw_only=True)
class Publication(Node):
    """A sales channel of the shop that products can be published to."""

    typename = "Publication"
    name: str
    auto_publish: bool
    supports_future_publishing: bool


@dataclass(slots=True, eq=False, kw_only=True)
class Publishable(HasMetafields):
    """What can be published: publication id → from when."""

    published: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False, kw_only=True)
class File(Node):
    """An image or another file. ``born_s`` is the shop's clock when it came: processing takes its time."""

    typename = "MediaImage"
    alt: str | None
    source: str
    filename: str
    content_type: str
    born_s: float
    url: str
    failure: str | None = None
    size: tuple[int, int] = (1200, 1200)
    used_by: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True, eq=False, kw_only=True)
class GenericFile(File):
    """A file that is no image."""

    typename = "GenericFile"


@dataclass(slots=True, eq=False, kw_only=True)
class OptionValue:
    """One choice of an option."""

    typename: ClassVar[str] = "ProductOptionValue"
    id: str
    name: str
    has_variants: bool = False
    linked_metafield_value: None = None
    swatch: None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Option:
    """What variants differ by."""

    typename: ClassVar[str] = "ProductOption"
    id: str
    name: str
    position: int
    option_values: list[OptionValue]
    linked_metafield: None = None

    @property
    def values(self) -> list[str]:
        """The choices' names."""
        return [value.name for value in self.option_values]


@dataclass(slots=True, eq=False, kw_only=True)
class Level(Node):
    """The stock of one item at one location, by the names of the quantities."""

    typename = "InventoryLevel"
    item: InventoryItem
    location: Location
    stock: dict[str, int]
    changed: dict[str, str] = field(default_factory=dict)
    is_active: bool = True
    can_deactivate: bool = True
    deactivation_alert: None = None


@dataclass(slots=True, eq=False, kw_only=True)
class InventoryItem(Node):
    """The thing in the warehouse behind a variant."""

    typename = "InventoryItem"
    variant: Variant
    tracked: bool = False
    requires_shipping: bool = True
    cost: str | None = None
    country_code_of_origin: str | None = None
    province_code_of_origin: str | None = None
    harmonized_system_code: str | None = None
    country_codes: list[dict[str, Any]] = field(default_factory=list)
    weight: dict[str, Any] | None = None
    levels: dict[str, Level] = field(default_factory=dict)


@dataclass(slots=True, eq=False, kw_only=True)
class Variant(Publishable):
    """One buyable form of a product. ``choices`` are its option values in the order of the product's options."""

    typename = "ProductVariant"
    owner_type = "PRODUCTVARIANT"
    product: Product
    choices: list[OptionValue]
    position: int = 1
    sku: str | None = None
    barcode: str | None = None
    price: str = "0.00"
    compare_at_price: str | None = None
    inventory_policy: str = "DENY"
    taxable: bool = True
    tax_code: str | None = None
    requires_components: bool = False
    show_unit_price: bool = False
    unit_price_measurement: dict[str, Any] | None = None
    file: File | None = None
    item: InventoryItem = None  # type: ignore[assignment]  # item and variant name each other: set right after birth


@dataclass(slots=True, eq=False, kw_only=True)
class Product(Publishable):
    """What the shop sells."""

    typename = "Product"
    owner_type = "PRODUCT"
    title: str
    handle: str
    description_html: str = ""
    vendor: str = ""
    product_type: str = ""
    status: str = "ACTIVE"
    tags: list[str] = field(default_factory=list)
    category_id: str | None = None
    search_title: str | None = None
    search_description: str | None = None
    template_suffix: str | None = None
    gift_card_template_suffix: str | None = None
    is_gift_card: bool = False
    requires_selling_plan: bool = False
    combined_listing_role: str | None = None
    options: list[Option] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    joined: dict[str, None] = field(default_factory=dict)
    published_at: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Source(Node):
    """Where a collection's products come from (the model of 2026-07): chosen ones, conditions, or other collections."""

    title: str
    description: str | None = None
    shareable: bool = False
    target_type: str = "PRODUCTS"
    chosen: dict[str, list[str] | None] = field(default_factory=dict)
    banned: dict[str, None] = field(default_factory=dict)
    conditions: list[dict[str, Any]] = field(default_factory=list)
    match_type: str | None = None
    banned_conditions: list[dict[str, Any]] = field(default_factory=list)
    banned_match_type: str | None = None
    collection_ids: list[str] = field(default_factory=list)
    kind: str = "CollectionConditionsSource"
    app: None = None

    @property
    def typename(self) -> str:  # type: ignore[override]  # one record plays both of the schema's kinds
        """Which of the schema's kinds of source this is."""
        return self.kind


@dataclass(slots=True, eq=False, kw_only=True)
class Collection(Publishable):
    """A shelf."""

    typename = "Collection"
    owner_type = "COLLECTION"
    title: str
    handle: str
    description_html: str = ""
    sort_order: str = "BEST_SELLING"
    template_suffix: str | None = None
    search_title: str | None = None
    search_description: str | None = None
    picture: dict[str, Any] | None = None
    sources: list[Source] = field(default_factory=list)


@dataclass(slots=True, eq=False, kw_only=True)
class Operation(Node):
    """A productSet or productDelete that the shop does after it has answered."""

    typename = "ProductSetOperation"
    product_id: str | None
    user_errors: list[dict[str, Any]]
    born_s: float


@dataclass(slots=True, eq=False, kw_only=True)
class DeleteOperation(Operation):
    """A deletion under way."""

    typename = "ProductDeleteOperation"
    deleted_product_id: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class AdjustmentGroup(Node):
    """What one inventory mutation changed."""

    typename = "InventoryAdjustmentGroup"
    reason: str
    reference_document_uri: str | None
    changes: list[dict[str, Any]]
    app: None = None
    staff_member: None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Subscription(Node):
    """Where news of a topic goes. ``failures`` counts deliveries in a row that were given up."""

    typename = "WebhookSubscription"
    topic: str
    uri: str
    format: str = "JSON"
    filter: str | None = None
    include_fields: list[str] = field(default_factory=list)
    metafield_namespaces: list[str] = field(default_factory=list)
    name: str | None = None
    app_id: str = ""
    failures: int = 0


@dataclass(slots=True, eq=False, kw_only=True)
class Bulk(Node):
    """A bulk operation. The result is kept as lines until someone fetches it."""

    typename = "BulkOperation"
    type: str
    query: str
    app_id: str
    path: str = ""
    status: str = "CREATED"
    error_code: str | None = None
    completed_at: str | None = None
    objects: int = 0
    roots: int = 0
    result: bytes = b""
    partial: bytes = b""


@dataclass(slots=True, eq=False, kw_only=True)
class Job(Node):
    """Work that the shop says it does later; here it is done when it is said."""

    typename = "Job"
    done: bool = True


@dataclass(slots=True, eq=False, kw_only=True)
class Order(HasMetafields):
    """A sale, as it was seeded; ``facts`` are fields of the schema by its own names."""

    typename = "Order"
    owner_type = "ORDER"
    name: str
    number: int
    email: str | None
    facts: dict[str, Any]
    lines: list[dict[str, Any]]
