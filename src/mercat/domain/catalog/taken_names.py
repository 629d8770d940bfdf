"""Taken names: which planned products find their SKU in use by now, and what a handle that is taken becomes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mercat.domain.catalog.change_repository import Kept
from mercat.domain.catalog.restating import key_hash

_ALL_BITS = (1 << 64) - 1
# A planned creation and its draft.
Drafted = tuple[Kept, Any]


class TakenNames:
    """SKUs and handles that are in use, as hashes: a first load has millions, and keeps them itself."""

    def __init__(self, skus: Iterable[str] = (), handles: Iterable[str] = ()) -> None:
        self._skus = set(map(hash, skus))
        self._handles = set(map(hash, handles))

    def without_taken(self, drafts: Sequence[Drafted]) -> tuple[list[Drafted], list[bytes]]:
        """(those whose SKUs are free, with handles of their own; the changes of the others). They are in use from now."""
        if self._take_all(drafts):
            return list(drafts), []
        fresh, taken = [], []
        for change, draft in drafts:
            own = {hash(variant.sku) for variant in draft.variants}
            if not self._skus.isdisjoint(own):
                taken.append(change.id)
                continue
            self._skus |= own
            handle = hash(draft.handle)
            if handle in self._handles:
                # From the SKU, not from the id: the same file gives the same handles wherever it is imported.
                draft.handle = f"{draft.handle[:238]}-{key_hash(draft.variants[0].sku) & _ALL_BITS:016x}"
                handle = hash(draft.handle)
            self._handles.add(handle)
            fresh.append((change, draft))
        return fresh, taken

    def _take_all(self, drafts: Sequence[Drafted]) -> bool:
        """Take the names of all of them at once, if no two have one in common and none is in use."""
        skus = [hash(variant.sku) for _, draft in drafts for variant in draft.variants]
        handles = [hash(draft.handle) for _, draft in drafts]
        if len({*skus}) < len(skus) or len({*handles}) < len(handles):
            return False
        if not (self._skus.isdisjoint(skus) and self._handles.isdisjoint(handles)):
            return False
        self._skus.update(skus)
        self._handles.update(handles)
        return True
