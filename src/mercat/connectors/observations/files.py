"""Plays ObservationFiles for tables and records of any format that feeds come in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mercat.connectors.observations.settings import ObservationSettings
from mercat.connectors.observations.wire import names, to_observation
from mercat.sdk.errors import Rejected, Unreadable
from mercat.sdk.feeds import Records, Table, read
from mercat.sdk.market import Observation
from mercat.sdk.records import BadRow
from mercat.sdk.roles import FeedFile

_BATCH = 2_000


class ObservationReader:
    """Reads CSV, workbooks, JSON and JSON Lines with a row for each listing and instant."""

    def __init__(self, settings: ObservationSettings) -> None:
        self.settings = settings

    def batches(self, files: Sequence[FeedFile]) -> Iterator[list[Observation | BadRow]]:
        """What the files say. Raises ``Unreadable`` where no column says which listing it is about."""
        for file in files:
            for found in read(file):
                yield from self._table(found) if isinstance(found, Table) else self._records(found)

    def _table(self, table: Table) -> Iterator[list[Observation | BadRow]]:
        known = names(table.header)
        if not {"listing", "asin"} & set(known.values()):
            raise Unreadable(
                f"{table.name}: no column says which listing it is about: there has to be one called asin or url; "
                f"it has {', '.join(table.header[:20])}"
            )
        places = [(at, known[heading]) for at, heading in enumerate(table.header) if heading in known]
        for rows in table.batches(_BATCH):
            yield [
                self._one(line, {name: cells[at] for at, name in places if at < len(cells)}, cells)
                for line, cells in rows
            ]

    def _records(self, records: Records) -> Iterator[list[Observation | BadRow]]:
        for some in records.batches(_BATCH):
            yield [self._record(line, record) for line, record in some]

    def _record(self, line: int, record: dict[str, Any] | str) -> Observation | BadRow:
        if isinstance(record, str):
            return BadRow(line, record, "the line is no JSON object")
        known = names(list(record))
        return self._one(line, {known[key]: value for key, value in record.items() if key in known}, record)

    def _one(self, line: int, row: Mapping[str, Any], raw: Any) -> Observation | BadRow:
        try:
            return to_observation(row, self.settings)
        except Rejected as wrong:
            return BadRow(line, str(raw)[:1_000], wrong.message)
