import csv
import io
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds import ReadLimits, ReadOptions
from mercat.sdk.roles import FeedFile
from tests.sdk.feeds.reading import cells, feed_file, lines, the_table


@pytest.mark.parametrize("delimiter", list(",;\t|#:^~"))
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_usual_delimiter_and_line_end_is_found(tmp_path: Path, delimiter: str, end: str) -> None:
    rows = [["sku", "name", "price"], ["A1", "Red pen", "1.20"], ["A2", "Blue pen", "2.40"], ["A3", "Ink", "3.00"]]
    text = end.join(delimiter.join(row) for row in rows) + end
    table = the_table(feed_file(tmp_path, text.encode()))
    assert (table.delimiter, table.header, cells(table)) == (delimiter, rows[0], rows[1:])


def test_decimal_commas_do_not_hide_semicolons(tmp_path: Path) -> None:
    table = the_table(feed_file(tmp_path, b"a;b;c\n1,5;2,5;3,5\n4,5;5,5;6,5\n7,5;8,5;9,5\n"))
    assert table.delimiter == ";"
    assert cells(table)[0] == ["1,5", "2,5", "3,5"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("sep=;\r\na,x;b\r\n1;2\r\n", [(2, ["a,x", "b"]), (3, ["1", "2"])], id="a sep line decides"),
        pytest.param('"sep=|"\na|b\n1|2\n', [(2, ["a", "b"]), (3, ["1", "2"])], id="a quoted sep line"),
        pytest.param('a,b\n"x ""y"" z",2\n', [(1, ["a", "b"]), (2, ['x "y" z', "2"])], id="doubled quotes"),
        pytest.param('a,b\n"x \\"y\\" z",2\n', [(1, ["a", "b"]), (2, ['x "y" z', "2"])], id="escaped quotes"),
        pytest.param(
            'a,b\n"x \\"y\\"","C:\\temp\\new"\n', [(1, ["a", "b"]), (2, ['x "y"', "C:\\temp\\new"])],
            id="other backslashes stay",
        ),
        pytest.param('a,b\n"C:\\dir\\",2\n', [(1, ["a", "b"]), (2, ["C:\\dir\\", "2"])], id="a backslash at the end"),
        pytest.param(
            'a,b\n"1\n2\r\n3\r4",x\n5,6\n', [(1, ["a", "b"]), (2, ["1\n2\r\n3\r4", "x"]), (6, ["5", "6"])],
            id="line ends of all kinds in quotes",
        ),
        pytest.param("a,b,c\n1\n1,2,3,4\n", [(1, ["a", "b", "c"]), (2, ["1"]), (3, list("1234"))], id="ragged"),
        pytest.param("\n\na,b\n\n,\n1,2\n\n", [(3, ["a", "b"]), (6, ["1", "2"])], id="blank lines"),
        pytest.param("a,b\n1\x00,2\x00\n", [(1, ["a", "b"]), (2, ["1", "2"])], id="zero bytes"),
        pytest.param("a,b\n1,2\n\x1a", [(1, ["a", "b"]), (2, ["1", "2"])], id="Ctrl-Z"),
        pytest.param('a,b\n1,24" wide\n', [(1, ["a", "b"]), (2, ["1", '24" wide'])], id="a bare inch sign"),
        pytest.param('a, b\n"1", "2,3"\n"4", "5"\n', [(1, ["a", "b"]), (2, ["1", "2,3"]), (3, ["4", "5"])],
                     id="a space before the quote"),
        pytest.param("a;b\n'x;1';2\n'y;2';3\n", [(1, ["a", "b"]), (2, ["x;1", "2"]), (3, ["y;2", "3"])],
                     id="single quotes"),
        pytest.param("sku\nA1\nA2\n", [(1, ["sku"]), (2, ["A1"]), (3, ["A2"])], id="a single column"),
    ],
)  # fmt: skip
def test_layouts(tmp_path: Path, text: str, expected: list[tuple[int, list[str]]]) -> None:
    file = feed_file(tmp_path, text.encode())
    assert lines(the_table(file, ReadOptions(header=False))) == expected


BROKEN = [
    pytest.param('k,a,b\n1,"abc,5\n2,"x",7\n3,y,8\n',
                 [(2, ["1", '"abc', "5"]), (3, ["2", "x", "7"]), (4, ["3", "y", "8"])], id="never closed in its row"),
    pytest.param('k,a,b\n1,x,5\n2,"abc,6\n3,y,7\n4,z,8\n',
                 [(2, ["1", "x", "5"]), (3, ["2", '"abc', "6"]), (4, ["3", "y", "7"]), (5, ["4", "z", "8"])],
                 id="never closed at all"),
    pytest.param('k,a,b\n1,"Monitor 24" wide",5\n2,"y",6\n',
                 [(2, ["1", 'Monitor 24 wide"', "5"]), (3, ["2", "y", "6"])], id="an inch sign in quotes"),
    pytest.param('k,a,b\n1,"one\nthe "second" line",5\n2,"y",6\n',
                 [(2, ["1", 'one\nthe second" line"', "5"]), (4, ["2", "y", "6"])], id="quotes in a quoted text"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), BROKEN)
def test_a_broken_quote_harms_its_own_row_at_most(
    tmp_path: Path, text: str, expected: list[tuple[int, list[str]]]
) -> None:
    assert lines(the_table(feed_file(tmp_path, text.encode()))) == expected


def test_escapes_that_first_occur_below_the_sample_are_read(tmp_path: Path) -> None:
    head = "".join(f'{number},"name {number}",9\n' for number in range(3000))
    table = the_table(feed_file(tmp_path, ("k,a,b\n" + head + '3000,"15\\" screen, wide",9\n').encode()))
    assert lines(table)[-1] == (3002, ["3000", '15" screen, wide', "9"])


def test_a_quote_that_swallows_more_than_a_cell_may_hold_is_given_up(tmp_path: Path) -> None:
    body = "".join(f"{number},plain,9\n" for number in range(5000))
    file = feed_file(tmp_path, ('k,a,b\n0,"open,9\n' + body).encode())
    rows = lines(the_table(file, ReadOptions(limits=ReadLimits(max_cell_chars=1000))))
    assert rows[0] == (2, ["0", '"open', "9"])
    assert rows[-1] == (5002, ["4999", "plain", "9"])
    assert len(rows) == 5001


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"", ReadOptions(), "is empty"),
        (b"\n\n \n", ReadOptions(format="csv"), "is empty"),
        (b"a,b\n1,2\n", ReadOptions(delimiter=",,"), "single character"),
        (b"a,b\n1,\xff\n", ReadOptions(encoding="utf-8"), "leave the encoding out"),
        (b"a,b\n1,2\n", ReadOptions(encoding="utf-9"), "no encoding is called 'utf-9'"),
        (b"a,b\n" + b"x" * 2000 + b",1\n", ReadOptions(limits=ReadLimits(max_cell_chars=1000)), "line 2"),
        (b"a,b\n" + b"x," * 50 + b"\n", ReadOptions(limits=ReadLimits(max_columns=20)), "line 2"),
        (b"a,b\n" + b"x" * 300_000, ReadOptions(limits=ReadLimits(max_record_bytes=100_000)), "one record is longer"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    tmp_path: Path, content: bytes, options: ReadOptions, message: str
) -> None:
    with pytest.raises(Unreadable, match=message) as refusal:
        lines(the_table(feed_file(tmp_path, content), options))
    assert "feed.csv" in refusal.value.message


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("id,name,price\n1,Pen,2.5\n2,Ink,3\n", ["id", "name", "price"]),
        ("1,Pen,2.5\n2,Ink,3\n", ["1", "2", "3"]),
        ("name,colour\nPen,red\nInk,blue\n", ["name", "colour"]),
        ("EN_US,true,Ink\nEN_US,true,Pen\n", ["1", "2", "3"]),
        ("a, a ,,a\n1,2,3,4\n", ["a", "a (2)", "column 3", "a (3)"]),
        ("a,a (2),a\nx,y,z\n", ["a", "a (2)", "a (3)"]),
    ],
)
def test_headers(tmp_path: Path, text: str, header: list[str]) -> None:
    assert the_table(feed_file(tmp_path, text.encode())).header == header


def test_lines_to_be_skipped_are_skipped_and_still_counted(tmp_path: Path) -> None:
    file = feed_file(tmp_path, b"Price list 2024\nvalid from May\nsku,price\nA1,1.5\n")
    table = the_table(file, ReadOptions(skip_rows=2))
    assert (table.header, lines(table)) == (["sku", "price"], [(4, ["A1", "1.5"])])


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_a_table_can_be_read_again_in_batches_of_any_size(tmp_path: Path, size: int) -> None:
    table = the_table(feed_file(tmp_path, b"a,b\n" + b"".join(b"%d,x\n" % number for number in range(2500))))
    first = lines(table, size)
    assert first == lines(table)
    assert len(first) == 2500
    assert all(later - earlier == 1 for (earlier, _), (later, _) in pairwise(first))


def test_huge_rows_come_in_small_batches(tmp_path: Path) -> None:
    wide = b"x" * 90_000
    file = feed_file(tmp_path, b"a,b\n" + b"".join(b"%d," % number + wide + b"\n" for number in range(60)))
    table = the_table(file, ReadOptions(limits=ReadLimits(max_record_bytes=400_000)))
    assert [int(row[0]) for _, row in lines(table)] == list(range(60))


TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\\", include_characters="\n\r\t\"',;|"),
    max_size=12,
)  # fmt: skip


@st.composite
def _written(draw: st.DrawFn) -> tuple[list[list[str]], bytes, str, int]:
    width = draw(st.integers(2, 5))
    quoting: Literal[0, 1] = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    row = st.lists(TEXT, min_size=width, max_size=width).filter(any)
    rows = draw(st.lists(row, min_size=1, max_size=8))
    if (
        quoting == csv.QUOTE_MINIMAL
    ):  # the writer of Python 3.11 leaves a bare CR unquoted then, which no reader can tell
        rows = [[cell.replace("\r", " x") for cell in cells] for cells in rows]
    delimiter = draw(st.sampled_from(",;\t|#:^~"))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030"]))
    out = io.StringIO()
    csv.writer(
        out, delimiter=delimiter, quoting=quoting, lineterminator=draw(st.sampled_from(["\n", "\r\n"]))
    ).writerows(rows)
    return rows, out.getvalue().encode(encoding), encoding, ord(delimiter)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_written())
def test_what_the_csv_module_wrote_is_read_back(
    tmp_path: Path, written: tuple[list[list[str]], bytes, str, int]
) -> None:
    rows, content, encoding, delimiter = written
    # A first cell that begins with a mark, or like a "sep=" line, says something else by the rules of the format.
    assume(not rows[0][0].startswith("\ufeff") and not rows[0][0].lower().startswith("sep="))
    options = ReadOptions(format="csv", header=False, encoding=encoding, delimiter=chr(delimiter), quote='"')
    assert cells(the_table(feed_file(tmp_path, content), options)) == rows


WORD = st.from_regex(r"(?:[BDGKLMPRST]?[aeiouäöü][bdfgklmnprstß]){2,4}", fullmatch=True)
PRICE = st.decimals(0, 9999, places=2).map(str)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.tuples(WORD, st.lists(WORD, min_size=1, max_size=4).map(" ".join)), min_size=3, max_size=12),
    prices=st.lists(PRICE, min_size=12, max_size=12),
    delimiter=st.sampled_from(",;\t|#:^~"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]),
)
def test_a_price_list_in_any_dress_is_read_without_being_told_anything(
    tmp_path: Path,
    names: list[tuple[str, str]],
    prices: list[str],
    *,
    delimiter: str,
    quoting: Literal[0, 1, 2, 3],
    end: str,
    encoding: str,
) -> None:
    header = ["sku", "brand", "name", "price"]
    rows = [[f"K-{place}", brand, f'{name} "{place}"', prices[place]] for place, (brand, name) in enumerate(names)]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows([header, *rows])
    table = the_table(feed_file(tmp_path, out.getvalue().encode(encoding)))
    assert (table.delimiter, table.header) == (delimiter, header)
    assert cells(table) == rows


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400) | st.text(st.sampled_from("a1,;\"'\\\n\r\t \x00é"), max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    rows, said = [], None
    try:
        rows = lines(the_table(feed_file(tmp_path, content), ReadOptions(format="csv")))
    except Unreadable as refusal:
        said = refusal.message
    assert said is None or "feed.csv" in said
    assert [line for line, _ in rows] == sorted({line for line, _ in rows})


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"gone\.csv cannot be opened"):
        the_table(FeedFile("gone.csv", tmp_path / "gone.csv"))
