"""``mercat market``, as somebody types it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Terminal

ASIN = "B0F7XPYCSJ"


def test_a_listing_is_watched_seen_and_let_go(terminal: Terminal, feed: Path, tmp_path: Path) -> None:
    assert terminal("import", feed).code == 0
    page = f"https://www.amazon.de/x/dp/{ASIN}"
    done = terminal("market", "track", page, "--frequency", "hourly", "--competitor-of", "A-1", "--json").json
    assert done["counts"] == {"created": 1, "updated": 0, "unchanged": 0, "refused": 0}
    seen = tmp_path / "seen.csv"
    seen.write_text(f"asin;observed_at;preis;price;availability\n{ASIN};2026-11-20;;1.299,00 €;Auf Lager\n")
    taken = terminal("market", "import", seen, "--setting", "marketplace=DE")
    assert "1 new, 0 known, 0 refused" in taken.out
    assert terminal("market", "import", seen, "--setting", "marketplace=DE", "--json").json["duplicates"] == 1

    assert "1299 EUR" in terminal("market", "list", "--competitors", "--marketplace", "amazon.de").out
    shown = terminal("market", "show", ASIN, "--json").json
    assert (shown["latest"]["price"], shown["latest"]["in_stock"]) == ("1299", True)
    assert shown["competes_with"][0]["handle"] == "lamp-1-a-1"
    assert "hourly" in terminal("market", "show", ASIN).out
    [price] = terminal("market", "history", ASIN, "--fields", "price", "--days", 3000, "--daily", "--json").json[
        "metrics"
    ]
    assert (price["points"][0]["value"], price["least"]) == ("1299", "1299")
    assert "1 points, 1299 to 1299" in terminal("market", "history", ASIN, "--fields", "price", "--days", 3000).out
    assert "no metric" in terminal("market", "history", ASIN, "--fields", "beauty").err
    assert "sales_rank" in terminal("market", "metrics").out
    assert "no more" in terminal("market", "untrack", ASIN).out
    assert terminal("market", "list", "--json").json["total"] == 0
    assert terminal("market", "list", "--all", "--json").json["total"] == 1
    assert terminal("market", "untrack", ASIN, "--delete", "--json").json["deleted"] is True


def test_what_is_wrong_is_said_and_the_rest_is_done(terminal: Terminal, tmp_path: Path) -> None:
    watch = tmp_path / "watch.csv"
    watch.write_text(f"asin,frequency\n{ASIN},daily\nnonsense,daily\n")

    done = terminal("market", "track", "--file", watch, "--marketplace", "US")

    assert done.code == 1
    assert "1 created, 1 refused" in done.out
    assert "line 3" in done.out
    assert "which listings?" in terminal("market", "track").err
    assert "is not watched" in terminal("market", "show", "B000000000").err
    assert "reads observations" in terminal("market", "import", watch, "--connector", "table").err


def test_marketplaces_are_listed(terminal: Terminal) -> None:
    assert "amazon.com.mx" in terminal("market", "marketplaces").out
    assert terminal("market", "marketplaces", "--json").json["total"] >= 18


def test_keepas_history_comes_in_from_a_saved_answer(terminal: Terminal, tmp_path: Path) -> None:
    answer = tmp_path / "answer.json"
    csv = [None, [7_900_000, 1999, 7_900_100, -1, 7_900_200, 2099]]
    answer.write_text(json.dumps({"products": [{"asin": ASIN, "domainId": 1, "title": "Tube", "csv": csv}]}))

    assert "3 new" in terminal("market", "import-keepa", answer).out
    [price] = terminal("market", "history", ASIN, "--fields", "price", "--days", 3000, "--json").json["metrics"]
    assert [each["value"] for each in price["points"]] == ["19.99", None, "20.99"]


def test_sources_are_asked_for_what_opens_them(terminal: Terminal) -> None:
    assert "MERCAT_STORE_KEY" in terminal("market", "source", "add", "keepa", "--provider", "keepa").err
    assert "watches the market" in terminal("market", "source", "add", "x", "--provider", "table").err
    assert "no source yet" in terminal("market", "source", "list").out
    for verb in ("test", "renew"):
        assert "no source called" in terminal("market", "source", verb, "keepa").err
    assert "Nothing is due" in terminal("market", "refresh").out
    terminal("market", "track", ASIN, "--marketplace", "US")
    assert "nobody is asked" in terminal("market", "refresh", ASIN).err


def test_a_list_of_best_sellers_and_reviews_come_in_and_are_shown(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"rank,asin,category,observed_at\n1,{ASIN},172282,2026-11-20\n")
    (tmp_path / "said.csv").write_text(f"asin,stars,date,text\n{ASIN},1,20-Nov-26,fell apart\n{ASIN},5,,fine\n")
    us = ("--setting", "marketplace=US")
    assert terminal("market", "import", tmp_path / "list.csv", *us, "--as", "bestsellers", "--json").json["new"] == 1
    assert "is told by files" in terminal("market", "track-category", "172282", "-m", "US").out
    shown = terminal("market", "bestsellers", "172282", "-m", "US")
    assert ASIN in shown.out
    assert "None of it is ours" in shown.out
    assert terminal("market", "categories", "--json").json["total"] == 1
    [day] = terminal("market", "category-metrics", "172282", "-m", "US", "--days", 3000, "--json").json["data"]
    assert (day["day"], day["sample_size"]) == ("2026-11-20", 1)
    taken = terminal("market", "import", tmp_path / "said.csv", *us, "--as", "reviews", "--track", "--json").json
    assert (taken["new"], taken["created"]) == (2, 1)
    assert terminal("market", "reviews", ASIN, "--below", "2", "--json").json["data"][0]["text"] == "fell apart"
    assert "fell apart" in terminal("market", "reviews", ASIN).out
    assert terminal("market", "untrack-category", "172282", "-m", "US", "--delete", "--json").json["deleted"] is True
    assert "nothing is known" in terminal("market", "bestsellers", "172282", "-m", "US").err
