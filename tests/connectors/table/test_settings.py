"""A profile is understood or refused with the name of the key; rendering and parsing it gives the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mercat.connectors import table
from mercat.connectors.table import TableSettings
from mercat.connectors.table.fields import NAMED, metafield_type
from mercat.connectors.table.profile import render
from mercat.connectors.table.settings import PriceRule, Rule

PROFILE = """
connector = "table"
currency = "EUR"
key = "Artikel"
decimal_comma = true

[read]
encoding = "cp1252"
delimiter = ";"

[columns]
Artikel = "sku"
Bezeichnung = "name"
EK = { to = "cost", price = { factor = "1.02" } }
Farbe = ["option:Farbe", { to = "metafield:custom.farbe", type = "single_line_text" }]

[fields]
price = { from = "EK", price = { factor = "1.3", add = "2.00", ending = "0.99" } }
product_type = { constant = "Büro" }
"""


def test_a_profile_is_read() -> None:
    settings = TableSettings(profile=PROFILE)
    assert (settings.key, settings.decimal_comma, settings.currency) == ("Artikel", True, "EUR")
    assert settings.read.options().encoding == "cp1252"
    assert settings.columns["Farbe"] == [
        "option:Farbe",
        Rule(to="metafield:custom.farbe", type="single_line_text_field"),
    ]
    assert settings.is_mapped


def test_the_profile_in_the_readme_is_one() -> None:
    readme = (Path(table.__file__).parent / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```toml\n(.*?)```", readme, re.DOTALL)
    assert example is not None
    settings = TableSettings(profile=example[1])
    assert settings.group == "Vaterartikel"
    assert len(settings.columns) == 9
    assert len(settings.fields) == 3
    listed = re.search(r"## Fields\n\n`(.*?)`", readme, re.DOTALL)
    assert listed is not None
    assert set(listed[1].split()) >= NAMED


def test_what_is_given_beside_the_profile_wins() -> None:
    assert TableSettings(profile=PROFILE, currency="USD").currency == "USD"
    assert TableSettings(profile=PROFILE, currency=None).currency == "EUR"


def test_rendering_and_parsing_a_profile_changes_nothing() -> None:
    settings = TableSettings(profile=PROFILE)
    again = TableSettings(profile=render(settings, {"EK": "decimal; 1,50\n[oops]"}))
    assert again.model_dump() == settings.model_dump()


@given(
    st.dictionaries(st.text(min_size=1), st.sampled_from(sorted(NAMED)), max_size=5),
    st.one_of(st.none(), st.text(min_size=1), st.lists(st.text(min_size=1), min_size=1, max_size=3)),
    st.dictionaries(st.text(min_size=1), st.text(), max_size=3),
)
def test_any_names_survive_the_profile(
    columns: dict[str, str], key: str | list[str] | None, lookup: dict[str, str]
) -> None:
    settings = TableSettings.model_validate(
        {"key": key, "columns": columns, "fields": {"name": {"from": "x", "lookup": lookup}}}
    )
    assert TableSettings(profile=render(settings)).model_dump() == settings.model_dump()


@pytest.mark.parametrize(
    ("profile", "names"),
    [
        ("[columns]\nA = = 1", ["not TOML", "line 2"]),
        ("nonsense = 1", ["nonsense"]),
        ('[columns]\nA = "colour"', ["columns.A", "colour"]),
        ('[columns]\nA = { to = "name", lookp = {} }', ["columns.A", "lookp"]),
        ("[columns]\nA = { type = 'boolean' }", ["'A'", "to"]),
        ("[columns]\nA = { to = 'price', default = '1' }", ["'A'", "price is never filled"]),
        ("[columns]\nA = { to = 'name', constant = '1' }", ["'A'", "[fields]"]),
        ("[columns]\nA = { to = 'metafield:custom.x', type = 'blob' }", ["columns.A", "blob"]),
        ("[columns]\nA = 'metafield:custom.x'", ["columns.A", "2 to 64"]),
        ("[columns]\nA = { to = 'name', pattern = '(' }", ["columns.A", "regular expression"]),
        ("[columns]\nA = { to = 'name', part = 1 }", ["columns.A", "separator"]),
        ("[fields]\nquantity = { constant = '5' }", ["'quantity'", "never filled"]),
        ("[fields]\nname = {}", ["'name'", "from"]),
        ("[fields]\nnme = { constant = 'x' }", ["'nme'"]),
        ("[fields]\nprice = { from = 'EK', price = { factor = 1.3 } }", ["fields.price", "not exact"]),
        ("[read]\nformat = 'pdf'", ["read.format"]),
        ("profile = 'x'", ["profile"]),
        ("connector = 'etilize'", ["connector"]),
    ],
)
def test_a_wrong_profile_names_the_key(profile: str, names: list[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        TableSettings(profile=profile)
    for name in names:
        assert name in str(caught.value)


@pytest.mark.parametrize(
    ("written", "full"),
    [
        ("single_line_text", "single_line_text_field"),
        ("list.single_line_text", "list.single_line_text_field"),
        ("list.single_line_text_field", "list.single_line_text_field"),
        ("integer", "number_integer"),
        ("decimal", "number_decimal"),
        ("Text", "single_line_text_field"),
        ("list.json", None),
        ("blob", None),
        ("", None),
    ],
)
def test_names_of_metafield_types(written: str, full: str | None) -> None:
    assert metafield_type(written) == full


def test_amounts_of_a_price_rule_are_text() -> None:
    assert str(PriceRule.model_validate({"factor": "1.10"}).factor) == "1.10"
    with pytest.raises(ValidationError, match="not exact"):
        PriceRule.model_validate({"factor": 1.1})


def test_a_profile_is_text() -> None:
    with pytest.raises(ValidationError, match="text in TOML"):
        TableSettings.model_validate({"profile": {"key": "Artikel"}})
