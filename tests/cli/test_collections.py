"""``mercat collection``, as somebody types it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.architecture.house import ROOT
from tests.cli.conftest import Answer, Terminal


@pytest.fixture
def shop(terminal: Terminal, feed: Path) -> Terminal:
    """Twelve lamps."""
    assert terminal("import", feed).code == 0
    return terminal


def skus(answer: Answer) -> list[str]:
    return [each["sku"] for each in answer.json["page"]["data"]]


def test_rules_are_typed_and_shown(shop: Terminal) -> None:
    rules = ["--rule", "price less_than 30.50", "--rule", "name equals Lamp 12"]
    made = shop("collection", "create", "Bargains", *rules, "--any", "--json").json

    assert (made["handle"], made["kind"], made["products"]) == ("bargains", "rules", 3)
    assert skus(shop("collection", "show", "bargains", "--json")) == ["A-1", "A-2", "A-12"]
    shown = shop("collection", "show", "bargains", "--per-page", "1").out
    assert "price less_than 30.5" in shown
    assert "page 1 of 3" in shown
    shop("collection", "set", "bargains", "name=Last chance", "is_active=false", "--rule", "tag is_not_set", "--all")
    changed = shop("collection", "show", made["id"], "--json").json
    assert (changed["name"], changed["is_active"], changed["products"]) == ("Last chance", False, 12)
    assert "inactive" in shop("collection", "list").out


def test_products_are_put_in_and_taken_out(shop: Terminal) -> None:
    assert shop("collection", "create", "Window").out.startswith("window made")
    shop("collection", "add", "window", "A-3", "A-1", "A-2")
    shop("collection", "add", "window", "A-2", "--position", 1)
    assert skus(shop("collection", "show", "window", "--json")) == ["A-2", "A-3", "A-1"]
    assert shop("collection", "take-out", "window", "A-3", "--json").json["products"] == 2
    assert [each["handle"] for each in shop("collection", "list", "--json").json["data"]] == ["window"]

    assert shop("collection", "remove", "window").code == 0
    assert "There is no collection" in shop("collection", "list").out
    assert shop("product", "list", "--json").json["total"] == 12


def test_a_rule_by_category_shows_the_path(shop: Terminal) -> None:
    shop("category", "create", "Office")
    shop("category", "create", "Paper", "--under", "Office")
    shop("product", "set", "A-4", "category=Office > Paper")

    made = shop("collection", "create", "Office", "--rule", "category equals Office", "--json").json

    assert made["products"] == 1
    assert "category equals Office" in shop("collection", "show", "office").out
    shop("category", "delete", "Office", "--lift")
    assert "a category that is gone" in shop("collection", "show", "office").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "X", "--rule", "brand is Acme"], "FIELD RELATION VALUE"),
        (["create", "X", "--rule", "price contains 3"], "rules.0.relation"),
        (["set", "window"], "nothing to set"),
        (["set", "window", "position=first"], "whole number"),
        (["set", "window", "is_active=perhaps"], "true or false"),
        (["set", "window", "kind=rules"], "kind: cannot be set"),
        (["show", "nowhere"], "no collection 'nowhere'"),
        (["add", "window", "A-99"], "A-99"),
    ],
)
def test_what_cannot_be_is_said_in_words(shop: Terminal, arguments: list[str], said: str) -> None:
    shop("collection", "create", "Window")

    answer = shop("collection", *arguments)

    assert answer.code == 1
    assert said in answer.err


def test_the_guide_works_as_it_is_printed(terminal: Terminal, tmp_path: Path) -> None:
    feed = tmp_path / "paper.csv"
    feed.write_text("sku,name,price,category,tags\nP-80,Paper 80 g,9.99,Paper,blue\nP-90,Paper 90 g,10.00,Paper,\n")
    assert terminal("import", feed).code == 0
    guide = (ROOT / "docs/guides/collections.md").read_text("utf-8")
    commands = re.findall(r"^    mercat (.+)$", guide, re.MULTILINE)

    answers = {each: terminal(*shlex.split(each, comments=True)) for each in commands}

    assert len(commands) > 8
    assert {each: answer.err for each, answer in answers.items() if answer.code} == {}
    assert skus(terminal("collection", "show", "shop-window", "--json")) == ["P-90"]
    assert skus(terminal("collection", "show", "cheap-paper", "--json")) == ["P-80", "P-90"]
    assert terminal("collection", "list", "--json").json["total"] == 2
