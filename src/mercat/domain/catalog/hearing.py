"""What the catalogue tells the outside when products changed."""

from __future__ import annotations

from mercat.core.unit import WriteUnit, on
from mercat.domain.catalog.change_repository import ChangeBulk
from mercat.domain.catalog.messages import ProductsChanged
from mercat.domain.operations import service as operations


@on(ProductsChanged)
def tell_of_products(unit: WriteUnit, fact: ProductsChanged) -> None:
    """Their ids: what they are by now is asked for."""
    if not operations.is_wanted(unit, "product.updated"):
        return
    created = ChangeBulk(unit.bulk).created(fact.change_set_id.bytes) if fact.created else []
    facts = {"change_set_id": fact.change_set_id}
    operations.emit_ids(unit, "product.updated", facts, name="product_ids", ids=[*fact.product_ids, *created])
