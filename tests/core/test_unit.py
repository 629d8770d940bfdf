"""Units of work keep their promises on every database."""

from __future__ import annotations

import subprocess
import sys
import threading
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from mercat.core.errors import Invalid
from mercat.core.ids import new_id_bytes
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.catalog.models import Product, ProductVariant
from mercat.domain.suppliers.models import Supplier
from mercat.domain.suppliers.repository import SupplierRepository

_SUPPLIER = "id, name, code, priority, is_active, created_at, updated_at"


def _add(runtime: Runtime, sku: str, price: str) -> None:
    with runtime.write() as unit:
        product = Product(handle=sku.lower(), name=sku)
        product.variants.append(ProductVariant(sku=sku, price=Decimal(price)))
        unit.session.add(product)


def test_a_unit_that_raises_leaves_nothing(runtime: Runtime) -> None:
    with pytest.raises(ZeroDivisionError), runtime.write() as unit:
        unit.session.add(Product(handle="a", name="A"))
        unit.session.flush()
        raise ZeroDivisionError
    with runtime.read() as unit:
        assert unit.session.scalar(select(func.count()).select_from(Product)) == 0


def test_units_do_not_nest(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.read(), pytest.raises(RuntimeError, match="do not nest"), sqlite_runtime.write():
        pass


def test_sums_of_money_are_exact(runtime: Runtime) -> None:
    for number in range(10):
        _add(runtime, f"S{number}", "0.1")
    with runtime.read() as unit:
        assert unit.session.scalar(select(func.sum(ProductVariant.price))) == Decimal(1)


def test_part_of_an_id_names_a_row_where_it_fits_only_one(runtime: Runtime) -> None:
    one, other = UUID("0190aaaa-0000-7000-8000-00000000beef"), UUID("0190aaaa-0000-7000-8000-11110000beef")
    with runtime.write() as unit:
        unit.session.add_all(
            Supplier(id=each, name=str(each), code=f"S{n}", priority=n) for n, each in enumerate((one, other))
        )
    with runtime.read() as unit:
        suppliers = SupplierRepository(unit.session)
        for reference in (str(one), "00000000beef", "8000-00000000BEEF", "0190aaaa-0000-7000-8000-00", one.hex):
            found = suppliers.by_reference(reference)
            assert getattr(found, "id", None) == one, reference
        for reference in ("eef", "feedbeef", "%", "0190____", "", "x" * 40):
            assert suppliers.by_reference(reference) is None, reference
        for reference in ("beef", "0190aaaa"):
            with pytest.raises(Invalid, match="several ids"):
                suppliers.by_reference(reference)


def test_eight_threads_lose_no_update(runtime: Runtime) -> None:
    _add(runtime, "ONE", "0")

    def raise_price() -> None:
        for _ in range(5):
            with runtime.write() as unit:
                variant = unit.session.scalars(select(ProductVariant).with_for_update()).one()
                variant.price = (variant.price or Decimal(0)) + 1

    threads = [threading.Thread(target=raise_price) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with runtime.read() as unit:
        assert unit.session.scalar(select(ProductVariant.price)) == Decimal(40)


def test_the_first_variants_fields_are_the_products_own(runtime: Runtime) -> None:
    _add(runtime, "ABC123", "12.5")
    with runtime.write() as unit:
        product = unit.session.query(Product).filter_by(sku="ABC123").one()
        product.price = Decimal("19.99")
    with runtime.read() as unit:
        product = unit.session.query(Product).filter(Product.price > 19).one()
        assert (product.sku, product.price) == ("ABC123", Decimal("19.9900"))


def test_updated_at_moves_with_every_change(runtime: Runtime) -> None:
    _add(runtime, "T", "1")
    with runtime.read() as unit:
        before = unit.session.scalars(select(Product)).one().updated_at
    with runtime.write() as unit:
        unit.session.scalars(select(Product)).one().name = "new"
    with runtime.read() as unit:
        after = unit.session.scalars(select(Product)).one()
        assert after.updated_at > before
        assert after.updated_at.tzinfo is not None


def test_a_race_for_the_same_key_is_tried_again_whoever_reports_it(runtime: Runtime) -> None:
    if runtime.engine.dialect.name == "sqlite":
        pytest.skip("writers on SQLite take turns: there is no race to lose")
    with runtime.write() as unit:
        unit.add(Supplier(name="Taken", code="TAKEN", priority=1))
    tries: list[int] = []

    def insert(unit: WriteUnit) -> int:
        tries.append(1)
        bulk, at = unit.bulk, unit.bulk.time(unit.now)
        # The first try meets a key that is taken, as one that lost a race would.
        code = "TAKEN" if len(tries) == 1 else "FREE"
        row = (bulk.id(new_id_bytes()[0]), code, code, len(tries) + 1, True, at, at)
        bulk.run(f"INSERT INTO suppliers ({_SUPPLIER}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return len(tries)

    assert runtime.attempt(insert) == 2


def test_a_writer_has_a_large_cache_and_gives_it_back(sqlite_runtime: Runtime) -> None:
    def cache(unit: ReadUnit) -> int:
        return unit.session.execute(text("PRAGMA cache_size")).scalar_one()

    with sqlite_runtime.write() as writing:
        assert cache(writing) == -65_536
    # The connection that was used last comes first.
    with sqlite_runtime.read() as reading:
        assert cache(reading) == -4_096


def test_a_server_without_a_worker_loads_neither_alembic_nor_the_jobs_engine() -> None:
    loaded = "import sys; import mercat.cli.serve, mercat.cli.serving, mercat.api.app, mercat.web.app; "
    loaded += "print(sorted({'alembic', 'dbos'} & sys.modules.keys()))"
    assert subprocess.run((sys.executable, "-c", loaded), capture_output=True, text=True, check=True).stdout == "[]\n"
