"""Imports and edits at the same time: no update is lost, nothing is locked for good."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from tests.shops import ANN, by_sku, feed, offers, take, write_csv

ROWS = 600


def _together(*works: Callable[[], object]) -> None:
    """Run all at once; the first failure of any is raised here."""
    failures: list[BaseException] = []

    def guarded(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as failed:  # noqa: BLE001  # handed over to the test's own thread
            failures.append(failed)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if failures:
        raise failures[0]


def _rows(prefix: str, price: str = "10") -> list[dict[str, object]]:
    return [
        {"sku": f"{prefix}{number}", "name": f"{prefix} {number}", "price": price, "brand": prefix, "mpn": f"{number}"}
        for number in range(ROWS)
    ]


def test_two_imports_at_once(runtime: Runtime, tmp_path: Path) -> None:
    one = write_csv(tmp_path / "one.csv", [*_rows("A"), *_rows("SHARED")])
    two = write_csv(tmp_path / "two.csv", [*_rows("B"), *_rows("SHARED")])
    _together(lambda: take(runtime, one, supplier="acme"), lambda: take(runtime, two, supplier="zenith"))
    found = by_sku(runtime)
    assert len(found) == 3 * ROWS
    assert len(offers(runtime)) == 4 * ROWS


def test_an_import_beside_edits(runtime: Runtime, tmp_path: Path) -> None:
    feed(runtime, tmp_path, _rows("A"), supplier="acme")
    newer = write_csv(tmp_path / "newer.csv", [{**each, "name": f"{each['name']}!"} for each in _rows("A", "10.5")])

    def edit(start: int) -> None:
        for number in range(start, start + 10):
            runtime.attempt(lambda unit: catalog.edit(unit, f"A{number}", {"price": f"{20 + number}"}), ANN)  # noqa: B023

    _together(
        lambda: take(runtime, newer, supplier="acme", guards={"rename_pct": None}),
        lambda: edit(0),
        lambda: edit(100),
        lambda: edit(200),
    )
    found = by_sku(runtime)
    edited = {*range(10), *range(100, 110), *range(200, 210)}
    assert all(Decimal(found[f"A{number}"]["price"]) == 20 + number for number in edited)
    others = [found[f"A{number}"] for number in range(ROWS) if number not in edited]
    assert {(each["price"], each["name"].endswith("!")) for each in others} == {("10.5", True)}


def test_two_people_edit_the_same_product(runtime: Runtime, tmp_path: Path) -> None:
    feed(runtime, tmp_path, _rows("A")[:1])

    def edit(field: str, value: str) -> None:
        for step in range(8):
            runtime.attempt(lambda unit: catalog.edit(unit, "A0", {field: f"{value}{step}"}), ANN)  # noqa: B023

    _together(lambda: edit("brand", "B"), lambda: edit("product_type", "T"), lambda: edit("price", "1"))
    product = by_sku(runtime)["A0"]
    assert (product["brand"], product["product_type"], product["price"]) == ("B7", "T7", "17")
