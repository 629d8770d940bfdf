"""What a collection holds, for lists of products."""

from __future__ import annotations

from uuid import UUID

from mercat.core.unit import ReadUnit
from mercat.domain.catalog.category_repository import CategoryRepository
from mercat.domain.catalog.choosing_repository import ChoosingRepository, Chosen
from mercat.domain.catalog.collection_repository import CollectionRepository
from mercat.domain.catalog.collection_rules import Rule
from mercat.domain.catalog.models import Collection


def chosen_by(unit: ReadUnit, reference: UUID | str) -> Chosen:
    """The products of the collection with this id or handle. Raises ``NotFound``."""
    return chosen_of(unit, CollectionRepository(unit.session).named(reference))


def chosen_of(unit: ReadUnit, collection: Collection) -> Chosen:
    """The products of a collection that is at hand."""
    rules = rules_of(collection)
    ids = [UUID(rule.value).bytes for rule in rules if rule.field == "category" and rule.value]
    nodes = CategoryRepository(unit.session).nodes(ids) if ids else {}
    repository = ChoosingRepository(unit.bulk, {str(UUID(bytes=each)): node.path for each, node in nodes.items()})
    if collection.kind == "manual":
        return repository.by_hand(collection.id)
    return repository.by_rules(rules, collection.rules_match)


def rules_of(collection: Collection) -> list[Rule]:
    """Its rules as they are kept."""
    return [Rule(**said) for said in collection.rules]
