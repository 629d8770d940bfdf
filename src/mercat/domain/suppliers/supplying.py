"""Suppliers themselves: found or made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.suppliers.models import Supplier
from mercat.domain.suppliers.repository import SupplierRepository

_LONGEST = 100
_NEVER_EMPTY = ("name", "priority", "is_active")


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


def get_supplier(unit: ReadUnit, code: str) -> Supplier:
    """Raises ``NotFound``."""
    found = SupplierRepository(unit.session).by_code(code)
    if found is None:
        message = f"there is no supplier with the code {code}"
        raise NotFound(message)
    return found


def create_supplier(unit: WriteUnit, code: str, values: Mapping[str, Any]) -> Supplier:
    """A new supplier; ``values`` by the names of its columns. Raises ``Conflict`` where the code or priority is taken."""
    unit.actor.require("suppliers.edit")
    if SupplierRepository(unit.session).by_code(code.strip()) is not None:
        message = f"there is a supplier with the code {code}"
        raise Conflict(message, field="code")
    supplier = ensure_supplier(unit, code, currency=values.get("currency"))
    change_supplier(unit, supplier.code, values)
    return supplier


def change_supplier(unit: WriteUnit, code: str, values: Mapping[str, Any]) -> Supplier:
    """Change what is known of a supplier. Raises ``NotFound``, ``Invalid``, and ``Conflict`` for a priority that is taken."""
    unit.actor.require("suppliers.edit")
    supplier = get_supplier(unit, code)
    for name in _NEVER_EMPTY:
        if name in values and values[name] is None:
            message = f"{name} cannot be empty"
            raise Invalid(message, field=name)
    rank = values.get("priority")
    other = None if rank is None else SupplierRepository(unit.session).find_by(priority=rank)
    if other is not None and other.id != supplier.id:
        message = f"the priority {rank} is {other.code}'s: of two suppliers it must be clear who is believed"
        raise Conflict(message, field="priority")
    for name, value in values.items():
        setattr(supplier, name, value)
    unit.save()
    return supplier
