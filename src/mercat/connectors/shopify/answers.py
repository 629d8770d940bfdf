"""What Shopify answers to each operation, one class each, named as the operation is."""

from __future__ import annotations

from typing import Any

import msgspec

from mercat.connectors.shopify.wire import (
    Identified,
    Image,
    MediaList,
    Metafields,
    PageInfo,
    Product,
    UserError,
    Variants,
    Wire,
)


class ProductSetPayload(Wire):
    product: Product | None
    user_errors: list[UserError]


class ProductSet(Wire):
    product_set: ProductSetPayload | None


class Refusals(Wire):
    """The answer to a change of which only the refusals are looked at."""

    user_errors: list[UserError]


class ProductStatus(Wire):
    product_set: Refusals


class ProductShelves(Wire):
    product_update: Refusals


class ProductDelete(Wire):
    product_delete: Refusals


class Publish(Wire):
    publishable_publish: Refusals


class WebhookCreate(Wire):
    webhook_subscription_create: Refusals


class StockSet(Wire):
    inventory_set_quantities: Refusals


class StockActivate(Wire):
    inventory_activate: Refusals


class MetafieldDefine(Wire):
    metafield_definition_create: Refusals


class Products(Wire):
    nodes: list[Product | None]


class ProductPage(Wire):
    nodes: list[Product]
    page_info: PageInfo


class ProductsChanged(Wire):
    products: ProductPage


class MoreVariants(Wire):
    variants: Variants


class Counted(Wire):
    count: int


class ProductsCount(Wire):
    products_count: Counted | None


class ProductVariants(Wire):
    product: MoreVariants | None


class MoreMetafields(Wire):
    metafields: Metafields


class ProductMetafields(Wire):
    product: MoreMetafields | None


class MoreMedia(Wire):
    media: MediaList


class ProductMedia(Wire):
    product: MoreMedia | None


class DefinitionType(Wire):
    name: str


class Definition(Wire):
    namespace: str
    key: str
    type: DefinitionType


class DefinitionPage(Wire):
    nodes: list[Definition]
    page_info: PageInfo


class Definitions(Wire):
    metafield_definitions: DefinitionPage


class IdentifiedPage(Wire):
    nodes: list[Identified]
    page_info: PageInfo


class Publications(Wire):
    publications: IdentifiedPage


class Parameter(Wire):
    name: str
    value: str


class StagedTarget(Wire):
    url: str
    parameters: list[Parameter]
    resource_url: str | None = None


class StagedTargets(Wire):
    staged_targets: list[StagedTarget] | None
    user_errors: list[UserError]


class StagedUpload(Wire):
    staged_uploads_create: StagedTargets


class ShownFile(Wire):
    """A file of any kind; only an image that is ready has an address."""

    id: str
    file_status: str
    image: Image | None = None


class FilePage(Wire):
    nodes: list[ShownFile]


class Files(Wire):
    files: FilePage


class BulkOperation(Wire):
    """A bulk operation; counts are decimal strings (UnsignedInt64)."""

    id: str
    status: str
    error_code: str | None = None
    query: str | None = None
    root_object_count: str = "0"
    object_count: str = "0"
    url: str | None = None
    partial_data_url: str | None = None


class BulkStarted(Wire):
    bulk_operation: BulkOperation | None
    user_errors: list[UserError]


class BulkMutation(Wire):
    bulk_operation_run_mutation: BulkStarted


class BulkQuery(Wire):
    bulk_operation_run_query: BulkStarted


class BulkLook(Wire):
    bulk_operation: BulkOperation | None


class BulkPage(Wire):
    nodes: list[BulkOperation]
    page_info: PageInfo


class BulkList(Wire):
    bulk_operations: BulkPage


class BulkLine(Wire):
    """One line of a bulk mutation's result. ``line_number`` counts the lines that were sent from 0."""

    line_number: int = msgspec.field(name="__lineNumber")
    data: dict[str, Any] | None = None
    errors: list[dict[str, Any]] | None = None


class StockedItem(Wire):
    id: str
    inventory_level: Identified | None = None


class StockLook(Wire):
    nodes: list[StockedItem | None]


class Plan(Wire):
    public_display_name: str


class ShopFacts(Wire):
    name: str
    myshopify_domain: str
    currency_code: str
    iana_timezone: str
    plan: Plan | None = None


class Scope(Wire):
    handle: str


class Installation(Wire):
    access_scopes: list[Scope]


class Shop(Wire):
    shop: ShopFacts
    current_app_installation: Installation


class Location(Wire):
    id: str
    name: str
    is_active: bool


class LocationPage(Wire):
    nodes: list[Location]
    page_info: PageInfo


class Locations(Wire):
    locations: LocationPage


class Subscription(Wire):
    id: str
    topic: str
    uri: str


class SubscriptionPage(Wire):
    nodes: list[Subscription]
    page_info: PageInfo


class Webhooks(Wire):
    webhook_subscriptions: SubscriptionPage


class CollectionFind(Wire):
    collection_by_identifier: Identified | None


class CollectionMade(Wire):
    collection: Identified | None
    user_errors: list[UserError]


class CollectionCreate(Wire):
    collection_create: CollectionMade


class CollectionUpdate(Wire):
    collection_update: Refusals


class Throttle(Wire):
    """The bucket of points, as every answer tells it."""

    maximum_available: float
    currently_available: float
    restore_rate: float


class Cost(Wire):
    throttle_status: Throttle
    requested_query_cost: float | None = None
    actual_query_cost: float | None = None


class Extensions(Wire):
    cost: Cost | None = None


class Fault(Wire):
    message: str = "no reason given"
    extensions: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def code(self) -> str:
        """Shopify's word for it, or nothing."""
        return str(self.extensions.get("code", ""))


class Answer(Wire):
    """A GraphQL answer. Any ``errors`` is failure, whatever ``data`` holds; before a token is known it is a text."""

    data: dict[str, Any] | None = None
    errors: list[Fault] | str | None = None
    extensions: Extensions | None = None


class Grant(msgspec.Struct):
    """An access token, and for how many seconds it is good; the token of an app without expiry tells none."""

    access_token: str
    expires_in: float | None = None
