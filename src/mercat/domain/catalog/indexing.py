"""Keeping the search index true: small changes at once, large ones right after, and what a crash left undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

from mercat.core.database import search
from mercat.core.database.bulk import chunks
from mercat.core.unit import ReadUnit, Runtime, WriteUnit, on
from mercat.domain.catalog.change_repository import ChangeSetRepository
from mercat.domain.catalog.indexing_repository import IndexingRepository
from mercat.domain.catalog.messages import ProductsChanged
from mercat.domain.catalog.models import ChangeSet
from mercat.domain.catalog.models.changes import KINDS
from mercat.domain.operations.messages import DatabaseRestored

# Up to so many products are indexed within the change itself.
AT_ONCE = 500
_CHUNK = 20_000


@on(ProductsChanged)
def index_small_changes(unit: WriteUnit, fact: ProductsChanged) -> None:
    """A person's edit is found at once."""
    repository = IndexingRepository(unit.bulk)
    ids = repository.changed_ids(fact.change_set_id.bytes, most=AT_ONCE + 1)
    if len(ids) <= AT_ONCE:
        index_products(unit, ids)
        ChangeSetRepository(unit.session).get(fact.change_set_id).indexed_at = unit.now


def index_products(unit: WriteUnit, ids: Sequence[bytes]) -> None:
    """Put these products into the index anew; those that are gone leave it."""
    documents = IndexingRepository(unit.bulk).documents(ids)
    search.remove(unit.bulk, [each for each in ids if each not in documents])
    search.put(unit.bulk, documents.values())


def index_pending(runtime: Runtime, *, progress: Callable[[int], None] = lambda _count: None) -> int:
    """Index what applied sets changed and the index has not learnt of; repeatable, and safe to kill.

    Called after every large change and at the start of every run. How many products it put in.
    """
    done = 0
    with runtime.read() as unit:
        pending = {each.id: _is_undoing(each) for each in ChangeSetRepository(unit.session).not_indexed()}
    for change_set_id, is_undoing in pending.items():
        for ids in _pages(runtime, change_set_id, is_undoing=is_undoing):
            with runtime.write() as unit:
                index_products(unit, ids)
            done += len(ids)
            progress(done)
        with runtime.write() as unit:
            ChangeSetRepository(unit.session).get(change_set_id).indexed_at = unit.now
    return done


@on(DatabaseRestored)
def index_everything(unit: WriteUnit, _fact: DatabaseRestored) -> None:
    """Other products are there now: the index is made of them, in the transaction that brought them."""
    repository = IndexingRepository(unit.bulk)
    repository.clear_index(unit.session)
    after = bytes(16)
    while ids := repository.ids_after(after, _CHUNK):
        search.put(unit.bulk, repository.documents(ids).values())
        after = ids[-1]


def _is_undoing(change_set: ChangeSet) -> bool:
    """Whether fields may have changed that the set does not name: what stands behind what it said has come back."""
    return change_set.status == "undone" or change_set.origin == "undo"


def _pages(runtime: Runtime, change_set_id: UUID, *, is_undoing: bool) -> Iterator[list[bytes]]:
    for kind in KINDS:
        # Prices and stocks, of which most feeds of a day consist, are not searched.
        searched_only = kind == "update" and not is_undoing
        after: bytes | None = bytes(16)
        while after is not None:
            with runtime.read() as unit:
                page = IndexingRepository(unit.bulk).changed_after(
                    change_set_id.bytes, kind, after, _CHUNK, searched_only=searched_only
                )
            after = page[-1][0] if page else None
            yield from chunks(dict.fromkeys(product_id for _, product_id in page), _CHUNK)


def find(unit: ReadUnit, query: str, *, limit: int = 50, offset: int = 0) -> search.Found:
    """Product ids for what a person typed: words, beginnings, parts of codes, one slip of the finger."""
    return search.find(unit.bulk, query, limit=limit, offset=offset)
