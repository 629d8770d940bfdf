"""``mercat product`` and ``mercat export``, as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Terminal
from tests.domain.catalog.exports import feed_of, full_product, small_product
from tests.pictures import photograph, picture, written


@pytest.fixture
def shop(terminal: Terminal, tmp_path: Path) -> Terminal:
    """A pen with everything, and thirty small things of two suppliers."""
    small = [small_product(number, brand="Béta", category="Home > Things") for number in range(30)]
    offer = {"cost": "0.5", "currency": "EUR", "quantity_available": 7, "lead_time_days": 3}
    assert terminal("import", feed_of(tmp_path, [full_product(), *small]), "--supplier", "acme").code == 0
    again = feed_of(tmp_path, [{**small[3], "offer": offer}], "other.jsonl")
    assert terminal("import", again, "--supplier", "other").code == 0
    return terminal


def skus(answer: Any) -> list[str]:
    return [each["sku"] for each in answer.json["data"]]


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (["--brand", "@cme & Sons"], ["PEN-42-B"]),
        (["--category", "Home", "--per-page", "2", "--page", "3"], ["S-0004", "S-0005"]),
        (["--status", "draft", "--status", "archived"], ["PEN-42-B"]),
        (["--q", "S-0017"], ["S-0017"]),
        (["--q", "thing 12", "--brand", "Béta", "--per-page", "1"], ["S-0012"]),
        (["--brand", "nobody"], []),
    ],
)
def test_products_are_listed(shop: Terminal, options: list[str], wanted: list[str]) -> None:
    answer = shop("product", "list", *options, "--json")

    assert (answer.code, skus(answer)) == (0, wanted)
    assert answer.json["total"] >= len(wanted)


def test_a_list_for_people_shows_what_was_asked_for(shop: Terminal) -> None:
    shown = shop("product", "list", "--metafield", "custom.inks").out
    assert "PEN-42-B +1" in shown
    assert "blue, a;b" in shown
    assert "Home > Things" in shown

    assert "page 1 of 16 (31 products)" in shop("product", "list", "--per-page", "2").out
    assert "No product fits." in shop("product", "list", "--brand", "nobody").out


def test_a_misspelt_word_is_answered_and_said(shop: Terminal) -> None:
    answer = shop("product", "list", "--q", "smll thing")

    assert "Nothing holds smll thing; this is for small thing." in answer.out


def test_a_product_is_shown_whole(shop: Terminal) -> None:
    document = shop("product", "show", "PEN-42-R", "--json").json

    assert {name: document[name] for name in ("handle", "brand", "metafields")} == {
        name: full_product()[name] for name in ("handle", "brand", "metafields")
    }
    assert [each["sku"] for each in document["variants"]] == ["PEN-42-B", "PEN-42-R"]
    assert [(each["supplier"], each["sku"]) for each in document["offers"]] == [
        ("acme", "PEN-42-B"),
        ("acme", "PEN-42-R"),
    ]
    shown = shop("product", "show", "PEN-42-R").out
    for part in (
        "@cme & Sons",
        "Colour: Red, Tip: M",
        "metafields.custom.width",
        "https://img.example/2.jpg",
        "etilize",
    ):
        assert part in shown


def test_the_offers_of_both_suppliers_are_shown(shop: Terminal) -> None:
    first, second = shop("product", "show", "S-0003", "--json").json["offers"]

    assert (first["supplier"], second["supplier"]) == ("acme", "other")
    assert (second["cost"], second["currency"], second["quantity_available"], second["lead_time_days"]) == (
        "0.5",
        "EUR",
        7,
        3,
    )
    assert second["discontinued_at"] is None


def test_a_set_value_is_locked_until_it_is_given_back(shop: Terminal, tmp_path: Path) -> None:
    done = shop("product", "set", "S-0001", "price=9.90", "tags=a, b", "--json")
    assert (done.code, done.json["sku"]) == (0, "S-0001")
    feed = feed_of(tmp_path, [small_product(1, name="Renamed")], "later.jsonl")
    assert shop("import", feed, "--supplier", "acme", "--yes").code == 0

    kept = shop("product", "show", "S-0001", "--json").json
    assert (kept["name"], kept["variants"][0]["price"], kept["tags"]) == ("Renamed", "9.9", ["a", "b"])
    assert {each["field"] for each in kept["locks"]} == {"price", "tags"}

    assert "undo" in shop("product", "unlock", "S-0001", "price").out
    given_back = shop("product", "show", "S-0001", "--json").json
    assert given_back["variants"][0]["price"] == "1.5"
    assert [each["field"] for each in given_back["locks"]] == ["tags"]


def test_a_locked_field_stays(shop: Terminal, tmp_path: Path) -> None:
    assert shop("product", "lock", "S-0002", "name", "--reason", "it is printed").code == 0
    feed = feed_of(tmp_path, [small_product(2, name="Renamed")], "later.jsonl")
    shop("import", feed, "--supplier", "acme", "--yes")

    shown = shop("product", "show", "S-0002", "--json").json

    assert shown["name"] == "Small thing 2"
    assert [(each["field"], each["reason"]) for each in shown["locks"]] == [("name", "it is printed")]
    assert "locked: name" in shop("product", "show", "S-0002").out


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (["product", "show", "none"], "no product has the SKU, handle or id none"),
        (["product", "set", "S-0001", "price"], "should look like NAME=VALUE"),
        (["product", "set", "S-0001", "colour=red"], "no field is called 'colour'"),
        (["product", "set", "S-0001", "price=cheap", "name="], "name cannot be empty"),
        (["product", "set", "S-0001", "currency=e"], "currency is a code of ISO 4217"),
        (["product", "set", "S-0001", "weight_unit=kilogram"], "weight_unit is longer than 5 characters"),
        (["product", "unlock", "S-0001", "price"], "price of S-0001 is not locked"),
        (["product", "list", "--category", "Nowhere"], "no category 'Nowhere'"),
        (["export", "products", "out.pdf"], "names no format"),
    ],
)
def test_a_refusal_names_the_mend(shop: Terminal, command: list[str], complaint: str) -> None:
    answer = shop(*command)

    assert (answer.code, answer.out) == (1, "")
    assert complaint in answer.err


def test_an_export_is_written_and_counted(shop: Terminal, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"

    answer = shop("export", "products", target, "--json")

    assert (answer.code, answer.err) == (0, "")
    assert {name: answer.json[name] for name in ("products", "variants", "format", "warnings")} == {
        "products": 31,
        "variants": 32,
        "format": "jsonl",
        "warnings": [],
    }
    assert answer.json["size"] == target.stat().st_size
    assert [json.loads(line)["handle"] for line in target.read_text("utf-8").splitlines()][:2] == [
        "pen-øst-42",
        "small-0000",
    ]


def test_an_export_in_a_connectors_format(shop: Terminal, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"

    answer = shop("export", "products", target, "--format", "shopify-csv", "--status", "draft")

    assert (answer.code, answer.out) == (0, f"1 products (2 variants) in {target}\n")
    assert target.read_text("utf-8").startswith("Title,URL handle,")


def test_an_upgrade_fills_the_search_index_that_a_revision_emptied(shop: Terminal) -> None:
    found = skus(shop("product", "list", "--q", "thing", "--json"))
    assert found
    assert shop("db", "downgrade", "0004", "--yes").code == 0
    assert shop("db", "upgrade").code == 0
    assert skus(shop("product", "list", "--q", "thing", "--json")) == found


def test_pictures_are_added_listed_and_taken_away(shop: Terminal, tmp_path: Path) -> None:
    front, side = written(tmp_path, "front.jpg", photograph()), written(tmp_path, "side.txt", picture())
    heic = written(tmp_path, "x.jpg", b"\0\0\0\x18ftypheic")
    done = shop("product", "picture", "add", "S-0004", front, side, heic, "--alt", "A thing", "--json")

    assert (done.code, len(done.json["added"])) == (1, 2)
    assert "HEIC" in done.json["refused"][0]
    listed = shop("product", "picture", "list", "S-0004", "--json").json
    assert [(each["alt_text"], each["is_own"]) for each in listed] == [("A thing", True)] * 2
    assert shop("product", "picture", "remove", "S-0004", "1").code == 0
    assert shop("product", "picture", "remove", "S-0004", "2").code == 1
    assert [each["url"] for each in shop("product", "picture", "list", "S-0004", "--json").json] == [listed[1]["url"]]
