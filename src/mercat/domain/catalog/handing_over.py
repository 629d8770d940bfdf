"""Restated rows: which set an unchanged statement belongs to while sets are undone and taken back.

A run that states a row again unchanged writes no change for it. While the set that wrote the row stands, it holds the
statement; when that one is undone, the oldest standing set that restated it holds it, so that what a later file still
says stays. A change knows its first set by its id: ids grow, and imports are planned one after the other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mercat.core.unit import WriteUnit
from mercat.domain.catalog.change_repository import (
    STANDING,
    ChangeBulk,
    ChangeSetRepository,
    Kept,
    RestatementRepository,
    Statement,
)
from mercat.domain.catalog.fields import STATEMENT
from mercat.domain.catalog.models import ChangeSet
from mercat.domain.catalog.restating import key_hash, unpack

_PAGE = 1_000
_KEYED = "source_key IS NOT NULL"


class Family:
    """The imports of one source, and who of them said what again."""

    def __init__(self, unit: WriteUnit, source: str) -> None:
        self.changes = ChangeBulk(unit.bulk)
        self._restatements = RestatementRepository(unit.session)
        self.sets = ChangeSetRepository(unit.session).family(source)
        self._by_birth = sorted(each.id.bytes for each in self.sets)
        self._applied: Mapping[bytes, Any] = {each.id.bytes: each.applied_at for each in self.sets}
        self._stand = {each.id.bytes for each in self.sets if each.status in STANDING}
        self._restated: dict[bytes, set[int]] = {}

    def restated(self, change_set: ChangeSet) -> set[int]:
        """The hashes of the keys that a set restated."""
        found = self._restated.get(change_set.id.bytes)
        if found is None:
            found = {each for packed in self._restatements.of_set(change_set.id) for each in unpack(packed)}
            self._restated[change_set.id.bytes] = found
        return found

    def born_in(self, change_id: bytes) -> bytes | None:
        """The set that wrote a change, whoever holds it now."""
        place = bisect_right(self._by_birth, change_id)
        return self._by_birth[place - 1] if place else None

    def next_birth(self, change_set_id: bytes) -> bytes:
        """When the next set of the family began, as an id."""
        place = bisect_right(self._by_birth, change_set_id)
        return self._by_birth[place] if place < len(self._by_birth) else b"\xff" * 16

    def hand_over(self, subject: ChangeSet) -> int:
        """``subject`` stands no longer: what later sets restated goes to the oldest of them that stands. How much."""
        heirs = [each for each in self.sets if each.id.bytes in self._stand and self.restated(each)]
        return self._adopt_from(subject, heirs) if heirs else 0

    def take_back(self, subject: ChangeSet) -> None:
        """``subject`` stands again: it gets its own back, and what it restated of sets that stand no longer."""
        own = subject.id.bytes
        others = [each.id.bytes for each in self.sets if each.id.bytes != own]
        self.changes.give_back(own, self.next_birth(own), others)
        if not self.restated(subject):
            return
        for each in self.sets:
            if each.id.bytes not in self._stand and each.id.bytes != own:
                self._adopt_from(each, [subject])

    def _adopt_from(self, holder: ChangeSet, heirs: Sequence[ChangeSet]) -> int:
        moved = 0
        for page in self.changes.pages(holder.id.bytes, _KEYED, size=_PAGE):
            spoken = self._spoken(page, holder)
            adopted: dict[bytes, list[bytes]] = {}
            for change in page:
                heir = self._heir(change, heirs, spoken)
                if heir is not None and heir != holder.id.bytes:
                    adopted.setdefault(heir, []).append(change.id)
            for heir, ids in adopted.items():
                self.changes.adopt(ids, heir)
                moved += len(ids)
        return moved

    def _heir(self, change: Kept, heirs: Iterable[ChangeSet], spoken: Mapping[str, Sequence[Any]]) -> bytes | None:
        key = change.source_key or ""
        begun = self._applied.get(self.born_in(change.id) or b"")
        if begun is None:
            return None
        hashed = key_hash(key)
        times = spoken.get(key, ())
        for heir in heirs:
            if heir.applied_at is None or heir.applied_at <= begun or hashed not in self.restated(heir):
                continue
            # Not if the source said something else about the row in between: then that is what was restated.
            is_superseded = bisect_right(times, heir.applied_at) > bisect_right(times, begun)
            return None if is_superseded else heir.id.bytes
        return None

    def _spoken(self, page: Sequence[Kept], holder: ChangeSet) -> dict[str, list[Any]]:
        """When standing sets other than the holder made statements under the keys of a page, by key, oldest first."""
        keys = {change.source_key for change in page}
        owners = {change.product_id for change in page if change.product_id is not None}
        found: dict[str, list[Any]] = {}
        for statements in self.changes.statements(owners).values():
            for each in statements:
                if each.change.source_key in keys and each.change_set_id != holder.id.bytes and self._is_said(each):
                    found.setdefault(str(each.change.source_key), []).append(self._applied[each.change_set_id])
        return {key: sorted(times) for key, times in found.items()}

    def _is_said(self, statement: Statement) -> bool:
        change = statement.change
        is_whole = change.field == STATEMENT or (change.kind == "create" and change.field is None)
        return is_whole and statement.change_set_id in self._stand
