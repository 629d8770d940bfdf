"""Whole products as they stand: what plans compare with and exports write."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mercat.core.unit import ReadUnit
from mercat.domain.catalog.category_paths import paths_of
from mercat.domain.catalog.fields import to_record
from mercat.domain.catalog.record_repository import Loaded, RecordRepository
from mercat.sdk.records import ProductRecord

_PAGE = 500


def load(unit: ReadUnit, product_ids: Collection[bytes], *, lock: bool = False) -> dict[bytes, Loaded]:
    """The products by id; those that do not exist are left out. ``lock`` keeps other writers off their rows."""
    found = RecordRepository(unit.bulk).load(product_ids, lock=lock)
    wanted = {each.category_id for each in found.values() if each.category_id is not None}
    if wanted:
        paths = paths_of(unit, wanted)
        for each in found.values():
            if each.category_id is not None:
                each.fields["category"] = paths.get(each.category_id)
    return found


def record_of(product: Loaded) -> ProductRecord:
    """A loaded product as a record, whole."""
    return to_record(product.handle, product.fields, [(each.sku, each.fields) for each in product.variants])


def records(unit: ReadUnit, product_ids: Collection[bytes]) -> dict[bytes, ProductRecord]:
    """Whole products by id, as records; those that do not exist are left out."""
    return {product_id: record_of(product) for product_id, product in load(unit, product_ids).items()}


def stream(unit: ReadUnit, statuses: Collection[str] | None = None) -> Iterator[Loaded]:
    """Every product, a page at a time, in the order of handles: unlike an id a handle survives a re-creation."""
    repository = RecordRepository(unit.bulk)
    after = ""
    while page := repository.by_handle(after=after, limit=_PAGE):
        # Judged here, not in the query: a database might then walk the index of statuses and sort at every page.
        ids = [product_id for _, product_id, status in page if not statuses or status in statuses]
        loaded = load(unit, ids)
        yield from (loaded[each] for each in ids if each in loaded)
        after = page[-1][0]
