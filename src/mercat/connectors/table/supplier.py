"""Plays SupplierFeed for ordinary tables and keyed records: a normal supplier is a profile, not a folder of code."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice, repeat
from typing import Any

from xxhash import xxh3_64_intdigest

from mercat.connectors.table import sampling
from mercat.connectors.table.fields import NAMED
from mercat.connectors.table.flattening import digest_of
from mercat.connectors.table.guessing import Guess, propose
from mercat.connectors.table.mapping import Plan
from mercat.connectors.table.profile import render
from mercat.connectors.table.settings import TableSettings
from mercat.sdk.errors import Unreadable, VendorError
from mercat.sdk.feeds import Records, Table, open_members, read, sniff
from mercat.sdk.records import BadRow, FeedRow, Stated
from mercat.sdk.roles import FeedFile, Inspection

_SAMPLE_ROWS = 2_000
# A batch that stays within the processor's cache is hashed in half the time of one of thousands.
_BATCH_ROWS = 250
# Part of every digest: raise it when the same cells are converted differently, so that rows are converted again.
_CONVERSION = 1
_BETWEEN = "\x1f"
_CONFIDENCE = {"csv": 0.5, "xlsx": 0.5, "xls": 0.5, "ods": 0.5, "jsonl": 0.4, "json": 0.4, "xml": 0.2}
_TOP_BIT = 1 << 63

Rows = list[FeedRow | BadRow]
# NamedTuple's own constructor is a Python function; this one stays in C, a million times per feed.
_feed_row: Callable[[tuple[str, int, int, Any]], FeedRow] = partial(tuple.__new__, FeedRow)


class TableFeed:
    """Reads tables and records by a profile, or by the one it proposes itself where none is given.

    ``to_record`` converts rows of this feed's own ``batches``: a row's ``raw`` is (number of its file's plan, cells).
    """

    def __init__(self, settings: TableSettings) -> None:
        self.settings = settings
        self._plans: list[Plan] = []
        self._numbers: dict[int, int] = {}

    def recognises(self, files: Sequence[FeedFile]) -> float:
        """Middling for every format it reads, so that a connector that knows the vendor wins."""
        try:
            member = next(iter(open_members(files[0], self.settings.read.options())))
            return _CONFIDENCE.get(sniff(member) or "", 0.0)
        except (VendorError, OSError, StopIteration, IndexError):
            return 0.0

    def inspect(self, files: Sequence[FeedFile]) -> Inspection:
        """Describe the first readable table of the files and propose a profile from its first 2,000 rows."""
        sources = self._sources(files)
        first = next(sources, None)
        if first is None:
            raise Unreadable("there is no table in these files: check the name and that the download is complete")
        sampled, guess = self._guess(first)
        others = [source.name for source in islice(sources, 20)]
        notes = list(guess.notes)
        if others:
            notes.append(f"shown is {first.name}; there are more: {', '.join(others)}; `read.members` chooses")
        return Inspection(
            connector="table",
            format=first.format,
            encoding=first.encoding,
            delimiter=first.delimiter if isinstance(first, Table) else None,
            rows_sampled=sampled,
            columns=guess.columns,
            profile=guess.profile,
            notes=notes,
            targets=sorted(NAMED),
        )

    def batches(self, files: Sequence[FeedFile]) -> Iterator[Rows]:
        """Stream the products of all readable members."""
        for source in self._sources(files):
            settings = self.settings if self.settings.is_mapped else self._guess(source)[1].settings
            keyed = isinstance(source, Records)
            columns = source.header if isinstance(source, Table) else _paths(settings)
            if settings.key is None:
                raise Unreadable(_keyless(source.name, columns))
            seed = _seed(settings, columns)
            number = self._numbers.get(seed)
            if number is None:
                plan = Plan(settings, columns, place=source.name, keyed=keyed)
                number = self._numbers[seed] = len(self._plans)
                self._plans.append(plan)
            reading = _Reading(self._plans[number], number, seed)
            yield from reading.table(source) if isinstance(source, Table) else reading.records(source)

    def to_record(self, row: FeedRow) -> Stated:
        """Convert one row, or the rows of one product. Odd values become warnings and are left out; it never raises."""
        number: int
        number, content = row.raw
        plan = self._plans[number]
        if plan.group is not None:
            return plan.convert_group([plan.cells_of(one) if plan.keyed else (one, None) for one in content])
        if plan.keyed:
            return plan.convert(*plan.cells_of(content))
        return plan.convert(content)

    def to_records(self, rows: Sequence[FeedRow]) -> list[Stated] | None:
        """Convert many rows at once; ``None`` where each has to be looked at by itself."""
        numbers = {row.raw[0] for row in rows}
        by_column = self._plans[numbers.pop()].by_column if len(numbers) == 1 else None
        return None if by_column is None else by_column.convert([row.raw[1] for row in rows])

    def _sources(self, files: Sequence[FeedFile]) -> Iterator[Table | Records]:
        options = self.settings.read.options()
        for file in files:
            yield from read(file, options)

    def _guess(self, source: Table | Records) -> tuple[int, Guess]:
        """(rows sampled, the proposal) from the head of the source."""
        if isinstance(source, Table):
            rows = [cells for _, cells in next(source.batches(_SAMPLE_ROWS), [])]
            positional = source.header == [str(n) for n in range(1, len(source.header) + 1)]
            samples = sampling.of_table(source.header, rows)
            return len(rows), propose(samples, keyed=False, given=self.settings, positional=positional)
        records = [record for _, record in next(source.batches(_SAMPLE_ROWS), []) if isinstance(record, dict)]
        return len(records), propose(sampling.of_records(records), keyed=True, given=self.settings)


def _keyless(name: str, columns: Sequence[str]) -> str:
    if not columns:
        return f"{name} holds no table: no column or field was found in it; check what was sent"
    return (
        f"{name}: no column tells products apart; say which does, as `key` of the profile (`--setting key=COLUMN` "
        f"at the terminal). The columns are {', '.join(map(repr, columns[:40]))}"
    )


class _Reading:
    """One pass over one table or record stream."""

    def __init__(self, plan: Plan, number: int, seed: int) -> None:
        self.plan = plan
        self.number = number
        self.seed = seed
        self.width = len(plan.columns)

    def table(self, source: Table) -> Iterator[Rows]:
        """Rows of a table; the usual batch (all rows full, all keys there, one product a row) goes through in C."""
        plan = self.plan
        if plan.group is not None:
            yield from self._grouped(self._careful_rows(source))
            return
        key = plan.keys[0] if len(plan.keys) == 1 else None
        for batch in source.batches(_BATCH_ROWS):
            lines, rows = zip(*batch, strict=True)
            if key is not None and set(map(len, rows)) == {self.width}:
                keys = [cells[key].strip() for cells in rows]
                if "" not in keys:
                    yield list(
                        map(
                            _feed_row,
                            zip(keys, lines, self._digests(rows), zip(repeat(self.number), rows), strict=False),
                        )
                    )
                    continue
            yield [self._row(line, cells) for line, cells in batch]

    def _digests(self, rows: Sequence[Sequence[str]]) -> list[int]:
        digest, join, seed = xxh3_64_intdigest, _BETWEEN.join, self.seed
        # Moved down by half the range: signed 64 bits, in a single subtraction.
        return [digest(join(cells).encode(), seed) - _TOP_BIT for cells in rows]

    def _row(self, line: int, cells: list[str]) -> FeedRow | BadRow:
        checked = self._checked(line, cells)
        if isinstance(checked, BadRow):
            return checked
        key = self.plan.key_of(checked)
        if not key:
            return self._without_key(line, cells)
        return FeedRow(key, line, self._digests([cells])[0], (self.number, checked))

    def _checked(self, line: int, cells: list[str]) -> list[str | None] | list[str] | BadRow:
        """The row at its full width: missing cells are ``None`` (not stated), surplus ones must be empty."""
        if len(cells) < self.width:
            return [*cells, *repeat(None, self.width - len(cells))]
        if any(cell.strip() for cell in cells[self.width :]):
            reason = (
                f"has {len(cells)} cells where the header has {self.width}: a delimiter inside a value needs quotes"
            )
            return BadRow(line, _csv_text(cells), reason)
        return cells[: self.width]

    def _without_key(self, line: int, cells: list[str]) -> BadRow:
        names = " and ".join(repr(self.plan.columns[index]) for index in self.plan.keys)
        missing = f"; the row has only {len(cells)} of {self.width} cells" if len(cells) < self.width else ""
        return BadRow(line, _csv_text(cells), f"has no code in {names}, which tells products apart{missing}")

    def _careful_rows(self, source: Table) -> Iterator[list[tuple[str, int, int, Any] | BadRow]]:
        """(product, line, digest, cells) for grouping; a row of a group needs no code of its own."""
        for batch in source.batches(_BATCH_ROWS):
            out: list[tuple[str, int, int, Any] | BadRow] = []
            for line, cells in batch:
                checked = self._checked(line, cells)
                if isinstance(checked, BadRow):
                    out.append(checked)
                    continue
                group = (checked[self.plan.group or 0] or "").strip() or self.plan.key_of(checked)
                out.append(
                    (group, line, self._digests([cells])[0], checked) if group else self._without_key(line, cells)
                )
            yield out

    def _grouped(self, batches: Iterator[list[tuple[str, int, int, Any] | BadRow]]) -> Iterator[Rows]:
        """Put rows of one product together that stand together; nothing else is held back."""
        group, first = "", 0
        digests: list[int] = []
        contents: list[Any] = []
        for batch in batches:
            out: Rows = []
            for item in batch:
                if isinstance(item, BadRow):
                    out.append(item)
                    continue
                name, line, digest, content = item
                if name != group and contents:
                    out.append(self._group_row(group, first, digests, contents))
                    contents = []
                if not contents:
                    group, first, digests = name, line, []
                digests.append(digest)
                contents.append(content)
            if out:
                yield out
        if contents:
            yield [self._group_row(group, first, digests, contents)]

    def _group_row(self, group: str, line: int, digests: list[int], contents: list[Any]) -> FeedRow:
        digest = xxh3_64_intdigest(repr(digests).encode(), self.seed) - _TOP_BIT
        return FeedRow(group, line, digest, (self.number, contents))

    def records(self, source: Records) -> Iterator[Rows]:
        """Keyed records; a line that was no record stays a bad row."""
        plan = self.plan
        if plan.group is not None:
            yield from self._grouped(self._careful_records(source))
            return
        for batch in source.batches(_BATCH_ROWS):
            yield [self._record(line, record) for line, record in batch]

    def _record(self, line: int, record: dict[str, Any] | str) -> FeedRow | BadRow:
        if isinstance(record, str):
            return BadRow(line, record, "is not a record that can be parsed")
        key = self.plan.key_of(self.plan.cells_of(record)[0])
        if not key:
            names = " and ".join(repr(self.plan.columns[index]) for index in self.plan.keys)
            return BadRow(line, _json_text(record), f"has nothing in {names}, which tells products apart")
        return FeedRow(key, line, digest_of(record, self.seed) - _TOP_BIT, (self.number, record))

    def _careful_records(self, source: Records) -> Iterator[list[tuple[str, int, int, Any] | BadRow]]:
        for batch in source.batches(_BATCH_ROWS):
            out: list[tuple[str, int, int, Any] | BadRow] = []
            for line, record in batch:
                row = self._record(line, record)
                if isinstance(row, FeedRow):
                    cell = self.plan.cells_of(row.raw[1])[0][self.plan.group or 0]
                    group = (cell if isinstance(cell, str) else "").strip() or row.key
                    out.append((group, line, row.digest, row.raw[1]))
                else:
                    out.append(row)
            yield out


def _paths(settings: TableSettings) -> list[str]:
    """Every path that the settings speak of: the columns of a file that has no header."""
    keys = [settings.key] if isinstance(settings.key, str) else settings.key or []
    names = [*settings.columns, *keys, *([settings.group] if settings.group else [])]
    for rule in settings.fields.values():
        names += [rule.source] if isinstance(rule.source, str) else rule.source or []
    return list(dict.fromkeys(names))


def _seed(settings: TableSettings, columns: Sequence[str]) -> int:
    return xxh3_64_intdigest(_BETWEEN.join([str(_CONVERSION), render(settings), *columns]).encode())


def _csv_text(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def _json_text(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, default=str)
