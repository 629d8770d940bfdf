"""The catalogue's tables."""

from mercat.core.database.base import Base
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

# Whoever would overwrite rows of these past a change set is refused; new rows may come out of a file.
for _each in (
    *(Category, CategoryMapping, Product, ProductVariant, ProductIdentifier, ProductImage, ProductMetafield),
    *(Change, ChangeSet, FieldLock, Restatement),
):
    Base.metadata.tables[_each.__tablename__].info["kept_by"] = "change sets"
