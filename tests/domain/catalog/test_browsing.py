"""Lists of products: filtered, paged, searched, and in a number of queries that does not grow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from mercat.core.errors import Invalid, NotFound
from mercat.core.unit import ReadUnit, Runtime
from mercat.domain.catalog import categories
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.product_repository import ProductRepository
from tests.domain.catalog.exports import PERSON, feed_of, full_product, small_product, take

BRANDS = ["Acme", "Béta", "acme"]
CATEGORIES = ["Office", "Office > Paper", "Office > Paper > A4", "Office Chairs", "Home"]
STATUSES = ["active", "draft", "archived"]


def nth(number: int) -> dict[str, Any]:
    width = {"type": "dimension", "value": {"value": f"{number}.5", "unit": "mm"}}
    return small_product(
        number,
        brand=BRANDS[number % 3],
        category=CATEGORIES[number % 5],
        status=STATUSES[number % 7 % 3],
        metafields={"custom.width": width, "custom.colour": {"type": "single_line_text_field", "value": "red"}},
    )


@pytest.fixture
def shop(runtime: Runtime, tmp_path: Path) -> Runtime:
    """A hundred and five products: every mixture of brand, category and status."""
    take(runtime, feed_of(tmp_path, [nth(number) for number in range(105)]))
    return runtime


def naive(brand: str | None, category: str | None, statuses: list[str]) -> list[str]:
    products = map(nth, range(105))
    return [
        each["variants"][0]["sku"]
        for each in products
        if (brand is None or each["brand"] == brand)
        and (category is None or each["category"] == category or each["category"].startswith(f"{category} > "))
        and (not statuses or each["status"] in statuses)
    ]


@pytest.mark.parametrize("brand", [None, "Acme", "Béta"])
@pytest.mark.parametrize("category", [None, "Office", "Office > Paper > A4", "Home"])
@pytest.mark.parametrize("statuses", [[], ["active"], ["draft", "archived"]])
def test_a_page_is_what_a_plain_loop_finds(
    shop: Runtime, brand: str | None, category: str | None, statuses: list[str]
) -> None:
    wanted = naive(brand, category, statuses)
    narrowing: dict[str, Any] = {"brand": brand, "category": category, "statuses": statuses}

    with shop.read() as unit:
        pages = [catalog.list_products(unit, page=number, per_page=8, **narrowing) for number in range(1, 15)]

    assert [each.sku for page in pages for each in page] == wanted
    assert {page.total for page in pages} == {len(wanted)}


def test_a_row_says_what_a_list_shows(shop: Runtime) -> None:
    with shop.read() as unit:
        listing = catalog.list_products(unit, metafields=["custom.width", "custom.nothing"], page=1, per_page=3)
        text = catalog.listing_json(listing)

    document = json.loads(text)
    first = document["data"][2]
    assert first.pop("id")
    assert first.pop("updated_at")
    assert first == {
        "handle": "small-0002",
        "name": "Small thing 2",
        "brand": "acme",
        "status": "archived",
        "category": "Office > Paper > A4",
        "sku": "S-0002",
        "barcode": None,
        "price": "2.5",
        "currency": "EUR",
        "stock": None,
        "variants": 1,
        "metafields": {"custom.width": {"value": "2.5", "unit": "mm"}},
    }
    assert (document["total"], document["page"], document["per_page"], document["pages"]) == (105, 1, 3, 35)


def test_a_product_of_several_variants_shows_the_first(runtime: Runtime, tmp_path: Path) -> None:
    take(runtime, feed_of(tmp_path, [full_product()]))

    with runtime.read() as unit:
        [row] = catalog.list_products(unit)

    assert (row.sku, row.price, row.barcode, row.variants) == ("PEN-42-B", "12.5", "4006381333931", 2)


@pytest.mark.parametrize(
    ("narrowing", "wanted"),
    [
        ({}, [f"S-{number:04d}" for number in (7, 17)]),
        ({"brand": "Béta"}, ["S-0007"]),
        ({"category": "Office > Paper"}, ["S-0007", "S-0017"]),
        ({"category": "Home"}, []),
        ({"statuses": ["draft"]}, ["S-0008"]),
    ],
)
def test_a_search_is_narrowed_by_the_other_filters(shop: Runtime, narrowing: dict[str, Any], wanted: list[str]) -> None:
    with shop.read() as unit:
        listing = catalog.list_products(unit, q="thing", **narrowing)
        found = {each.sku for each in catalog.list_products(unit, q="thing", per_page=1000, **narrowing)}
        of_all = [each.sku for each in catalog.list_products(unit, per_page=1000, **narrowing)]
        by_code = [each.sku for each in catalog.list_products(unit, q="s-0017")]

    assert found == set(of_all)
    assert listing.total == len(of_all)
    assert set(wanted) <= found
    assert by_code == ["S-0017"]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"statuses": ["sold"]}, Invalid),
        ({"category": "Nowhere"}, NotFound),
        ({"page": 0}, Invalid),
        ({"per_page": 1001}, Invalid),
    ],
)
def test_a_wrong_question_is_refused(sqlite_runtime: Runtime, asked: dict[str, Any], error: type[Exception]) -> None:
    with sqlite_runtime.read() as unit, pytest.raises(error):
        catalog.list_products(unit, **asked)


def test_one_product_whole_with_its_locks(runtime: Runtime, tmp_path: Path) -> None:
    take(runtime, feed_of(tmp_path, [full_product()]))
    with runtime.write(PERSON) as unit:
        catalog.edit(unit, "PEN-42-R", {"price": "3.20", "name": "Pen"})

    with runtime.read() as unit:
        shown = catalog.get_product(unit, "PEN-42-R")

    assert shown.document["variants"][1]["price"] == "3.2"
    assert shown.document["name"] == "Pen"
    assert {(each.field, each.sku, each.locked_by) for each in shown.locks} == {
        ("price", "PEN-42-R", "kim"),
        ("name", None, "kim"),
    }


def statements(unit: ReadUnit, work: Any) -> int:
    count = 0

    def tell(*_: object) -> None:
        nonlocal count
        count += 1

    connection = unit.session.connection()
    event.listen(connection, "before_cursor_execute", tell)
    work()
    event.remove(connection, "before_cursor_execute", tell)
    return count


@pytest.mark.parametrize("question", ["get_all", "find_by_category", "find_by_brand", "search"])
def test_scripts_read_pages_of_objects_in_a_fixed_number_of_queries(shop: Runtime, question: str) -> None:
    with shop.read() as unit:
        office = categories.get(unit, "Office").id
    arguments = {"get_all": (), "find_by_category": (office,), "find_by_brand": ("Acme",), "search": ("thing",)}

    def read(unit: ReadUnit, per_page: int) -> list[Any]:
        found = getattr(ProductRepository(unit.session), question)(*arguments[question], page=1, per_page=per_page)
        assert len(found) == min(per_page, found.total)
        return [(p.sku, p.price, p.category.name, len(p.metafields), len(p.images)) for p in found]

    counts = []
    for per_page in (3, 30):
        with shop.read() as unit:
            counts.append(statements(unit, lambda unit=unit, per_page=per_page: read(unit, per_page)))

    assert counts[0] == counts[1] <= 9


def test_scripts_find_a_category_with_what_is_below_it_by_name(shop: Runtime) -> None:
    with shop.read() as unit:
        office = categories.get(unit, "Office").id
        repository = ProductRepository(unit.session)
        below = repository.find_by_category(office, page=2, per_page=20)
        alone = repository.find_by_category(office, with_descendants=False)

    names = sorted(f"Small thing {n}" for n in range(105) if CATEGORIES[n % 5].split(" > ")[0] == "Office")
    assert [each.name for each in below] == names[20:40]
    assert (below.total, alone.total) == (63, 21)
