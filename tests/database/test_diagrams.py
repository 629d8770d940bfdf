"""The schema drawn and written down: every table and key is in it, and the page in the docs is of today."""

import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from mercat.core.database.diagrams.drawing import draw
from mercat.core.database.diagrams.tables import drawn_tables
from mercat.core.database.rows import shapes
from mercat.core.errors import Invalid
from mercat.database.reference import reference
from mercat.domain import register_tables
from tests.architecture.house import ROOT, storeys

register_tables()


def test_the_page_in_the_docs_is_of_today() -> None:
    written = (ROOT / "docs" / "reference" / "schema.md").read_text("utf-8")
    assert written == reference(), "run `python -m mercat.database.reference > docs/reference/schema.md`"


def test_every_table_is_drawn_in_its_room() -> None:
    rooms = drawn_tables()
    assert {each.name for tables in rooms.values() for each in tables} == shapes().keys()
    assert rooms.keys() <= {*storeys(), "core"}
    assert [each.room for each in rooms["catalog"]] == ["catalog"] * len(rooms["catalog"])
    assert all(each.meaning for tables in rooms.values() for each in tables)


@pytest.mark.parametrize("ending", ["svg", "mmd", "dot"])
def test_a_diagram_holds_every_table_and_every_key(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"schema.{ending}"
    assert draw(drawn_tables(), path) == path.stat().st_size
    text = path.read_text()
    assert all(name in text for name in shapes())
    keys = sum(1 for tables in drawn_tables().values() for each in tables for one in each.columns if one.target)
    assert text.count({"svg": "<path ", "mmd": "--o{", "dot": " -> "}[ending]) == keys
    if ending == "svg":
        ET.fromstring(text)


def test_what_cannot_be_drawn_says_what_can(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"\.svg, \.mmd"):
        draw(drawn_tables(), tmp_path / "schema.gif")
    if shutil.which("dot") is None:
        with pytest.raises(Invalid, match=r"dot is not installed: install it, or take \.svg"):
            draw(drawn_tables(), tmp_path / "schema.png")
