"""Comparing: which rows of a feed say what they said last. Pure: what is known is told, and nothing is looked up.

Nearly all rows of a feed say nothing new, and most feeds repeat no key: a batch of such rows is told apart in a few steps
over all of it, with the loops in C. Memory: some two hundred bytes a key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress, repeat
from operator import itemgetter, not_

from mercat.domain.catalog import service as catalog
from mercat.domain.suppliers.screening import Reject, are_sound, screen
from mercat.sdk.records import BadRow, FeedRow

_OUTCOMES = ("created", "updated", "unchanged", "skipped", "rejected", "ambiguous")
# Of a row that nobody has planned yet.
_UNPLANNED = _OUTCOMES.index("rejected")
_SHIFT = 3
_OUTCOME = (1 << _SHIFT) - 1
_SAME = -1
# So many rows that differ make a batch, and so many others: each batch is a transaction.
_MOST_CHANGED = 4_000
_MOST_READ = 40_000
_key_of = itemgetter(0)
_said_of = itemgetter(0, 2)


def fingerprints(said: Iterable[tuple[str, int]]) -> Iterator[int]:
    """(key, digest) → one number; good within this process. Two in 10^18 are the same by chance."""
    return map(hash, said)


class Comparison:
    """What a run has read so far, and what of it waits to be planned in the next batch.

    ``known`` holds the fingerprints of all that the supplier said last. While it is ``None`` every row waits, and
    ``settle`` takes out those that say the same.
    """

    def __init__(self, known: set[int] | None = None) -> None:
        self.known = known
        self.rows = 0
        self.duplicates = 0
        self.unchanged = 0
        # For the next batch: the rows that differ by key, the last ones standing; those that cannot be taken; by number
        # of an earlier batch the keys that a later row repeats, and what had come of them.
        self.waiting: dict[str, FeedRow] = {}
        self.rejects: list[Reject] = []
        self.repeated: dict[int, list[str]] = {}
        self.taken_back: Counter[str] = Counter()
        self._restated: list[int] = []
        # Hash of a key → the number of its batch and what came of it, or -1 where the row says the same.
        self._seen: dict[int, int] = {}
        self._batch = 0

    @property
    def keys(self) -> Mapping[int, int]:
        """The hashes of all keys so far."""
        return self._seen

    @property
    def is_full(self) -> bool:
        """Whether enough has gathered for a batch."""
        return len(self.waiting) + len(self.rejects) >= _MOST_CHANGED or len(self._restated) >= _MOST_READ

    def add(self, rows: Sequence[FeedRow | BadRow]) -> None:
        """Take in some rows in the order of the file."""
        self.rows += len(rows)
        if not self._add_at_once(rows):
            self._add_carefully(rows)

    def _add_at_once(self, rows: Sequence[FeedRow | BadRow]) -> bool:
        """Take in rows none of which needs a closer look; whether that is so."""
        if set(map(type, rows)) != {FeedRow}:
            return False
        keys: list[str] = list(map(_key_of, rows))
        if not are_sound(keys):
            return False
        seen, hashes = self._seen, catalog.key_hashes(keys)
        if len(set(hashes)) != len(hashes) or not seen.keys().isdisjoint(hashes):
            return False
        if not self.known:
            seen.update(zip(hashes, repeat(self._mark(_UNPLANNED)), strict=False))
            self.waiting.update(zip(keys, rows, strict=True))  # type: ignore[arg-type]  # no BadRow among them
            return True
        are_same = list(map(self.known.__contains__, fingerprints(map(_said_of, rows))))
        same = list(compress(hashes, are_same))
        self._say_same(same)
        if len(same) < len(rows):
            differ = list(map(not_, are_same))
            seen.update(zip(compress(hashes, differ), repeat(self._mark(_UNPLANNED)), strict=False))
            self.waiting.update(zip(compress(keys, differ), compress(rows, differ), strict=True))  # type: ignore[arg-type]
        return True

    def _add_carefully(self, batch: Sequence[FeedRow | BadRow]) -> None:
        rows, rejects, duplicates = screen(batch)
        self.rejects += rejects
        self.duplicates += duplicates
        for key, row in rows.items():
            hashed = catalog.key_hash(key)
            if hashed in self._seen:
                self._take_back(key, self._seen[hashed])
            if self.known and hash((key, row.digest)) in self.known:
                self._say_same([hashed])
            else:
                self._seen[hashed] = self._mark(_UNPLANNED)
                self.waiting[key] = row

    def _take_back(self, key: str, before: int) -> None:
        """A later row takes the place of one that had come to this."""
        self.duplicates += 1
        batch, outcome = before >> _SHIFT, before & _OUTCOME
        if before == _SAME:
            self.unchanged -= 1
        elif batch == self._batch:
            # The last row also stands last.
            del self.waiting[key]
        else:
            self.repeated.setdefault(batch, []).append(key)
            self.taken_back[_OUTCOMES[outcome]] += 1

    def _say_same(self, hashes: Sequence[int]) -> None:
        self._seen.update(zip(hashes, repeat(_SAME), strict=False))
        self._restated += hashes
        self.unchanged += len(hashes)

    def settle(self, said: Mapping[str, int]) -> None:
        """Of the waiting rows, take out those that say what they said last; ``said`` is key → digest."""
        same = [key for key, row in self.waiting.items() if said.get(key) == row.digest]
        for key in same:
            del self.waiting[key]
        self._say_same(catalog.key_hashes(same))

    def restated(self) -> list[int]:
        """The hashes of the keys that said the same since the last batch, and that no later row took back."""
        return [each for each in self._restated if self._seen[each] == _SAME]

    def note(self, outcomes: Iterable[tuple[str, str]]) -> None:
        """What came of rows of this batch: (key, outcome)."""
        marks = {outcome: self._mark(number) for number, outcome in enumerate(_OUTCOMES)}
        pairs = list(outcomes)
        hashes = catalog.key_hashes([key for key, _ in pairs])
        self._seen.update(zip(hashes, [marks[outcome] for _, outcome in pairs], strict=True))

    def next_batch(self) -> None:
        """This batch is planned."""
        self._batch += 1
        self.waiting, self.rejects, self.repeated, self._restated = {}, [], {}, []
        self.taken_back.clear()

    def _mark(self, outcome: int) -> int:
        return self._batch << _SHIFT | outcome
