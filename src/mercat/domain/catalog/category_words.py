"""Words of suppliers: a category that a feed named is theirs, until a person says which of ours it means, or keeps it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from mercat.core.errors import Conflict, Invalid
from mercat.core.ids import new_id_bytes
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.catalog.categories import Edited, begin
from mercat.domain.catalog.category_changes import Step, record
from mercat.domain.catalog.category_merging import Absorption
from mercat.domain.catalog.category_views import CategoryView, Reference, get_node, tree, view_of
from mercat.domain.catalog.mapping_repository import Mapping as Kept
from mercat.domain.catalog.mapping_repository import MappingRepository
from mercat.domain.catalog.models.categories import KEPT_WORD, NEW_WORD, WORDS
from mercat.domain.catalog.tree import refuse_cycle, split_path
from mercat.domain.catalog.word_matching import Place, proposals

_MOST_AT_ONCE = 500


@dataclass(frozen=True)
class WordView:
    """A word as shown: its category, and which of the others it seems to mean (``None``: none), with how sure that is."""

    category: CategoryView
    proposed: CategoryView | None
    confidence: float | None


def note_words(unit: WriteUnit, ids: Sequence[bytes], source: str) -> None:
    """These categories were made because a source named them."""
    born = new_id_bytes(len(ids))
    rows = [Kept(new, owner, WORDS, None, "", NEW_WORD, source) for new, owner in zip(born, ids, strict=True)]
    MappingRepository(unit.session).insert(rows, unit.now)


def look_at_words(unit: ReadUnit, ids: Collection[UUID]) -> list[WordView]:
    """These categories, each with what it seems to mean, in the order of the tree; those that are gone are left out."""
    unit.actor.require("catalog.read")
    views = tree(unit)
    new = MappingRepository(unit.session).new_words()
    by_id = {view.id.bytes: view for view in views}
    wanted = {each.bytes for each in ids}
    places = [Place(own, split_path(view.path), view.product_count, own in new) for own, view in by_id.items()]
    found = proposals([place for place in places if place.id in wanted], places)
    return [
        WordView(view, by_id[meant.id], meant.confidence) if (meant := found.get(own)) else WordView(view, None, None)
        for own, view in by_id.items()
        if own in wanted
    ]


def map_words(unit: WriteUnit, meant: Mapping[UUID, Reference]) -> Edited:
    """Put what each of these holds into the category that it means, and remove it; whoever names it again means that one.

    One change set for all of them. Raises ``NotFound``; ``Conflict`` where one would go into itself or what is below it, or
    into one that is itself mapped here; ``Invalid`` for too many at once.
    """
    repository = begin(unit)
    if len(meant) > _MOST_AT_ONCE:
        message = f"at most {_MOST_AT_ONCE} words are mapped at once"
        raise Invalid(message)
    known: dict[Reference, bytes] = {}
    absorption = Absorption(unit, "merge", merges_twins=True)
    sources: list[str] = []
    for own, into in meant.items():
        # Looked up again each time: what went before may have moved both.
        node, target = get_node(unit, own), get_node(unit, known.get(into, into))
        known[into] = target.id
        if UUID(bytes=target.id) in meant:
            message = f"{node.name!r} cannot be mapped to {target.name!r}, which is to be mapped itself"
            raise Conflict(message, category=str(own))
        refuse_cycle(node.path, target.path)
        absorption.absorb(node, target)
        sources.append(node.name)
    if not sources:
        return Edited(None, None)
    repository.recount(absorption.touched, unit.now)
    views = [view_of(unit, get_node(unit, own)) for own in sorted(set(known.values()))[:2]]
    words = f"the word {sources[0]}" if len(sources) == 1 else f"{len(sources)} words"
    places = views[0].name if len(views) == 1 else f"{len(set(known.values()))} categories"
    made = record(unit, f"map {words} of suppliers to {places}", absorption.steps)
    return Edited(made.id, views[0] if len(views) == 1 else None)


def keep_words(unit: WriteUnit, ids: Sequence[UUID]) -> Edited:
    """These are categories of our own from now on, as they are. What is so already stays so."""
    begin(unit)
    repository = MappingRepository(unit.session)
    standing = repository.of_taxonomy(WORDS, [each.bytes for each in ids])
    new = [each for each in standing.values() if each.external_id == NEW_WORD]
    kept = [each._replace(external_id=KEPT_WORD) for each in new]
    if not kept:
        return Edited(None, None)
    repository.set_external(kept, unit.now)
    steps = [
        Step("update", "mapping", old.kept(), {**own.kept(), "category": own.category_id.hex()})
        for old, own in zip(new, kept, strict=True)
    ]
    made = record(unit, f"keep {len(kept)} of the suppliers' categories", steps)
    return Edited(made.id, None)
