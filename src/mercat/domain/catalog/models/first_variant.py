"""``Product.sku``, ``.price`` and the like: the first variant's fields as the product's own, in Python and in SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import aliased

# Name on the product → column of the variant. ``upc`` is what older scripts call the barcode.
FIELDS = {
    "sku": "sku",
    "barcode": "barcode",
    "upc": "barcode",
    "price": "price",
    "compare_at_price": "compare_at_price",
    "cost_price": "cost_price",
    "currency": "currency",
    "weight": "weight",
    "weight_unit": "weight_unit",
    "length": "length",
    "width": "width",
    "height": "height",
    "dimension_unit": "dimension_unit",
    "requires_shipping": "requires_shipping",
    "taxable": "taxable",
    "track_inventory": "track_inventory",
    "inventory_policy": "inventory_policy",
}


def _variant_of(product: Any) -> Any:
    """The class of a product's variants: asked of the relationship, for the product's module needs this one."""
    return product.variants.property.mapper.class_


def _first_variant_field(name: str, column: str) -> hybrid_property[Any]:
    def read(self: Any) -> Any:
        return getattr(self.variants[0], column) if self.variants else None

    def write(self: Any, value: Any) -> None:
        if not self.variants:
            self.variants.append(_variant_of(type(self))(position=1))
        setattr(self.variants[0], column, value)

    def filter_by(cls: Any) -> ColumnElement[Any]:
        # A correlated scalar: the variant of the lowest position. The unique index on sku turns the equality test into
        # one look-up where the planner may; ``ProductRepository.find_by_sku`` does so on every database.
        first = aliased(_variant_of(cls))
        return (
            select(getattr(first, column))
            .where(first.product_id == cls.id)
            .order_by(first.position, first.id)
            .limit(1)
            .correlate(cls)
            .scalar_subquery()
        )

    read.__name__ = write.__name__ = name
    return hybrid_property(read, fset=write, expr=filter_by)


class FirstVariant:
    """Mixed into ``Product``."""


for _name, _column in FIELDS.items():
    setattr(FirstVariant, _name, _first_variant_field(_name, _column))
