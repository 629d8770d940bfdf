"""``mercat demo``: the loop on the sample supplier, and on files of somebody's."""

import json
from pathlib import Path

import pytest

from mercat.sandbox.office import write_feed as write_office
from tests.shared_data import shared

from .conftest import Terminal

CATALOGUES = [
    "bestbuy/typesense_ecommerce.json.xz",
    "bmecat/olivere__bmecat12__testdata__new_catalog.golden.xml",
    "bmecat/olivere__bmecat2005__testdata__new_catalog.golden.xml",
    "icecat/harvester/Laptops.ndjson",
    "icecat/xml/808736152730_en.xml",
    "shopify_csv/apparel.csv",
    "superstore/Sample - Superstore.csv.xz",
    "superstore/Sample - Superstore.xls.xz",
]


def test_the_sample_supplier_plays_the_whole_loop(bare: Terminal) -> None:
    answer = bare("demo", "--json")
    story = answer.json
    assert answer.code == 0
    assert (story["first_import"]["status"], story["first_import"]["created"]) == ("applied", 3_000)
    assert story["first_import"]["rejected"] > 0
    held = {each["rule"] for each in story["second_import"]["findings"]}
    assert held == {"price_change", "price_empty", "cost_above_price", "archive_share"}
    assert story["approved"]["status"] == "applied"
    assert story["undo_restored_the_catalogue"]
    published = story["publish"]
    assert published["first_publish"]["created"] == published["shop"]["products"] > 2_900
    assert (published["publish_again"]["calls"], published["publish_again"]["change_count"]) == (0, 0)
    assert story["market"]["observed"] > 4_000
    assert (story["market"]["alerts"] >= 5, story["market"]["suggestions"]) == (True, 2)
    assert list(bare.home.iterdir()) == [bare.home / "demo"]


def test_it_is_remade_each_time_but_never_over_anything_else(bare: Terminal, feed: Path) -> None:
    assert bare("demo", "--feed", feed).code == 0
    assert bare("demo", "--feed", feed).code == 0
    (bare.home / "demo" / ".mercat-demo").unlink()
    answer = bare("demo", "--feed", feed)
    assert (answer.code, "move it away" in answer.err) == (1, True)


def test_it_tells_what_to_try_next(bare: Terminal, feed: Path) -> None:
    shown = bare("demo", "--feed", feed).out
    assert "byte for byte" in shown
    assert "What to try next" in shown


def test_a_file_without_prices_is_held_for_its_names(bare: Terminal, tmp_path: Path) -> None:
    feed = tmp_path / "names.csv"
    feed.write_text("sku,name\nA-1,Lamp\nA-2,Chair\n")
    story = bare("demo", "--feed", feed, "--json").json
    assert [each["rule"] for each in story["second_import"]["findings"]] == ["mass_rename"]
    assert story["undo_restored_the_catalogue"]


def test_a_file_without_products_is_refused(bare: Terminal, tmp_path: Path) -> None:
    feed = tmp_path / "empty.csv"
    feed.write_text("sku,name\n")
    assert bare("demo", "--feed", feed).code == 1


@pytest.mark.shared
@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_it_plays_on_real_catalogues(bare: Terminal, catalogue: str) -> None:
    answer = bare("demo", "--feed", shared("data", "catalog", *catalogue.split("/")), "--json")
    assert answer.code == 0, answer.err
    assert json.loads(answer.out)["undo_restored_the_catalogue"]


def test_the_sample_is_the_same_on_every_machine(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_office(tmp_path / name, products=500)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    text = (tmp_path / "one").read_bytes().decode("cp1252")
    for dirt in ("&amp;", "<script>", "=1+1", "N/A", "Ørsted", "too many", "€ "):
        assert dirt in text
