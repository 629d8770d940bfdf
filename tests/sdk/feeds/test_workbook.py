import gzip
import hashlib
import json
import resource
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it ships no types
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds import ReadLimits, ReadOptions
from mercat.sdk.feeds.workbook_child import cell_text
from mercat.sdk.roles import FeedFile
from tests.sdk.feeds.reading import cells, feed_file, lines, the_table
from tests.shared_data import ROOT


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for row, values in enumerate(rows):
                for column, value in enumerate(values):
                    if isinstance(value, datetime | date):
                        sheet.write_datetime(row, column, value, moment if isinstance(value, datetime) else day)
                    else:
                        sheet.write(row, column, value)
    return out.getvalue()


PRICES: list[list[Any]] = [
    ["sku", "price", "since", "active"],
    ["00123", 12.5, date(2024, 1, 31), True],
    ["B", 3, date(2024, 2, 1), False],
]


def test_a_sheet_becomes_a_table_of_text(tmp_path: Path) -> None:
    table = the_table(feed_file(tmp_path, workbook({"Empty": [], "Prices": PRICES}), "feed.xlsx"))
    assert (table.format, table.encoding, table.delimiter) == ("xlsx", None, None)
    assert table.header == ["sku", "price", "since", "active"]
    assert lines(table) == [(2, ["00123", "12.5", "2024-01-31", "true"]), (3, ["B", "3", "2024-02-01", "false"])]
    assert lines(table, 1) == lines(table)


def test_a_workbook_inside_an_archive(tmp_path: Path) -> None:
    table = the_table(feed_file(tmp_path, gzip.compress(workbook({"Prices": PRICES})), "feed.xlsx.gz"))
    assert (table.name, len(lines(table))) == ("feed.xlsx.gz/feed.xlsx", 2)


def test_a_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    file = feed_file(tmp_path, workbook({"One": PRICES, "Two": [["a", "b"], ["x", "y"]]}), "feed.xlsx")
    assert cells(the_table(file, ReadOptions(sheet="Two"))) == [["x", "y"]]
    with pytest.raises(Unreadable, match="no such sheet; it has One, Two"):
        the_table(file, ReadOptions(sheet="Three"))


def test_gaps_keep_the_numbers_of_the_rows(tmp_path: Path) -> None:
    rows: list[list[Any]] = [[], ["Price list"], [], [None, "sku", "price"], [None, "A", 1], [], [None, "B", 2]]
    table = the_table(feed_file(tmp_path, workbook({"S": rows}), "feed.xlsx"), ReadOptions(skip_rows=3))
    assert table.header == ["column 1", "sku", "price"]
    assert lines(table) == [(5, ["", "A", "1"]), (7, ["", "B", "2"])]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.0, "12"), (12.5, "12.5"), (1e-07, "0.0000001"), (123456789012345.0, "123456789012345"), (True, "true"),
        (5449000000996.0, "5449000000996"), (1e15, "1000000000000000"), (0.1, "0.1"), (-2.50, "-2.5"), ("=1+1", "=1+1"),
        (date(2024, 1, 31), "2024-01-31"), (datetime.fromisoformat("2024-01-31"), "2024-01-31"), (time(9, 5), "09:05:00"),
        (datetime.fromisoformat("2024-01-31T10:00"), "2024-01-31T10:00:00"), (timedelta(hours=30), "1 day, 6:00:00"), (float("nan"), ""),
    ],
)  # fmt: skip
def test_cells_become_text(value: Any, text: str) -> None:
    assert cell_text(value) == text


@settings(max_examples=200)
@given(st.floats(-1e14, 1e14))
def test_numbers_keep_their_value_without_an_exponent(value: float) -> None:
    assert float(cell_text(value)) == value
    assert "e" not in cell_text(value)


def test_a_workbook_that_wants_too_much_memory_or_time_is_refused(tmp_path: Path) -> None:
    rows = [[f"{row} {column}" for column in range(30)] for row in range(4000)]
    file = feed_file(tmp_path, workbook({"S": rows}), "feed.xlsx")
    assert len(lines(the_table(file, ReadOptions(header=False)))) == 4000
    with pytest.raises(Unreadable, match=r"feed\.xlsx .*memory"):
        the_table(file, ReadOptions(limits=ReadLimits(max_workbook_memory=25_000_000)))


@pytest.mark.parametrize("content", [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), workbook({"S": PRICES})[:3000]])
def test_damaged_workbooks_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Unreadable, match=r"feed\.xls"):
        the_table(feed_file(tmp_path, content, "feed.xls"), ReadOptions(format="xls"))


HOSTILE = ROOT / "data/hostile"
GIVEN = HOSTILE / "spreadsheets_given_expected.json"
EXPECTED = json.loads(GIVEN.read_text()) if GIVEN.exists() else {}
WORKBOOKS = [name for name in EXPECTED if (HOSTILE / name).exists()]


def _plain(value: Any) -> Any:
    """A cell as the given answers have it: all numbers as floats, rounded to six places."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return round(float(value), 6)
    if isinstance(value, datetime | time):
        return value.isoformat()
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00"
    return str(value) if isinstance(value, timedelta) else None if value == "" else value


def _trimmed(rows: list[list[Any]]) -> list[list[Any]]:
    for row in rows:
        while row and row[-1] in {None, ""}:
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return rows


@pytest.mark.shared
@pytest.mark.parametrize("name", WORKBOOKS)
def test_odd_and_hostile_workbooks(name: str) -> None:
    answer = EXPECTED[name].get("calamine")
    file = FeedFile(name, HOSTILE / name)
    if answer is None:
        with pytest.raises(Unreadable):
            the_table(file, ReadOptions(format="xls"))
        return
    for sheet, known in answer.items():
        if known["rows"] == 0:
            continue
        table = the_table(file, ReadOptions(sheet=sheet, header=False))
        ours = dict(lines(table))
        with CalamineWorkbook.from_path(file.path) as book:
            rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        right = _trimmed([[_plain(value) for value in row] for row in rows])
        # The digest ties what we compare with to the answers that were given.
        assert hashlib.sha256(json.dumps(right).encode()).hexdigest() == known["sha256"]
        assert ours == {
            line: row for line, row in enumerate(_trimmed([list(map(cell_text, row)) for row in rows]), 1) if row
        }


@pytest.mark.shared
def test_hostile_workbooks_take_no_memory_of_ours() -> None:
    names = [name for name in WORKBOOKS if "OOM" in name or "dos" in name]
    if not names:
        pytest.skip(f"needs the real data at {HOSTILE}")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in names:
        try:
            lines(the_table(FeedFile(name, HOSTILE / name)))
        except Unreadable as refusal:
            assert name in refusal.message  # noqa: PT017 - either is right
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB
