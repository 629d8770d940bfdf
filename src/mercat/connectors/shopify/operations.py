"""Every operation that is sent: its document, the class of its answer, and a first guess of what it costs.

The guesses follow Shopify's rules (shopify.dev/docs/api/usage/limits, read November 2026): a mutation 10 points, an object
1, a connection as many objects as are asked for; ``productSet`` adds 1.9 a file, 0.4 a metafield, 0.2 a variant. What an
operation really costs is learned from the answers (``bucket.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from mercat.connectors.shopify import answers
from mercat.connectors.shopify.documents import document
from mercat.connectors.shopify.wire import Wire

A = TypeVar("A", bound=Wire)

_PER_VARIANT = 6
_PER_LEVEL = 3
DEAREST = 900.0
"""One query may cost 1,000 points at most; some room is left for what the guess misses."""


@dataclass(frozen=True)
class Operation(Generic[A]):
    """``cost`` is the guess for one with nothing in its lists, ``each`` for every entry that is told beside it."""

    name: str
    answer: type[A]
    cost: float
    each: float = 0.0

    @property
    def document(self) -> str:
        """The text that is sent."""
        return document(self.name)


PRODUCT_SET = Operation("ProductSet", answers.ProductSet, 16, 1)
PRODUCT_STATUS = Operation("ProductStatus", answers.ProductStatus, 11)
PRODUCT_DELETE = Operation("ProductDelete", answers.ProductDelete, 10)
PRODUCTS = Operation("Products", answers.Products, 1, 1)
PRODUCTS_CHANGED = Operation("ProductsChanged", answers.ProductsChanged, 1, 1)
PRODUCTS_COUNT = Operation("ProductsCount", answers.ProductsCount, 1)
PRODUCT_VARIANTS = Operation("ProductVariants", answers.ProductVariants, 2, 1)
PRODUCT_METAFIELDS = Operation("ProductMetafields", answers.ProductMetafields, 202)
PRODUCT_MEDIA = Operation("ProductMedia", answers.ProductMedia, 402)
DEFINITIONS = Operation("Definitions", answers.Definitions, 202)
METAFIELD_DEFINE = Operation("MetafieldDefine", answers.MetafieldDefine, 11)
PUBLICATIONS = Operation("Publications", answers.Publications, 52)
PUBLISH = Operation("Publish", answers.Publish, 10)
STAGED_UPLOAD = Operation("StagedUpload", answers.StagedUpload, 15)
FILES = Operation("Files", answers.Files, 2, 2)
BULK_MUTATION = Operation("BulkMutation", answers.BulkMutation, 11)
BULK_QUERY = Operation("BulkQuery", answers.BulkQuery, 11)
BULK_LOOK = Operation("BulkLook", answers.BulkLook, 1)
BULK_LIST = Operation("BulkList", answers.BulkList, 52)
STOCK_SET = Operation("StockSet", answers.StockSet, 11)
STOCK_ACTIVATE = Operation("StockActivate", answers.StockActivate, 11)
STOCK_LOOK = Operation("StockLook", answers.StockLook, 1, 3)
SHOP = Operation("Shop", answers.Shop, 4)
LOCATIONS = Operation("Locations", answers.Locations, 52)
WEBHOOKS = Operation("Webhooks", answers.Webhooks, 102)
WEBHOOK_CREATE = Operation("WebhookCreate", answers.WebhookCreate, 11)
COLLECTION_FIND = Operation("CollectionFind", answers.CollectionFind, 1)
COLLECTION_UPDATE = Operation("CollectionUpdate", answers.CollectionUpdate, 11)
PRODUCT_SHELVES = Operation("ProductShelves", answers.ProductShelves, 11)
COLLECTION_CREATE = Operation("CollectionCreate", answers.CollectionCreate, 11)


def size_of_product_set(variables: Mapping[str, Any]) -> float:
    """The entries of one ``ProductSet``, each weighed by what it adds."""
    stated = variables["input"]
    adders = (
        1.9 * len(stated.get("files", ()))
        + 0.4 * len(stated.get("metafields", ()))
        + 0.2 * len(stated.get("variants", ()))
    )
    return float(adders + size_of_product(variables))


def size_of_product(variables: Mapping[str, Any], *, levels: int = 0) -> float:
    """The objects of one product in an answer, as many as the variables ask for."""
    per_variant = _PER_VARIANT + _PER_LEVEL * levels
    return float(4 + variables["metafields"] + 2 * variables["media"] + per_variant * variables["variants"])


def size_of_variants(first: int, *, levels: int) -> float:
    """The objects of a page of variants."""
    return float((_PER_VARIANT + _PER_LEVEL * levels) * first)
