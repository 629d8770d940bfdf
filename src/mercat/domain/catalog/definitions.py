"""The registry of custom fields: what a value of a key must look like, on every way in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.page import Page
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.catalog.metafield_repository import PRODUCT, DefinitionRepository, Key, MetafieldRepository
from mercat.domain.catalog.metafields import check, decode, faults_of_options
from mercat.domain.catalog.models import MetafieldDefinition
from mercat.domain.catalog.stating import FieldRules
from mercat.sdk.records import Metafield

OWNERS = ("product", "variant", "inventory_item", "supplier", "asset")
PERMISSION = "catalog.edit"
_NAMESPACE_LENGTH, _KEY_LENGTH, _NAME_LENGTH = 60, 255, 255


@dataclass(frozen=True)
class Definition:
    """What a custom field is. ``validations`` are Shopify's options by name (``min``, ``regex``, ``choices``, …)."""

    owner: str
    namespace: str
    key: str
    name: str
    type: str
    validations: Mapping[str, Any]
    is_required: bool = False
    is_searchable: bool = False
    is_filterable: bool = False
    group: str | None = None
    help_text: str | None = None

    @property
    def full_key(self) -> str:
        """``namespace.key``, as records and profiles call it."""
        return f"{self.namespace}.{self.key}"


def define(
    unit: WriteUnit,
    full_key: str,
    type: str,
    *,
    owner: str = PRODUCT,
    name: str | None = None,
    validations: Mapping[str, Any] | None = None,
    is_required: bool = False,
    is_searchable: bool = False,
    is_filterable: bool = False,
    group: str | None = None,
    help_text: str | None = None,
) -> Definition:
    """Define a field, or define it anew. Values that are there are not judged again.

    Raises ``Invalid`` for a type or option that does not exist, ``Conflict`` where products hold values of another type.
    """
    unit.actor.require(PERMISSION)
    key = split_key(full_key)
    if owner not in OWNERS:
        message = f"{owner!r} owns no custom fields: one of {', '.join(OWNERS)}"
        raise Invalid(message)
    if faults := faults_of_options(type, validations or {}):
        message = f"the field {full_key}: {'; '.join(faults)}"
        raise Invalid(message)
    _refuse_other_types(unit, key, type, owner)
    repository = DefinitionRepository(unit.session)
    row = repository.find_by_key(key, owner)
    if row is None:
        row = repository.add(MetafieldDefinition(owner=owner, namespace=key[0], key=key[1]))
    row.type, row.validations = type, dict(validations or {})
    row.name = (name or row.name or _name_of(key))[:_NAME_LENGTH]
    row.is_required, row.is_searchable, row.is_filterable = is_required, is_searchable, is_filterable
    row.group_name, row.help_text = group, help_text
    unit.save()
    return _of(row)


def _refuse_other_types(unit: ReadUnit, key: Key, type: str, owner: str) -> None:
    others = MetafieldRepository(unit.session).types_of(key) if owner == PRODUCT else {}
    others.pop(type, None)
    if others:
        listed = ", ".join(f"{count} of {other}" for other, count in sorted(others.items()))
        message = f"the field {'.'.join(key)} cannot be {type}: products hold values of another type ({listed})"
        raise Conflict(message, types=others)


def list_definitions(
    unit: ReadUnit, *, owner: str | None = None, namespace: str | None = None, page: int = 1, per_page: int = 50
) -> Page[Definition]:
    """One page of the registry."""
    rows = DefinitionRepository(unit.session).listed(owner=owner, namespace=namespace, page=page, per_page=per_page)
    return Page([_of(row) for row in rows], rows.total, rows.page, rows.per_page)


def definitions_by_key(unit: ReadUnit) -> dict[str, Definition]:
    """All definitions of products' fields by ``namespace.key``."""
    return {definition.full_key: definition for definition in map(_of, DefinitionRepository(unit.session).of_owner())}


def field_rules(unit: ReadUnit) -> FieldRules:
    """What products' fields must look like, for whoever is about to state many of them."""
    defined = definitions_by_key(unit)
    return FieldRules(
        {key: each.type for key, each in defined.items()},
        {key: each.validations for key, each in defined.items() if each.validations},
        {key for key, each in defined.items() if each.is_required},
    )


def ensure_defined(unit: WriteUnit, seen: Mapping[Key, str]) -> None:
    """Register the fields of products that nobody has defined: (namespace, key) → type, as an import meets them."""
    if not seen:
        return
    rows = {key: {"name": _name_of(key)[:_NAME_LENGTH], "type": type} for key, type in seen.items()}
    DefinitionRepository(unit.session).insert_missing(rows)


def get_metafield(unit: ReadUnit, product_id: UUID, full_key: str) -> Metafield:
    """A product's typed value: text, ``int``, ``bool``, decimals as text, lists. Raises ``NotFound`` where it has none."""
    found = find_metafield(unit, product_id, full_key)
    if found is None:
        message = f"the product {product_id} has no field {full_key}"
        raise NotFound(message, product_id=str(product_id))
    return found


def find_metafield(unit: ReadUnit, product_id: UUID, full_key: str) -> Metafield | None:
    """As ``get_metafield``, or ``None``."""
    found = MetafieldRepository(unit.session).find_value(product_id, split_key(full_key))
    return None if found is None else Metafield(found[0], decode(found[0], found[1]))


def fault_of(definition: Definition | None, type: str, value: Any) -> str | None:
    """Why a value may not be written into a field, in words, or ``None``.

    A field that nobody defined takes whatever fits the stated type. A defined one takes what fits *its* type, whatever
    type was stated: the caller writes it with ``definition.type``.
    """
    faults = check(type, value, {}) if definition is None else check(definition.type, value, definition.validations)
    return "; ".join(faults) or None


def split_key(full_key: str) -> Key:
    """``"custom.size"`` → ``("custom", "size")``. Raises ``Invalid``."""
    namespace, dot, key = full_key.partition(".")
    if not (dot and namespace.strip() and key.strip()):
        message = f"a custom field is called namespace.key, not {full_key[:100]!r}"
        raise Invalid(message)
    if len(namespace) > _NAMESPACE_LENGTH or len(key) > _KEY_LENGTH:
        message = f"the field {full_key[:100]!r}: at most {_NAMESPACE_LENGTH} characters, a dot and {_KEY_LENGTH}"
        raise Invalid(message)
    return namespace, key


_GAPS = re.compile(r"[_\-.\s]+")


def _name_of(key: Key) -> str:
    """``("custom", "paper_size")`` → ``"Paper size"``."""
    words = _GAPS.sub(" ", key[1]).strip() or key[1]
    return words[0].upper() + words[1:]


def _of(row: MetafieldDefinition) -> Definition:
    return Definition(
        owner=row.owner,
        namespace=row.namespace,
        key=row.key,
        name=row.name,
        type=row.type,
        validations=row.validations,
        is_required=row.is_required,
        is_searchable=row.is_searchable,
        is_filterable=row.is_filterable,
        group=row.group_name,
        help_text=row.help_text,
    )
