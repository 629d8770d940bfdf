"""The questions that are asked most are answered from an index, on every database."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, text

from mercat.core.database.bulk import Bulk
from mercat.core.unit import ReadUnit, Runtime
from mercat.domain.catalog import categories
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.browse_repository import BrowseRepository, Narrowing
from mercat.domain.catalog.change_repository import ChangeBulk
from mercat.domain.catalog.indexing_repository import IndexingRepository
from mercat.domain.catalog.product_repository import ProductRepository
from mercat.domain.catalog.record_repository import RecordRepository
from mercat.domain.suppliers.match_repository import MatchBulk
from mercat.domain.suppliers.offer_repository import OfferBulk
from mercat.domain.suppliers.repository import SupplierRepository
from tests.domain.catalog.exports import feed_of, small_product, take

# The first is small beside the others, as one supplier and one set are in a catalogue that has grown.
SUPPLIERS = {"acme": range(400), "bulk": range(400, 2_400), "more": range(2_400, 4_000)}


class Explaining(Bulk):
    """Runs what it is asked, and keeps how the database says that it goes about it."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.plans: list[str] = []

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        explain = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}.get(self.dialect, "EXPLAIN FORMAT=JSON")
        self.plans.append("\n".join(str(row[-1]) for row in super().fetch(f"{explain} {sql}", parameters)))
        return super().fetch(sql, parameters)


def product(number: int) -> dict[str, Any]:
    # No two of these filters pick the same products, and none picks more than a hundredth of them.
    return small_product(
        number,
        brand=f"Brand {number % 101}",
        category=f"Office > Shelf {number % 103}",
        status="draft" if number % 4 == 0 else "active",
        manufacturer_part_number=f"PART-{number}",
        variants=[{"sku": f"S-{number:04d}", "barcode": gtin13(number), "price": "1", "currency": "EUR"}],
    )


def gtin13(number: int) -> str:
    body = f"400{number:09d}"
    return body + str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10)


def questions(unit: ReadUnit, bulk: Bulk) -> dict[str, tuple[str, str, Callable[[], Any]]]:
    """Each question by name: the table, the columns that the index must be led by, and what asks."""
    path = categories.get_node(unit, "Office > Shelf 7").path
    made = catalog.list_sets(unit).data[-1].id.bytes
    product_id, _ = ProductRepository(unit.session).place_of("S-0008")
    acme = SupplierRepository(unit.session).by_code("acme")
    assert acme is not None
    supplier = acme.id.bytes
    browse, changes, offers, match = BrowseRepository(bulk), ChangeBulk(bulk), OfferBulk(bulk), MatchBulk(bulk)
    shelf, own = Narrowing(category_path=path, statuses=["draft"]), Narrowing("Brand 7", path)

    def page(narrowing: Narrowing) -> Callable[[], Any]:
        return lambda: browse.page(narrowing, total=10, limit=50, offset=0)

    return {
        "a category's products of a status": ("products", "category_id, status", page(shelf)),
        "how many those are": ("products", "category_id, status", lambda: browse.count(shelf)),
        "a brand's products of a category": ("products", "brand, category_id", page(own)),
        "how many of a brand": ("products", "brand", lambda: browse.count(Narrowing("Brand 8"))),
        "the next products by handle": (
            "products",
            "handle",
            lambda: RecordRepository(bulk).by_handle(after="small-3000", limit=20),
        ),
        "a set's creations": (
            "changes",
            "change_set_id, kind",
            lambda: next(changes.pages(made, "field IS NULL", kinds=("create",), size=2_000)),
        ),
        "all changes of a set, page by page": (
            "changes",
            "change_set_id, kind",
            lambda: next(changes.pages(made, size=2_000)),
        ),
        "the products that a set speaks of, page by page": (
            "changes",
            "change_set_id, kind",
            lambda: IndexingRepository(bulk).changed_after(made, "create", bytes(16), 2_000, searched_only=False),
        ),
        "the changes of a product": ("changes", "product_id", lambda: changes.statements([product_id])),
        "a supplier's offers by code": (
            "supplier_offers",
            "supplier_sku",
            lambda: offers.hashes(supplier, ["S-0008", "S-0009"], grouped=False),
        ),
        "a barcode": ("product_variants", "barcode", lambda: match.find([("gtin", "0" + gtin13(8))], supplier)),
        "a part number": ("products", "part_key", lambda: match.find([("mpn", "PART8")], supplier)),
        "a SKU": ("product_variants", "sku", lambda: match.find([("sku", "S-0008")], supplier)),
    }


def uses_index(plans: Sequence[str], bulk: Bulk, table: str, columns: str) -> bool:
    named = [f"ix_{table}_{columns.replace(', ', '_')}", f"uq_{table}_{columns.replace(', ', '_')}"]
    if bulk.is_sqlite:
        # SQLite gives the indexes of unique constraints names of its own; it shows which columns it searches by.
        equal = " AND ".join(rf"{column}[=>]\?" for column in columns.split(", "))
        found = rf"SEARCH \w+ USING (?:COVERING )?INDEX (?:{'|'.join(named)}|sqlite_autoindex_{table}_\d+)\S* \({equal}"
    elif bulk.is_postgres:
        found = rf"(?:Index|Index Only|Bitmap Index) Scan (?:using|on) (?:{'|'.join(named)})"
    else:
        found = rf'"key": "(?:{"|".join(named)})'
    return any(re.search(found, plan) for plan in plans)


def test_the_critical_questions_are_answered_from_an_index(runtime: Runtime, tmp_path: Path) -> None:
    for supplier, numbers in SUPPLIERS.items():
        take(runtime, feed_of(tmp_path, [product(number) for number in numbers]), supplier=supplier)
    with runtime.engine.begin() as connection:
        names = "products, product_variants, changes, supplier_offers, categories"
        analyze = {"sqlite": "ANALYZE", "postgresql": f"ANALYZE {names}"}
        connection.execute(text(analyze.get(connection.dialect.name, f"ANALYZE TABLE {names}")))

    missing = {}
    with runtime.read() as unit:
        bulk = Explaining(unit.session.connection())
        for name, (table, columns, ask) in questions(unit, bulk).items():
            bulk.plans.clear()
            assert ask(), name
            if not uses_index(bulk.plans, bulk, table, columns):
                missing[name] = list(bulk.plans)

    assert missing == {}


def test_an_object_is_found_by_its_sku_from_an_index(runtime: Runtime, tmp_path: Path) -> None:
    take(runtime, feed_of(tmp_path, [product(number) for number in range(500)]))
    asked: list[tuple[str, Any]] = []
    with runtime.read() as unit:
        connection = unit.session.connection()
        event.listen(connection, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
        found = ProductRepository(unit.session).find_by_sku("S-0008")
        explain = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}.get(
            connection.dialect.name, "EXPLAIN FORMAT=JSON"
        )
        rows = connection.exec_driver_sql(f"{explain} {asked[0][0]}", asked[0][1]).all()

        assert found is not None
        plan = "\n".join(str(row[-1]) for row in rows)
        assert uses_index([plan], Bulk(connection), "product_variants", "sku"), plan
