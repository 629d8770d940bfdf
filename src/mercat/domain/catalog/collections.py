"""Collections: groups of products that a shop shows together, put together by hand or by rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from mercat.core.errors import Conflict, Invalid, MercatError, NotFound
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.catalog.browse_repository import BrowseRepository, Narrowing
from mercat.domain.catalog.category_views import get_node
from mercat.domain.catalog.choosing import chosen_of
from mercat.domain.catalog.collection_repository import CollectionRepository
from mercat.domain.catalog.collection_rules import (
    FIELDS,
    KINDS,
    MATCHES,
    MOST_RULES,
    RELATIONS,
    WITHOUT_VALUE,
    Rule,
    checked_rules,
    refusal,
)
from mercat.domain.catalog.definitions import field_rules
from mercat.domain.catalog.models import Collection
from mercat.domain.catalog.tree import clean_name, free_slug
from mercat.sdk.values import safe_html, slug

__all__ = [
    "CHANGEABLE",
    "FIELDS",
    "MOST_AT_ONCE",
    "MOST_RULES",
    "PLAIN",
    "RELATIONS",
    "CollectionDraft",
    "CollectionView",
    "Rule",
    "change",
    "create",
    "get",
    "put_in",
    "remove",
    "set_products",
    "take_out",
]
READ, EDIT = "catalog.read", "catalog.edit"
# As many products may be put into a collection at once.
MOST_AT_ONCE = 10_000
_LONGEST = {
    "name": 255,
    "handle": 200,
    "description": 100_000,
    "seo_title": 255,
    "seo_description": 5_000,
    "image_url": 2_000,
}
_NEVER_EMPTY = {"name", "rules_match", "position", "is_active"}
_MOST_LISTED = 10
Reference = UUID | str


@dataclass(frozen=True)
class CollectionDraft:
    """A new collection. Its handle is made from the name where none is given; it stays when the name changes."""

    name: str
    handle: str | None = None
    description: str | None = None
    kind: str = "manual"
    rules_match: str = "all"
    rules: Sequence[Rule] = ()
    seo_title: str | None = None
    seo_description: str | None = None
    image_url: str | None = None
    position: int = 0
    is_active: bool = True


@dataclass(frozen=True)
class CollectionView:
    """A collection as it stands. ``products`` counts what it holds now; a rule's category is its id."""

    id: UUID
    handle: str
    name: str
    description: str | None
    kind: str
    rules_match: str
    rules: list[dict[str, str]]
    seo_title: str | None
    seo_description: str | None
    image_url: str | None
    position: int
    is_active: bool
    products: int
    created_at: dt.datetime
    updated_at: dt.datetime


# What can be another; its kind stays as it was made.
CHANGEABLE = tuple(name for name in CollectionDraft.__dataclass_fields__ if name != "kind")
# Those of one value each.
PLAIN = tuple(name for name in CHANGEABLE if not name.startswith("rules"))


def create(unit: WriteUnit, draft: CollectionDraft) -> CollectionView:
    """A new collection. Raises ``Invalid``, and ``Conflict`` where the handle is taken."""
    unit.actor.require(EDIT)
    if draft.kind not in KINDS:
        message = f"kind: a collection is one of {', '.join(KINDS)}, not {draft.kind!r}"
        raise Invalid(message, field="kind")
    given = {name: getattr(draft, name) for name in CHANGEABLE}
    if draft.kind == "manual" and not draft.rules:
        given.pop("rules")
    handle = given.pop("handle")
    row = Collection(kind=draft.kind, rules=[], created_at=unit.now, updated_at=unit.now)
    _set(unit, row, given)
    row.handle = _checked_handle(unit, handle) if handle else _free_handle(unit, row.name)
    unit.add(row)
    return view_of(unit, row)


def change(unit: WriteUnit, what: Reference, values: Mapping[str, Any]) -> CollectionView:
    """Set some of ``CHANGEABLE``. Raises ``NotFound``, ``Invalid``, and ``Conflict`` where the handle is taken."""
    unit.actor.require(EDIT)
    row = CollectionRepository(unit.session).for_change(what)
    given = dict(values)
    if "handle" in given:
        row.handle = _checked_handle(unit, given.pop("handle") or "", besides=row)
    _set(unit, row, given)
    unit.save()
    return view_of(unit, row)


def remove(unit: WriteUnit, what: Reference) -> None:
    """The products stay, the group goes. Raises ``NotFound``."""
    unit.actor.require(EDIT)
    unit.remove(CollectionRepository(unit.session).for_change(what))


def get(unit: ReadUnit, what: Reference) -> CollectionView:
    """By id or handle. Raises ``NotFound``."""
    unit.actor.require(READ)
    return view_of(unit, CollectionRepository(unit.session).named(what))


def view_of(unit: ReadUnit, row: Collection) -> CollectionView:
    """A collection as it is shown."""
    names = CollectionView.__dataclass_fields__
    facts = {name: getattr(row, name) for name in names if name != "products"}
    return CollectionView(**facts, products=BrowseRepository(unit.bulk).count(Narrowing(chosen=chosen_of(unit, row))))


# -- by hand ----------------------------------------------------------------------------------------------------------


def put_in(unit: WriteUnit, what: Reference, products: Sequence[str], *, position: int | None = None) -> CollectionView:
    """Put products (SKU, handle or id) in, or move those that are in: together, to a place counted from 1, or the end.

    Raises ``NotFound`` naming products that are not there, and ``Conflict`` for a collection by rules.
    """
    row, repository = _by_hand(unit, what)
    ids = _ids_of(repository, products)
    held = repository.members(row.id)
    if position is None:
        # At the end, and whoever is in already keeps the place.
        return _arrange(unit, row, repository, list(dict.fromkeys([*held, *ids])))
    if position < 1:
        message = f"position counts from 1, not {position}"
        raise Invalid(message, field="position")
    moved = set(ids)
    kept = [each for each in held if each not in moved]
    return _arrange(unit, row, repository, [*kept[: position - 1], *ids, *kept[position - 1 :]])


def set_products(unit: WriteUnit, what: Reference, products: Sequence[str]) -> CollectionView:
    """Have it hold exactly these products, in this order. Raises as ``put_in``."""
    row, repository = _by_hand(unit, what)
    return _arrange(unit, row, repository, _ids_of(repository, products))


def take_out(unit: WriteUnit, what: Reference, products: Sequence[str]) -> CollectionView:
    """Take products out; one that is not in it is no matter. Raises as ``put_in``."""
    row, repository = _by_hand(unit, what)
    gone = set(_ids_of(repository, products))
    return _arrange(unit, row, repository, [each for each in repository.members(row.id) if each not in gone])


def _by_hand(unit: WriteUnit, what: Reference) -> tuple[Collection, CollectionRepository]:
    unit.actor.require(EDIT)
    repository = CollectionRepository(unit.session)
    row = repository.for_change(what)
    if row.kind != "manual":
        message = f"the products of {row.name!r} are chosen by its rules: change those, or make a manual collection"
        raise Conflict(message, collection=str(row.id))
    return row, repository


def _ids_of(repository: CollectionRepository, products: Sequence[str]) -> list[bytes]:
    if len(products) > MOST_AT_ONCE:
        message = f"products: at most {MOST_AT_ONCE:,} at once, not {len(products):,}"
        raise Invalid(message, field="products")
    found = repository.products_named(products)
    missing = [each for each in products if each not in found]
    if missing:
        listed = ", ".join(missing[:_MOST_LISTED]) + (", …" if len(missing) > _MOST_LISTED else "")
        message = f"no product has the SKU, handle or id {listed}: `mercat product list --q` finds by any word"
        raise NotFound(message, field="products", missing=missing)
    return list(dict.fromkeys(found[each] for each in products))


def _arrange(
    unit: WriteUnit, row: Collection, repository: CollectionRepository, products: Sequence[bytes]
) -> CollectionView:
    if repository.arrange(row.id, products, unit.now):
        row.updated_at = unit.now
        unit.save()
    return view_of(unit, row)


# -- what may be said ---------------------------------------------------------------------------------------------


def _set(unit: WriteUnit, row: Collection, given: Mapping[str, Any]) -> None:
    unknown = [name for name in given if name not in CHANGEABLE]
    if unknown:
        message = f"{unknown[0]}: cannot be set; a collection has {', '.join(CHANGEABLE)}"
        raise Invalid(message, field=unknown[0])
    for name, value in given.items():
        if name == "rules":
            row.rules = [rule.kept() for rule in _checked_rules(unit, row, value or ())]
        else:
            setattr(row, name, _checked(name, value))


def _checked(name: str, value: Any) -> Any:
    if isinstance(value, str):
        value = (safe_html(value) if name == "description" else clean_name(value)) or None
    if fault := _fault(name, value):
        message = f"{name}: {fault}"
        raise Invalid(message, field=name)
    return value


def _fault(name: str, value: Any) -> str | None:
    if value is None:
        return "a collection always has one" if name in _NEVER_EMPTY else None
    if name == "rules_match" and value not in MATCHES:
        return f"products fit {' or '.join(MATCHES)} of the rules, not {value!r}"
    if name == "position" and not -(2**31) <= value < 2**31:
        return f"a whole number, not beyond {2**31 - 1:,}"
    if name == "image_url" and not value.startswith(("https://", "http://")):
        return "an address begins with https:// or http://"
    if isinstance(value, str) and len(value) > _LONGEST.get(name, len(value)):
        return f"{len(value)} characters are more than {_LONGEST[name]}"
    return None


def _checked_rules(unit: WriteUnit, row: Collection, rules: Sequence[Rule]) -> list[Rule]:
    if row.kind == "manual":
        message = "rules: a manual collection has none; its products are put in by hand"
        raise Invalid(message, field="rules")
    checked = checked_rules(rules, field_rules(unit).types)
    faults: list[tuple[str, str]] = []
    for number, rule in enumerate(checked):
        if rule.field != "category" or rule.relation in WITHOUT_VALUE:
            continue
        try:
            node = get_node(unit, rule.value or "")
            checked[number] = replace(rule, value=str(UUID(bytes=node.id)))
        except MercatError as wrong:
            faults.append((f"rules.{number}.value", wrong.message))
    if faults:
        raise refusal(faults)
    return checked


def _free_handle(unit: WriteUnit, name: str) -> str:
    repository = CollectionRepository(unit.session)
    return free_slug(name, repository.handles_like(free_slug(name, ())))


def _checked_handle(unit: WriteUnit, given: str, *, besides: Collection | None = None) -> str:
    handle = slug(given)
    if not handle:
        message = f"handle: {given!r} has no letter or digit that an address may have"
        raise Invalid(message, field="handle")
    other = CollectionRepository(unit.session).find_by(handle=handle)
    if other is not None and other is not besides:
        message = f"handle: {handle!r} is the collection {other.name!r}; take another one"
        raise Conflict(message, field="handle", collection=str(other.id))
    return handle
