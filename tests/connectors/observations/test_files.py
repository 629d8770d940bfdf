"""Files of observations: every marketplace writes in its own way, and a bad row is a bad row."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from mercat.connectors.observations.files import OBSERVATIONS, Rows
from mercat.connectors.observations.settings import ObservationSettings
from mercat.sdk.errors import Unreadable
from mercat.sdk.market import Observation, Rank
from mercat.sdk.records import BadRow
from mercat.sdk.roles import FeedFile

AT = "2026-11-20T10:00:00Z"


def read(path: Path, **settings: Any) -> list[Observation | BadRow]:
    reader = Rows(ObservationSettings(**settings), OBSERVATIONS)
    return [each for batch in reader.batches([FeedFile(path.name, path)]) for each in batch]


def read_one(folder: Path, heading: str, line: str, **settings: Any) -> Observation:
    path = folder / "seen.tsv"
    path.write_text(f"asin\tmarketplace\tobserved_at\t{heading}\nB0F7XPYCSJ\t{line}\n", "utf-8")
    [found] = read(path, **settings)
    assert isinstance(found, Observation), found
    return found


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("MX\t$1,299.00\tDisponible\t4.5 de 5 estrellas\t#1,234", ("1299", "MXN", True, "4.5", 1234)),
        ("JP\t￥1,980\t在庫あり。\t5つ星のうち4.2\t1,234位", ("1980", "JPY", True, "4.2", 1234)),
        ("JP\t1,980円\t現在在庫切れです。\t5つ星のうち4\t5位", ("1980", "JPY", False, "4", 5)),
        ("DE\t1.299,00 €\tAuf Lager\t4,5 von 5 Sternen\tNr. 1.234", ("1299", "EUR", True, "4.5", 1234)),
        ("DE\t12,50\tDerzeit nicht verfügbar.\t4,5\t1.234", ("12.5", "EUR", False, "4.5", 1234)),
        ("US\t$1,299.00\tOnly 3 left in stock\t4.5 out of 5 stars\t#12", ("1299", "USD", True, "4.5", 12)),
        ("IN\t₹1,29,999.00\tIn stock\t4.1\t7", ("129999", "INR", True, "4.1", 7)),
        ("SE\t1 299,00 kr\tI lager\t4,1\t7", ("1299", "SEK", True, "4.1", 7)),
    ],
)
def test_prices_and_availability_are_read_as_the_marketplace_writes_them(
    tmp_path: Path, line: str, wanted: tuple[Any, ...]
) -> None:
    """D4, check 16."""
    place, *rest = line.split("\t")
    seen = read_one(tmp_path, "price\tavailability\trating\tbsr", "\t".join((place, AT, *rest)))

    assert (seen.price, seen.currency, seen.in_stock, seen.rating, seen.sales_rank) == wanted
    assert seen.stock_status == rest[1]
    assert seen.observed_at == dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)


def test_an_empty_cell_says_nothing_and_a_dash_says_that_there_is_none(tmp_path: Path) -> None:
    seen = read_one(tmp_path, "price\tbuybox\tlist price\tsold by", f"US\t{AT}\t\t-\t-1\tn/a")

    assert (seen.price, seen.buybox_price, seen.original_price, seen.seller) == (UNSET, None, None, UNSET)


def test_the_currency_of_a_price_counts_more_than_the_marketplace(tmp_path: Path) -> None:
    assert read_one(tmp_path, "price", f"PL\t{AT}\t12,50 EUR").currency == "EUR"
    assert read_one(tmp_path, "price\tcurrency", f"PL\t{AT}\t12,50\tczk").currency == "CZK"


def test_counts_with_words_are_counts(tmp_path: Path) -> None:
    seen = read_one(tmp_path, "past sales\treviews\tis_fba", f"US\t{AT}\t10K+ bought in past month\t1,234\tYes")

    assert (seen.monthly_sold, seen.review_count, seen.is_fba) == (10_000, 1_234, True)


def test_json_lines_say_the_same_with_types(tmp_path: Path) -> None:
    path = tmp_path / "seen.jsonl"
    ranks = [{"kind": "classification", "name": "Test Tubes", "rank": 3, "node": "393384011"}]
    row = {"url": "https://www.amazon.de/dp/B0F7XPYCSJ", "price": 12.5, "buybox_price": None, "in_stock": False}
    path.write_text(json.dumps({**row, "observed_at": AT, "ranks": ranks, "title": "Tube", "ean": "4006381333931"}))

    [seen] = read(path)

    assert isinstance(seen, Observation)
    assert (seen.marketplace, seen.price, seen.buybox_price, seen.in_stock) == ("DE", "12.5", None, False)
    assert seen.ranks == [Rank("classification", "Test Tubes", 3, "393384011")]
    assert seen.facts is not None
    assert (seen.facts.title, seen.facts.gtins) == ("Tube", ("4006381333931",))


def test_settings_say_what_rows_do_not(tmp_path: Path) -> None:
    path = tmp_path / "seen.csv"
    path.write_text("ASIN,Price\nB0F7XPYCSJ,5\n")

    [seen] = read(path, marketplace="jp", observed_at="2026-11-20T10:00:00+09:00")

    assert isinstance(seen, Observation)
    assert (seen.marketplace, seen.observed_at.hour) == ("JP", 1)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (f"B0F7XPYCSJ,XX,{AT},5", "no marketplace"),
        (f"nonsense,US,{AT},5", "is no ASIN"),
        ("B0F7XPYCSJ,US,,5", "when it was seen"),
        ("B0F7XPYCSJ,US,yesterday,5", "is no time"),
        (f"B0F7XPYCSJ,US,{AT},cheap", "price:"),
        (f"B0F7XPYCSJ,US,{AT},-5.00", "is no price"),
    ],
)
def test_a_bad_row_has_its_line_and_reason_and_stops_nothing(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "seen.csv"
    path.write_text(f"asin,marketplace,observed_at,price\n{line}\nB0F7XPYCSJ,US,{AT},5\n")

    bad, good = read(path)

    assert isinstance(bad, BadRow)
    assert (bad.line, says in bad.reason) == (2, True), bad.reason
    assert isinstance(good, Observation)


def test_a_file_about_nothing_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "seen.csv"
    path.write_text("name,price\nLamp,5\n")

    with pytest.raises(Unreadable, match="asin or url"):
        read(path)
