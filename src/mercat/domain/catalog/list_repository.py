"""What lists there are of the catalogue, besides that of its products."""

from __future__ import annotations

from mercat.core.lists import Field, ListSpec
from mercat.domain.catalog.models import (
    Category,
    CategoryMapping,
    Change,
    ChangeSet,
    Collection,
    FieldLock,
    MetafieldDefinition,
    Product,
    ProductImage,
    ProductMetafield,
    ProductVariant,
)
from mercat.domain.catalog.models.categories import WORD_STATES, WORDS
from mercat.domain.catalog.models.changes import KINDS, ORIGINS, SET_STATUSES

READ = "catalog.read"

VARIANTS = ListSpec(
    "variants",
    READ,
    ProductVariant.__table__.join(Product.__table__, Product.id == ProductVariant.product_id),
    ProductVariant.id,
    {
        "id": Field(ProductVariant.id, is_filter=True),
        "product_id": Field(ProductVariant.product_id, is_filter=True),
        "product": Field(Product.name),
        "sku": Field(ProductVariant.sku, is_filter=True, is_sort=True),
        "barcode": Field(ProductVariant.barcode, is_filter=True),
        "option1": Field(ProductVariant.option1),
        "option2": Field(ProductVariant.option2),
        "option3": Field(ProductVariant.option3),
        "position": Field(ProductVariant.position),
        "price": Field(ProductVariant.price, is_range=True),
        "compare_at_price": Field(ProductVariant.compare_at_price),
        "cost_price": Field(ProductVariant.cost_price, is_range=True),
        "currency": Field(ProductVariant.currency, is_filter=True),
        "weight": Field(ProductVariant.weight),
        "weight_unit": Field(ProductVariant.weight_unit),
        "requires_shipping": Field(ProductVariant.requires_shipping),
        "taxable": Field(ProductVariant.taxable),
        "track_inventory": Field(ProductVariant.track_inventory),
        "inventory_policy": Field(ProductVariant.inventory_policy),
        "created_at": Field(ProductVariant.created_at, is_range=True),
        "updated_at": Field(ProductVariant.updated_at, is_range=True),
    },
    is_newest_first=False,
)
METAFIELDS = ListSpec(
    "metafields",
    READ,
    ProductMetafield.__table__,
    ProductMetafield.id,
    {
        "id": Field(ProductMetafield.id),
        "product_id": Field(ProductMetafield.product_id, is_filter=True),
        "namespace": Field(ProductMetafield.namespace, is_filter=True),
        "key": Field(ProductMetafield.key, is_filter=True),
        "type": Field(ProductMetafield.value_type, is_filter=True),
        "value": Field(ProductMetafield.value, help="as Shopify writes it: a text whatever the type"),
        "updated_at": Field(ProductMetafield.updated_at, is_range=True),
    },
    is_newest_first=False,
)
DEFINITIONS = ListSpec(
    "metafield-definitions",
    READ,
    MetafieldDefinition.__table__,
    MetafieldDefinition.id,
    {
        "id": Field(MetafieldDefinition.id),
        "owner": Field(MetafieldDefinition.owner, is_filter=True),
        "namespace": Field(MetafieldDefinition.namespace, is_filter=True),
        "key": Field(MetafieldDefinition.key, is_filter=True, is_sort=True),
        "name": Field(MetafieldDefinition.name, is_sort=True),
        "type": Field(MetafieldDefinition.type, is_filter=True),
        "validations": Field(MetafieldDefinition.validations),
        "is_required": Field(MetafieldDefinition.is_required, is_filter=True),
        "is_searchable": Field(MetafieldDefinition.is_searchable, is_filter=True),
        "is_filterable": Field(MetafieldDefinition.is_filterable, is_filter=True),
        "group": Field(MetafieldDefinition.group_name),
        "help_text": Field(MetafieldDefinition.help_text),
        "created_at": Field(MetafieldDefinition.created_at),
        "updated_at": Field(MetafieldDefinition.updated_at),
    },
    words=(MetafieldDefinition.name, MetafieldDefinition.key),
    is_newest_first=False,
)
IMAGES = ListSpec(
    "images",
    READ,
    ProductImage.__table__,
    ProductImage.id,
    {
        "id": Field(ProductImage.id),
        "product_id": Field(ProductImage.product_id, is_filter=True),
        "variant_id": Field(ProductImage.variant_id, is_filter=True),
        "url": Field(ProductImage.url),
        "alt_text": Field(ProductImage.alt_text),
        "position": Field(ProductImage.position),
        "created_at": Field(ProductImage.created_at),
    },
    is_newest_first=False,
)
CATEGORY_WORDS = ListSpec(
    "category-words",
    READ,
    CategoryMapping.__table__.join(Category.__table__, Category.id == CategoryMapping.category_id),
    CategoryMapping.id,
    {
        "id": Field(CategoryMapping.id),
        "category_id": Field(CategoryMapping.category_id),
        "name": Field(Category.name, is_sort=True),
        "source": Field(CategoryMapping.handle, is_filter=True, help="who named it first"),
        "state": Field(
            CategoryMapping.external_id, is_filter=True, choices=WORD_STATES, help="new, or kept as one of our own"
        ),
        "products": Field(Category.product_count, is_sort=True, is_range=True, help="directly in it"),
        "created_at": Field(CategoryMapping.created_at, is_range=True),
    },
    words=(Category.name,),
    within=(CategoryMapping.taxonomy == WORDS,),
)
COLLECTIONS = ListSpec(
    "collections",
    READ,
    Collection.__table__,
    Collection.id,
    {
        "id": Field(Collection.id),
        "handle": Field(Collection.handle, is_filter=True, is_sort=True),
        "name": Field(Collection.name, is_sort=True),
        "description": Field(Collection.description),
        "kind": Field(Collection.kind, is_filter=True, choices=("manual", "rules")),
        "rules_match": Field(Collection.rules_match),
        "rules": Field(Collection.rules),
        "seo_title": Field(Collection.seo_title),
        "seo_description": Field(Collection.seo_description),
        "image_url": Field(Collection.image_url),
        "position": Field(Collection.position, is_sort=True),
        "is_active": Field(Collection.is_active, is_filter=True),
        "created_at": Field(Collection.created_at),
        "updated_at": Field(Collection.updated_at, is_range=True),
    },
    words=(Collection.name, Collection.handle),
    is_newest_first=False,
)
CHANGE_SETS = ListSpec(
    "change-sets",
    READ,
    ChangeSet.__table__,
    ChangeSet.id,
    {
        "id": Field(ChangeSet.id),
        "status": Field(ChangeSet.status, is_filter=True, choices=SET_STATUSES),
        "origin": Field(ChangeSet.origin, is_filter=True, choices=ORIGINS),
        "source": Field(ChangeSet.source, is_filter=True, help="the supplier's code, or a person's name"),
        "title": Field(ChangeSet.title),
        "counts": Field(ChangeSet.counts),
        "findings": Field(ChangeSet.findings, help="what guards found"),
        "evidence": Field(ChangeSet.evidence, is_shown=False, help="where the values came from"),
        "created_by": Field(ChangeSet.created_by, is_filter=True),
        "created_at": Field(ChangeSet.created_at, is_range=True, is_sort=True),
        "approved_by": Field(ChangeSet.approved_by),
        "approved_at": Field(ChangeSet.approved_at),
        "applied_at": Field(ChangeSet.applied_at, is_range=True),
        "undone_at": Field(ChangeSet.undone_at),
        "undo_of": Field(ChangeSet.undo_of, is_filter=True),
    },
    words=(ChangeSet.title,),
)
CHANGES = ListSpec(
    "changes",
    READ,
    Change.__table__,
    Change.id,
    {
        "id": Field(Change.id),
        "change_set_id": Field(Change.change_set_id, is_filter=True),
        "product_id": Field(Change.product_id, is_filter=True),
        "variant_id": Field(Change.variant_id),
        "kind": Field(Change.kind, is_filter=True, choices=KINDS),
        "field": Field(Change.field, is_filter=True),
        "old": Field(Change.old_value),
        "new": Field(Change.new_value),
        "status": Field(Change.status, is_filter=True, choices=("planned", "skipped", "conflict", "reverted")),
        "reason": Field(Change.reason),
        "flag": Field(Change.flag, is_filter=True, help="the guard that flagged it"),
        "key": Field(Change.source_key, is_filter=True, help="the supplier's key"),
        "line": Field(Change.line),
        "created_at": Field(Change.created_at),
    },
    # What a source said says nothing that the changes do not.
    within=((Change.field.is_(None)) | (Change.field != "statement"),),
    is_newest_first=False,
)
LOCKS = ListSpec(
    "locks",
    READ,
    FieldLock.__table__,
    FieldLock.id,
    {
        "id": Field(FieldLock.id),
        "product_id": Field(FieldLock.product_id, is_filter=True),
        "variant_id": Field(FieldLock.variant_id, is_filter=True),
        "field": Field(FieldLock.field, is_filter=True),
        "locked_by": Field(FieldLock.locked_by, is_filter=True),
        "reason": Field(FieldLock.reason),
        "created_at": Field(FieldLock.created_at, is_range=True),
    },
)
HISTORY = ListSpec(
    "history",
    READ,
    Change.__table__.join(ChangeSet.__table__, ChangeSet.id == Change.change_set_id).outerjoin(
        ProductVariant.__table__, ProductVariant.id == Change.variant_id
    ),
    Change.id,
    {
        "id": Field(Change.id),
        "product_id": Field(Change.product_id, is_filter=True),
        "field": Field(Change.field, is_filter=True),
        "kind": Field(Change.kind, is_filter=True, choices=KINDS),
        "old": Field(Change.old_value),
        "new": Field(Change.new_value),
        "sku": Field(ProductVariant.sku),
        "currency": Field(ProductVariant.currency),
        "status": Field(Change.status),
        "change_set_id": Field(ChangeSet.id, is_filter=True),
        "title": Field(ChangeSet.title, help="of the set"),
        "origin": Field(ChangeSet.origin, is_filter=True, choices=ORIGINS),
        "set_status": Field(ChangeSet.status, is_filter=True, choices=SET_STATUSES),
        "by": Field(ChangeSet.created_by),
        "at": Field(ChangeSet.applied_at),
    },
    # What was applied once; what a source said and what it offers says nothing that the changes do not.
    within=(
        ChangeSet.applied_at.is_not(None),
        (Change.field.is_(None)) | (Change.field.not_in(("statement", "offer"))),
        Change.status.in_(("planned", "conflict")),
    ),
)
