"""What every supplier's feed promises."""

from __future__ import annotations

import gc
import tracemalloc
from abc import ABC, abstractmethod
from pathlib import Path

from mercat.sdk.errors import Unreadable
from mercat.sdk.records import BadRow, FeedRow, Stated
from mercat.sdk.roles import ConvertsMany, FeedFile, SupplierFeed

_MIB = 1024 * 1024
_BOM = b"\xef\xbb\xbf"


class SupplierContract(ABC):
    """The promises of ``SupplierFeed``. Subclass it as a test class; pytest gives each clause its own ``tmp_path``."""

    suffix = ".csv"
    """The file name's ending."""
    is_text = True
    """Whether a byte order mark may stand in front."""
    torn_is_unreadable = False
    """Whether a cut-off file may be refused (XML, archives) rather than read up to the cut."""
    small_rows, large_rows = 2_000, 20_000
    """Products in the files that memory is measured on."""
    allowance_bytes = 2 * _MIB
    """What the larger file may cost more, for caches of a fixed size."""

    @abstractmethod
    def make(self) -> SupplierFeed:
        """A fresh feed."""

    @abstractmethod
    def write(self, path: Path, rows: int) -> None:
        """Write a file of ``rows`` different products, always the same."""

    @abstractmethod
    def spoil(self, path: Path) -> None:
        """Make one line in the middle of the file unreadable, and only that."""

    def test_streams(self, tmp_path: Path) -> None:
        """Ten times the file needs no more memory."""
        small, large = self._file(tmp_path, "small", self.small_rows), self._file(tmp_path, "large", self.large_rows)
        # Once unmeasured, so that imports and caches are not taken for the file's.
        self._peak(small)
        growth = self._peak(large) - self._peak(small)
        assert growth < self.allowance_bytes, (
            f"ten times the rows cost {growth / _MIB:.1f} MiB more: it does not stream"
        )

    def test_survives_a_byte_order_mark(self, tmp_path: Path) -> None:
        """A mark in front changes neither keys nor values."""
        if not self.is_text:
            return
        plain, marked = self._file(tmp_path, "plain", 20), self._file(tmp_path, "marked", 20)
        marked.path.write_bytes(_BOM + marked.path.read_bytes())
        assert [self._stated(plain, key) for key in self._keys(plain)] == [
            self._stated(marked, key) for key in self._keys(marked)
        ]

    def test_survives_a_truncated_last_line(self, tmp_path: Path) -> None:
        """A file cut off in its last line still gives all products before it."""
        file = self._file(tmp_path, "whole", 50)
        keys = self._keys(file)
        content = file.path.read_bytes().rstrip()
        start = content.rfind(b"\n")
        file.path.write_bytes(content[: start + max(2, (len(content) - start) // 2)])
        try:
            assert self._keys(file)[: len(keys) - 1] == keys[:-1]
        except Unreadable:
            assert self.torn_is_unreadable, "a cut-off last line must not refuse the whole file"

    def test_the_same_file_twice_gives_equal_rows(self, tmp_path: Path) -> None:
        """Key and digest are the same in another run and another process' feed, and digests are signed 64-bit."""
        file = self._file(tmp_path, "same", 200)
        first, second = self._rows(file), self._rows(file)
        seen = [(row.key, row.digest) for row in first if isinstance(row, FeedRow)]
        assert seen == [(row.key, row.digest) for row in second if isinstance(row, FeedRow)]
        assert len({digest for _, digest in seen}) == len(seen), "different products must have different digests"
        assert all(-(2**63) <= digest < 2**63 and key == key.strip() != "" for key, digest in seen)

    def test_a_bad_line_is_a_bad_row_and_not_the_end(self, tmp_path: Path) -> None:
        """One broken line is kept with its place and reason; all others are read."""
        file = self._file(tmp_path, "spoilt", 60)
        keys = self._keys(file)
        self.spoil(file.path)
        rows = self._rows(file)
        bad = [row for row in rows if isinstance(row, BadRow)]
        assert len(bad) == 1, f"{len(bad)} bad rows for one bad line"
        assert bad[0].line > 0
        assert bad[0].reason
        assert bad[0].raw
        good = [row.key for row in rows if isinstance(row, FeedRow)]
        assert len(good) >= len(keys) - 1
        assert good[0] == keys[0]
        assert good[-1] == keys[-1]

    def test_a_row_converts_to_the_same_record_every_time(self, tmp_path: Path) -> None:
        """``to_record`` is pure."""
        file = self._file(tmp_path, "pure", 20)
        feed = self.make()
        rows = [row for batch in feed.batches([file]) for row in batch if isinstance(row, FeedRow)]
        first = [feed.to_record(row) for row in rows]
        assert first == [feed.to_record(row) for row in reversed(rows)][::-1]

    def test_rows_converted_at_once_are_what_each_says(self, tmp_path: Path) -> None:
        """``to_records``, where there is one, says of each row what ``to_record`` does."""
        file = self._file(tmp_path, "many", 50)
        feed = self.make()
        rows = [row for batch in feed.batches([file]) for row in batch if isinstance(row, FeedRow)]
        at_once = feed.to_records(rows) if isinstance(feed, ConvertsMany) else None
        assert at_once is None or at_once == [feed.to_record(row) for row in rows]

    def test_recognises_its_own_and_never_raises(self, tmp_path: Path) -> None:
        """A number from 0 to 1 for anything; more than nothing for its own."""
        odd = {"empty": b"", "noise": bytes(range(256)) * 8, "zip": b"PK\x03\x04torn", "text": b"nothing in particular"}
        for name, content in odd.items():
            path = tmp_path / name
            path.write_bytes(content)
            assert 0 <= self.make().recognises([FeedFile(name, path)]) <= 1
        assert 0 <= self.make().recognises([FeedFile("gone", tmp_path / "gone")]) <= 1
        assert self.make().recognises([self._file(tmp_path, "own", 20)]) > 0

    def _file(self, folder: Path, name: str, rows: int) -> FeedFile:
        path = folder / f"{name}{self.suffix}"
        self.write(path, rows)
        return FeedFile(path.name, path)

    def _rows(self, file: FeedFile) -> list[FeedRow | BadRow]:
        return [row for batch in self.make().batches([file]) for row in batch]

    def _keys(self, file: FeedFile) -> list[str]:
        return [row.key for row in self._rows(file) if isinstance(row, FeedRow)]

    def _stated(self, file: FeedFile, key: str) -> Stated:
        feed = self.make()
        rows = (row for batch in feed.batches([file]) for row in batch)
        return next(feed.to_record(row) for row in rows if isinstance(row, FeedRow) and row.key == key)

    def _peak(self, file: FeedFile) -> int:
        feed = self.make()
        gc.collect()
        tracemalloc.start()
        try:
            for batch in feed.batches([file]):
                for row in batch:
                    if isinstance(row, FeedRow):
                        feed.to_record(row)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
