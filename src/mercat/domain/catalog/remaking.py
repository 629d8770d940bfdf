"""Remaking: a product that an undoing removed comes back, because a set that states it stands again.

It comes back under its own ids and with its own SKUs and handle, so that whatever was said about it finds it; its other
fields are for settling to fill.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mercat.core.unit import WriteUnit
from mercat.domain.catalog import locking
from mercat.domain.catalog.applying import decode_draft, decode_variant_draft
from mercat.domain.catalog.change_repository import Kept, Statement
from mercat.domain.catalog.claims import VARIANT
from mercat.domain.catalog.merging import PERSONS
from mercat.domain.catalog.product_writer_repository import ProductWriter
from mercat.domain.catalog.standing import born_variants, creation_of, is_spoken_of, speaks_of


class Remaking:
    """Writes products anew."""

    def __init__(self, unit: WriteUnit) -> None:
        self.unit = unit
        self.writer = ProductWriter(unit.bulk, unit.now)

    def products(self, history: Mapping[bytes, Sequence[Statement]]) -> set[bytes]:
        """Those of these products, with everything that was ever said about each, that could be made again.

        One is left out whose SKU belongs to another product by now.
        """
        drafts = {
            product_id: decode_draft(creation.new_value or "{}")
            for product_id, said in history.items()
            if (creation := creation_of(said)) is not None
        }
        skus = self.writer.taken("sku", "product_variants", [v.sku for each in drafts.values() for v in each.variants])
        handles = self.writer.taken("handle", "products", [each.handle for each in drafts.values()])
        made = set()
        for product_id, draft in drafts.items():
            if not any(variant.sku in skus for variant in draft.variants):
                handle = draft.handle
                if handle in handles:
                    handle = f"{handle[:242]}-{product_id.hex()[-12:]}"
                self._product(product_id, handle, draft, history[product_id])
                made.add(product_id)
        self.writer.flush()
        self._lock_again(made, history)
        return made

    def _product(self, product_id: bytes, handle: str, draft: Any, said: Sequence[Statement]) -> None:
        names = list(draft.variants[0].options or ())[:3]
        self.writer.product(product_id, handle, type(draft)(name=draft.name), None, names)
        for position, (variant_id, sku) in enumerate(born_variants(product_id, draft), 1):
            if is_spoken_of(variant_id, sku, said):
                self._variant(variant_id, product_id, draft.variants[position - 1], position, names)
        position = len(draft.variants)
        for change in _further(said):
            position += 1
            self._variant(
                change.variant_id or b"", product_id, decode_variant_draft(change.new_value or ""), position, names
            )

    def _variant(self, variant_id: bytes, product_id: bytes, draft: Any, position: int, names: Sequence[str]) -> None:
        bare = type(draft)(sku=draft.sku, options=draft.options)
        self.writer.variant(variant_id, product_id, bare, position, names)

    def _lock_again(self, made: Iterable[bytes], history: Mapping[bytes, Sequence[Statement]]) -> None:
        places = {
            (product_id, each.change.variant_id, str(each.change.field))
            for product_id in made
            for each in history[product_id]
            if each.stands and each.origin in PERSONS and each.change.field is not None
        }
        if places:
            locking.lock_places(self.unit, places, "edited before it was removed and made again")


def _further(said: Sequence[Statement]) -> Iterable[Kept]:
    """Variants that joined later and that somebody still speaks of."""
    for each in said:
        is_variant = each.change.kind == "create" and each.change.field == VARIANT
        if is_variant and any(other.stands and speaks_of(other, each.change) for other in said):
            yield each.change
