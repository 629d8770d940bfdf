"""Taxonomies come in from their files as they are published, and from tables of one's own."""

from __future__ import annotations

import gzip
import json
import lzma
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mercat.core.unit import Runtime
from mercat.domain.catalog import categories
from mercat.domain.catalog.category_files import read_category_file
from mercat.domain.catalog.category_import import import_rows
from mercat.domain.catalog.category_shapes import CategoryRow
from mercat.domain.catalog.models import CategoryMapping, Change
from mercat.sdk.errors import Unreadable
from tests.domain.catalog.tree_checks import assert_whole, outline, put, undo
from tests.shared_data import shared

SHOPIFY = """# Shopify Product Taxonomy - Categories: 2025-08
# Format: {GID} : {Ancestor name} > ... > {Category name}

gid://shopify/TaxonomyCategory/ap                : Animals & Pet Supplies
gid://shopify/TaxonomyCategory/ap-1              : Animals & Pet Supplies > Live Animals
"""
GPC = "70000000\tarts\t (GPC segment)\n70010000\tpainting\t (GPC family)\n70010100\tpaint\t (GPC class)\n10001682\toil\tAn oil. (GPC brick)\n70010200\tpaper\t (GPC class)\n"
BEST_BUY = [
    {"id": "a", "name": "TV", "path": [{"id": "a", "name": "TV"}], "subCategories": [{"id": "b", "name": "x"}]},
    {"id": "b", "name": "LED", "path": [{"id": "a", "name": "TV"}, {"id": "b", "name": "LED"}]},
    {"id": "c", "name": None, "path": [{"id": "a", "name": "TV"}, {"id": "c", "name": None}]},
]


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        (
            "categories.txt",
            SHOPIFY,
            [
                ("Animals & Pet Supplies", "gid://shopify/TaxonomyCategory/ap"),
                ("Animals & Pet Supplies > Live Animals", "gid://shopify/TaxonomyCategory/ap-1"),
            ],
        ),
        (
            "taxonomy-with-ids.de-DE.txt",
            "# Google_Product_Taxonomy_Version: 2015-02-19\r\n537 - Baby & Kleinkind\r\n4678 - Baby & Kleinkind > Möbel\r\n",
            [("Baby & Kleinkind", "537"), ("Baby & Kleinkind > Möbel", "4678")],
        ),
        (
            "gpc.tsv",
            GPC,
            [
                ("arts", "70000000"),
                ("arts > painting", "70010000"),
                ("arts > painting > paint", "70010100"),
                ("arts > painting > paint > oil", "10001682"),
                ("arts > painting > paper", "70010200"),
            ],
        ),
        (
            "own.txt",
            "Office\nOffice > Paper\nOffice > Paper, coloured\n",
            [("Office", ""), ("Office > Paper", ""), ("Office > Paper, coloured", "")],
        ),
        (
            "a.csv",
            "ID;Category Path\n1;Office > Paper\n2;Pens/Pencils > Red\n",
            [("Office > Paper", "1"), ("Pens/Pencils > Red", "2")],
        ),
        (
            "slash.csv",
            "path\tid\nOffice/Paper\t1\nOffice/Pens\t2\n",
            [("Office > Paper", "1"), ("Office > Pens", "2")],
        ),
        (
            "tree.csv",
            "category_id,parent_id,name\n3,2,A4\n1,0,Office\n2,1,Paper\n4,4,Root\n",
            [("Office > Paper > A4", "3"), ("Office", "1"), ("Office > Paper", "2"), ("Root", "4")],
        ),
        ("buy.json", json.dumps(BEST_BUY), [("TV", "a"), ("TV > LED", "b")]),
    ],
)
@pytest.mark.parametrize("packing", ["", ".xz", ".gz"])
def test_a_file_is_understood_packed_or_not(
    tmp_path: Path, name: str, content: str, rows: list[tuple[str, str]], packing: str
) -> None:
    raw = content.encode()
    path = tmp_path / (name + packing)
    path.write_bytes({"": raw, ".xz": lzma.compress(raw), ".gz": gzip.compress(raw)}[packing])
    file = read_category_file(path)
    assert [(" > ".join(row.names), row.external_id) for row in file.rows] == rows
    taxonomy = {
        "categories.txt": "shopify-taxonomy",
        "taxonomy-with-ids.de-DE.txt": "google-product",
        "gpc.tsv": "gs1-gpc",
    }
    assert {row.taxonomy for row in file.rows} == {taxonomy.get(name, name.split(".", maxsplit=1)[0])}


@pytest.mark.parametrize(
    ("name", "content", "line", "reason"),
    [
        ("buy.json", json.dumps(BEST_BUY), 3, "without a name"),
        ("tree.csv", "id,parent,name\n1,,A\n2,9,B\n", 3, "stands below 9"),
        ("ring.csv", "id,parent,name\n1,,A\n2,3,B\n3,2,C\n", 3, "below itself"),
        ("odd.txt", "1 - A\n2 - B\n3 - C\n4 - D\nwhat is this\n", 5, "not of the form"),
        ("long.csv", f"id,path\n1,A\n2,{'x' * 300}\n", 3, "300 characters"),
        ("deep.csv", f"id,path\n1,A > B\n2,{' > '.join('x' * 300)}\n", 3, "300 levels"),
        ("gap.tsv", GPC + "70020000\tsport\t (GPC segment)\n70020100\tball\t (GPC class)\n", 7, "without a family"),
    ],
)
def test_what_is_not_understood_is_kept_with_its_line_and_reason(
    tmp_path: Path, name: str, content: str, line: int, reason: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    file = read_category_file(path)
    assert file.rows
    assert reason in next(bad.reason for bad in file.bad if bad.line == line)


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n3,4\n", b"<a><b/></a>", b"\x00\x01\x02" * 100, b"[1, 2, 3]", b"id,name\n1,A\n2,B\n"]
)
def test_a_file_without_categories_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(Unreadable):
        read_category_file(path)


def test_an_import_is_repeatable_and_undone(runtime: Runtime) -> None:
    with runtime.write() as unit:
        ids = categories.ensure_paths(unit, ["Office > Paper", "Mine"])
        put(unit, ids["Office > Paper"], "p")
    rows = [
        CategoryRow(("Office",), "1", "t"),
        CategoryRow(("Office", "PAPER"), "2", "t"),
        CategoryRow(("Office", "Pens"), "3", "t"),
        CategoryRow(("Office", "pens"), "4", "t", line=9),
        CategoryRow(("New", "Deep", "Down"), "", "t"),
    ]
    with runtime.write() as unit:
        first = import_rows(unit, rows)
        assert (first.rows, first.created, first.existing, first.mapped) == (5, 4, 2, 3)
        assert first.clashes == ["line 9: 4 is 'Office > pens', as is 3"]
    with runtime.write() as unit:
        assert import_rows(unit, rows).change_set is None
    with runtime.write() as unit:
        second = import_rows(unit, [CategoryRow(("Office",), "one", "t")])
        assert (second.created, second.mapped) == (0, 1)
        assert undo(unit, second.change_set) == []
        assert _external_ids(unit) == {"1", "2", "3"}
        assert undo(unit, first.change_set) == []
        assert_whole(unit)
        assert _external_ids(unit) == set()
        assert outline(unit) == {"Mine": 0, "Office": 0, "Office > Paper": 1}


def _external_ids(unit: object) -> set[str]:
    return set(unit.session.scalars(select(CategoryMapping.external_id)))  # type: ignore[attr-defined]


def test_undo_keeps_what_an_import_made_and_products_use(runtime: Runtime) -> None:
    with runtime.write() as unit:
        done = import_rows(unit, [CategoryRow(("A", "B")), CategoryRow(("A", "C"))])
        put(unit, categories.get(unit, "A > B").id, "p")
        assert sorted(undo(unit, done.change_set)) == ["'A' has 1 subcategories", "'B' has products"]
        assert outline(unit) == {"A": 0, "A > B": 1}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("place", "rows", "bad"),
    [
        ("taxonomy/shopify_2025-08/en/categories.txt.xz", 10_595, 0),
        ("taxonomy/shopify_2025-08/ja/categories.txt.xz", 10_595, 0),
        ("taxonomy/google/taxonomy-with-ids.en-US.2021-09-21.txt", 5_595, 0),
        ("taxonomy/google/taxonomy-with-ids.de-DE.txt.xz", 5_427, 0),
        ("taxonomy/gs1_gpc/gpc-hier.tsv.xz", 6_073, 0),
        ("catalog/bestbuy/categories.json.xz", 4_583, 1),
    ],
)
def test_the_public_taxonomies_come_in_whole(sqlite_runtime: Runtime, place: str, rows: int, bad: int) -> None:
    file = read_category_file(shared("data", place))
    assert (len(file.rows), len(file.bad)) == (rows, bad)
    with sqlite_runtime.write() as unit:
        done = import_rows(unit, file.rows)
        assert len({row.names for row in file.rows}) - done.created <= 30
        assert_whole(unit)
    with sqlite_runtime.write() as unit:
        assert import_rows(unit, file.rows).change_set is None
        assert undo(unit, done.change_set) == []
        assert outline(unit) == {}
        assert unit.session.scalar(select(func.count()).select_from(Change)) == done.created
