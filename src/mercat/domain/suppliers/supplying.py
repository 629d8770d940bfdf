"""Suppliers themselves: found or made."""

from __future__ import annotations

from mercat.core.errors import Invalid
from mercat.core.unit import WriteUnit
from mercat.domain.suppliers.models import Supplier
from mercat.domain.suppliers.repository import SupplierRepository

_LONGEST = 100


def ensure_supplier(unit: WriteUnit, code: str, *, currency: str | None = None) -> Supplier:
    """The supplier of this code or name; a new one comes last in precedence. Raises ``Invalid`` for an empty code."""
    unit.actor.require("suppliers.edit")
    code = code.strip()
    if not code or len(code) > _LONGEST:
        message = f"a supplier's code has 1 to {_LONGEST} characters"
        raise Invalid(message)
    repository = SupplierRepository(unit.session)
    supplier = repository.by_code(code)
    if supplier is None:
        name = "Direct import" if code == "direct" else code
        supplier = Supplier(name=name, code=code, currency=currency, priority=repository.next_priority())
        unit.add(supplier)
    return supplier
