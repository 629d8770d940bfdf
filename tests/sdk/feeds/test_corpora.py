"""The public collections of odd CSV files, against the answers that came with them."""

import json
from pathlib import Path

import pytest

from mercat.sdk.feeds import ReadOptions
from mercat.sdk.roles import FeedFile
from tests.sdk.feeds.reading import cells, feed_file, the_table
from tests.shared_data import ROOT

pytestmark = pytest.mark.shared
HOSTILE = ROOT / "data/hostile"


def _here(name: str) -> Path:
    path = HOSTILE / name
    if not path.exists():
        pytest.skip(f"needs the real data at {path}")
    return path


@pytest.mark.parametrize("path", sorted((HOSTILE / "csv_spectrum").glob("csvs__*.csv")), ids=lambda path: path.stem[6:])
def test_csv_spectrum(path: Path, tmp_path: Path) -> None:
    content = path.read_bytes()
    if path.stem.endswith("_crlf"):
        # The collection lost the CRs that these are named for, and that the answers have.
        content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    answer = json.loads(path.with_name(f"json__{path.stem[6:]}.json").read_text("utf-8"))
    table = the_table(feed_file(tmp_path, content))
    rows = [dict(zip(table.header, row, strict=True)) for row in cells(table)]
    if path.stem == "csvs__location_coordinates":
        # The answer is a bare object, and its telephone number is not the one in the file.
        answer = [{**answer, "Contact Phone Number": "2095257564"}]
    assert rows == answer


@pytest.mark.parametrize(
    ("name", "delimiter", "rows", "columns", "first"),
    [
        ("airedale", ",", 54, 8, "DEPARTMENT OF HEALTH"),
        ("imdb", ",", 100, 44, "titles01/tt0012349"),
        ("milk", "\t", 379, 23, ""),
    ],
)
def test_clevercsv_examples(name: str, delimiter: str, rows: int, columns: int, first: str) -> None:
    path = _here(f"clevercsv/example__{name}.csv")
    table = the_table(FeedFile(path.name, path))
    found = cells(table)
    assert (table.delimiter, len(found), len(table.header)) == (delimiter, rows, columns)
    assert {len(row) for row in found} == {columns}
    assert not first or found[0][0] == first


def test_naughty_strings_in_a_column(tmp_path: Path) -> None:
    strings = json.loads(_here("blns/blns.json").read_text("utf-8"))
    content = "sku;text\n" + "".join(
        f'{number};"{text.replace(chr(34), chr(34) * 2)}"\n' for number, text in enumerate(strings)
    )
    table = the_table(feed_file(tmp_path, content.encode()), ReadOptions(quote='"'))
    assert cells(table) == [[str(number), text.replace("\x00", "")] for number, text in enumerate(strings)]


def test_formulas_stay_the_text_they_are(tmp_path: Path) -> None:
    payloads = _here("csv_injection/Intruder__csv-payload.txt").read_text("utf-8").splitlines()
    content = "sku,name\n" + "".join(
        f'{place},"{text.replace(chr(34), chr(34) * 2)}"\n' for place, text in enumerate(payloads)
    )
    assert [row[1] for row in cells(the_table(feed_file(tmp_path, content.encode())))] == payloads
