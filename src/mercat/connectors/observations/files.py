"""Files of any format that feeds come in, with a row for each thing that was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from mercat.connectors.observations import ranked, reviewed, wire
from mercat.connectors.observations.settings import ObservationSettings
from mercat.sdk.errors import Rejected, Unreadable
from mercat.sdk.feeds import Records, Table, read
from mercat.sdk.market import Observation, Ranked, Reviewed
from mercat.sdk.records import BadRow
from mercat.sdk.roles import FeedFile

_BATCH = 2_000
T = TypeVar("T")


@dataclass(frozen=True)
class Shape(Generic[T]):
    """How a row becomes what it says. One column of each group in ``needs`` has to be there; a setting may stand for one."""

    names: Callable[[Sequence[str]], dict[str, str]]
    convert: Callable[[Mapping[str, Any], ObservationSettings], T]
    needs: Sequence[tuple[str, ...]]


OBSERVATIONS: Shape[Observation] = Shape(wire.names, wire.to_observation, [("listing", "asin")])
RANKINGS: Shape[Ranked] = Shape(ranked.names, ranked.to_ranked, [("listing", "asin"), ("rank",)])
REVIEWS: Shape[Reviewed] = Shape(reviewed.names, reviewed.to_review, [("listing", "asin"), ("rating",)])


class Rows(Generic[T]):
    """Plays MarketFiles: reads CSV, workbooks, JSON and JSON Lines."""

    def __init__(self, settings: ObservationSettings, shape: Shape[T]) -> None:
        self.settings = settings
        self.shape = shape

    def batches(self, files: Sequence[FeedFile]) -> Iterator[list[T | BadRow]]:
        """What the files say. Raises ``Unreadable`` where a column is missing without which no row says anything."""
        for file in files:
            for found in read(file):
                yield from self._table(found) if isinstance(found, Table) else self._records(found)

    def _table(self, table: Table) -> Iterator[list[T | BadRow]]:
        known = self.shape.names(table.header)
        there = {*known.values(), *(["asin"] if self.settings.asin else [])}
        for group in self.shape.needs:
            if not there & set(group):
                what = "which listing it is about: there has to be one called asin or url"
                said = what if "asin" in group else f"its {group[0]}"
                raise Unreadable(f"{table.name}: no column says {said}; it has {', '.join(table.header[:20])}")
        places = [(at, known[heading]) for at, heading in enumerate(table.header) if heading in known]
        for rows in table.batches(_BATCH):
            yield [
                self._one(line, {name: cells[at] for at, name in places if at < len(cells)}, cells)
                for line, cells in rows
            ]

    def _records(self, records: Records) -> Iterator[list[T | BadRow]]:
        for some in records.batches(_BATCH):
            yield [self._record(line, record) for line, record in some]

    def _record(self, line: int, record: dict[str, Any] | str) -> T | BadRow:
        if isinstance(record, str):
            return BadRow(line, record, "the line is no JSON object")
        known = self.shape.names(list(record))
        return self._one(line, {known[key]: value for key, value in record.items() if key in known}, record)

    def _one(self, line: int, row: Mapping[str, Any], raw: Any) -> T | BadRow:
        try:
            return self.shape.convert(row, self.settings)
        except Rejected as wrong:
            return BadRow(line, str(raw)[:1_000], wrong.message)
