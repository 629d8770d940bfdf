"""The catalogue's tables."""

from mercat.domain.catalog.models.categories import (
    Category,
    CategoryMapping,
    Collection,
    CollectionProduct,
    Icon,
)
from mercat.domain.catalog.models.changes import RUN, Change, ChangeSet, FieldLock, Restatement, ReviewDecision
from mercat.domain.catalog.models.products import (
    MetafieldDefinition,
    Product,
    ProductIdentifier,
    ProductImage,
    ProductMetafield,
    ProductVariant,
)

__all__ = [
    "RUN",
    "Category",
    "CategoryMapping",
    "Change",
    "ChangeSet",
    "Collection",
    "CollectionProduct",
    "FieldLock",
    "Icon",
    "MetafieldDefinition",
    "Product",
    "ProductIdentifier",
    "ProductImage",
    "ProductMetafield",
    "ProductVariant",
    "Restatement",
    "ReviewDecision",
]
