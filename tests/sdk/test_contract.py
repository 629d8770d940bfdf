"""Every clause of the suppliers' contract catches a feed that breaks it, and passes one that does not."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from xxhash import xxh3_64_intdigest

from mercat.sdk.records import BadRow, FeedRow, ProductRecord, Stated
from mercat.sdk.roles import FeedFile, Inspection
from mercat.sdk.testing import SupplierContract

Rows = list[FeedRow | BadRow]


class GoodFeed:
    """Reads ``code;name`` lines, honestly."""

    encoding = "utf-8-sig"

    def recognises(self, files: Sequence[FeedFile]) -> float:
        try:
            with files[0].path.open("rb") as stream:
                return 1.0 if stream.readline(100).endswith(b"name\n") else 0.0
        except OSError:
            return 0.0

    def inspect(self, _files: Sequence[FeedFile]) -> Inspection:
        return Inspection("good", "csv", "utf-8", ";", 0, [], None)

    def batches(self, files: Sequence[FeedFile]) -> Iterator[Rows]:
        for file in files:
            with file.path.open(encoding=self.encoding, newline="") as stream:
                reader = csv.reader(stream, delimiter=";")
                places = {name: n for n, name in enumerate(next(reader))}
                for cells in reader:
                    yield [self.row(reader.line_num, cells, places)]

    def row(self, line: int, cells: list[str], places: dict[str, int]) -> FeedRow | BadRow:
        code = cells[places["code"]] if "code" in places else ""
        if not code:
            return BadRow(line, ";".join(cells), "has no code")
        return FeedRow(code, line, xxh3_64_intdigest(";".join(cells).encode()) - 2**63, cells)

    def to_record(self, row: FeedRow) -> Stated:
        return Stated(ProductRecord(name=row.raw[1] if len(row.raw) > 1 else None), [])


class GoodContract(SupplierContract):
    def make(self) -> GoodFeed:
        return GoodFeed()

    def write(self, path: Path, rows: int) -> None:
        path.write_text("code;name\n" + "".join(f"A{n};Thing number {n}\n" for n in range(rows)))

    def spoil(self, path: Path) -> None:
        lines = path.read_text().splitlines(keepends=True)
        lines[len(lines) // 2] = ";nobody knows which\n"
        path.write_text("".join(lines))


class TestAFeedThatKeepsItsPromises(GoodContract):
    pass


class Hoarding(GoodFeed):
    def batches(self, files: Sequence[FeedFile]) -> Iterator[Rows]:
        yield [row for batch in super().batches(files) for row in batch]


class BlindToTheMark(GoodFeed):
    encoding = "utf-8"


class GivingUpAtTheCut(GoodFeed):
    def row(self, line: int, cells: list[str], places: dict[str, int]) -> FeedRow | BadRow:
        if len(cells[1].split()) != 3:
            raise IndexError("torn")
        return super().row(line, cells, places)

    def batches(self, files: Sequence[FeedFile]) -> Iterator[Rows]:
        try:
            yield [row for batch in super().batches(files) for row in batch]
        except IndexError:
            yield []


class Salted(GoodFeed):
    def row(self, line: int, cells: list[str], places: dict[str, int]) -> FeedRow | BadRow:
        row = super().row(line, cells, places)
        return row._replace(digest=id(self)) if isinstance(row, FeedRow) else row


class UnsignedDigests(GoodFeed):
    def row(self, line: int, cells: list[str], places: dict[str, int]) -> FeedRow | BadRow:
        row = super().row(line, cells, places)
        return row._replace(digest=row.digest + 2**63) if isinstance(row, FeedRow) else row


class StoppingAtABadLine(GoodFeed):
    def batches(self, files: Sequence[FeedFile]) -> Iterator[Rows]:
        for batch in super().batches(files):
            yield batch
            if isinstance(batch[0], BadRow):
                return


class SilentAboutBadLines(GoodFeed):
    def batches(self, files: Sequence[FeedFile]) -> Iterator[Rows]:
        for batch in super().batches(files):
            yield [row for row in batch if isinstance(row, FeedRow)]


class Counting(GoodFeed):
    def __init__(self) -> None:
        self.converted = 0

    def to_record(self, row: FeedRow) -> Stated:
        self.converted += 1
        return Stated(ProductRecord(name=f"{row.raw[1]} {self.converted}"), [])


class Hasty(GoodFeed):
    def to_records(self, rows: Sequence[FeedRow]) -> list[Stated] | None:
        return [self.to_record(rows[0]) for _ in rows]


class RaisingOnNoise(GoodFeed):
    def recognises(self, files: Sequence[FeedFile]) -> float:
        return 1.0 if files[0].path.read_text(encoding="utf-8").startswith("code") else 0.0


class RecognisingNothing(GoodFeed):
    def recognises(self, _files: Sequence[FeedFile]) -> float:
        return 0.0


@pytest.mark.parametrize(
    ("feed", "clause"),
    [
        (Hoarding, "test_streams"),
        (BlindToTheMark, "test_survives_a_byte_order_mark"),
        (GivingUpAtTheCut, "test_survives_a_truncated_last_line"),
        (Salted, "test_the_same_file_twice_gives_equal_rows"),
        (UnsignedDigests, "test_the_same_file_twice_gives_equal_rows"),
        (StoppingAtABadLine, "test_a_bad_line_is_a_bad_row_and_not_the_end"),
        (SilentAboutBadLines, "test_a_bad_line_is_a_bad_row_and_not_the_end"),
        (Counting, "test_a_row_converts_to_the_same_record_every_time"),
        (Hasty, "test_rows_converted_at_once_are_what_each_says"),
        (RaisingOnNoise, "test_recognises_its_own_and_never_raises"),
        (RecognisingNothing, "test_recognises_its_own_and_never_raises"),
    ],
)
def test_a_feed_that_breaks_a_promise_is_caught(feed: type[GoodFeed], clause: str, tmp_path: Path) -> None:
    contract = GoodContract()
    contract.make = feed  # type: ignore[method-assign]
    with pytest.raises((AssertionError, UnicodeDecodeError)):
        getattr(contract, clause)(tmp_path)


def test_every_clause_has_a_feed_that_breaks_it() -> None:
    marks = test_a_feed_that_breaks_a_promise_is_caught.pytestmark  # type: ignore[attr-defined]
    broken = {clause for _, clause in marks[0].args[1]}
    assert broken == {name for name in dir(SupplierContract) if name.startswith("test_")}
