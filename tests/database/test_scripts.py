"""What a script does to products is a change set: explained, undone, and heard of."""

import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.orm import Session

from mercat.core.errors import Conflict, Invalid
from mercat.core.ids import new_id
from mercat.core.unit import Runtime
from mercat.database import (
    Category,
    Change,
    ChangeSet,
    FieldLock,
    Job,
    MetafieldRepository,
    Product,
    ProductIdentifier,
    ProductImage,
    ProductMetafield,
    ProductRepository,
    ProductVariant,
    Store,
    catalog,
    db_session_scope,
    get_db_session,
    unit_of,
)
from tests.shops import by_sku, feed

LAMP = {"sku": "ABC123", "name": "Lamp", "price": "12.50"}


def sets() -> list[tuple[str, str, str, str]]:
    with get_db_session() as session:
        rows = session.query(ChangeSet).order_by(ChangeSet.id)
        return [(each.origin, each.source, each.status, each.title) for each in rows]


def price_of(sku: str) -> Decimal | None:
    with get_db_session() as session:
        return ProductRepository(session).get_by_sku(sku).price


def set_price(price: Any, sku: str = "ABC123", by: str = "nightly prices") -> None:
    with db_session_scope(by=by) as session:
        product = session.query(Product).filter_by(sku=sku).first()
        assert product is not None
        product.price = price


def test_a_price_is_a_change_set_with_its_history_and_can_be_undone(opened: Runtime, tmp_path: Path) -> None:
    feed(opened, tmp_path, [LAMP], supplier="acme", currency="EUR")
    with db_session_scope() as session:
        session.add(Store(name="shop", platform="shopify", shop_domain="shop.example", credentials="", is_active=True))
    set_price(19.99)

    assert price_of("ABC123") == Decimal("19.99")
    assert sets()[1:] == [("script", "nightly prices", "applied", "script set 1 product")]
    with opened.read() as unit:
        [trace] = catalog.why(unit, "ABC123", "price")
    assert next((each.origin, each.source, each.value) for each in trace.origins) == (
        "script",
        "nightly prices",
        "19.99",
    )
    with get_db_session() as session:
        change = session.query(Change).filter_by(field="price").one()
        assert (change.old_value, change.new_value) == ("12.5", "19.99")
        assert session.query(Job).filter_by(kind="listings.refresh").count() == 1
        [(_, script)] = session.query(Change.id, Change.change_set_id).filter_by(field="price")
        with unit_of(session) as unit:
            catalog.undo(unit, script)
        session.commit()
    assert price_of("ABC123") == Decimal("12.5")


def test_no_feed_overwrites_what_a_script_said(opened_sqlite: Runtime, tmp_path: Path) -> None:
    feed(opened_sqlite, tmp_path, [LAMP], supplier="acme")
    set_price("19.99")
    feed(opened_sqlite, tmp_path, [{**LAMP, "price": "13.00", "name": "Desk lamp"}], supplier="acme")

    found = by_sku(opened_sqlite)["ABC123"]
    assert (found["price"], found["name"]) == ("19.99", "Desk lamp")


def test_one_transaction_is_one_set_and_shows_what_stands(opened: Runtime, tmp_path: Path) -> None:
    feed(opened, tmp_path, [{**LAMP, "sku": f"A-{n}", "name": f"Lamp {n}"} for n in range(5)])
    with db_session_scope() as session:
        for n in range(5):
            found = session.query(Product).filter_by(sku=f"A-{n}").one()
            found.price, found.brand = Decimal("3.00005"), "  Bright  "
        before = found.revision
        session.flush()
        assert (found.price, found.brand, found.revision) == (Decimal(3), "Bright", before + 1)
        found.seo_title = "Lamps"

    assert [title for _, _, _, title in sets()[1:]] == ["script set 5 products", "script set 1 product"]


@pytest.mark.usefixtures("opened")
def test_a_product_is_made_with_all_that_hangs_on_it() -> None:
    with db_session_scope() as session:
        with unit_of(session) as unit:
            catalog.categories.create(unit, "Lamps")
        made = Product(name="Lamp", sku="L-1", price=12.5, currency="EUR", option1_name="Size")
        made.variants[0].option1 = "S"
        made.variants[0].identifiers.append(ProductIdentifier(scheme="asin", value="B01"))
        made.variants.append(ProductVariant(sku="L-2", price="13", option1="L"))
        made.metafields.append(
            ProductMetafield(namespace="custom", key="watts", value="7", value_type="number_integer")
        )
        made.images.append(ProductImage(url="https://example.com/l.jpg", alt_text="lit"))
        made.category = session.query(Category).filter_by(name="Lamps").one()
        session.add(made)
        session.flush()
        assert [each.sku for each in made.variants] == ["L-1", "L-2"]
        assert made.handle == "lamp-l-1"
        made_id = made.id

    with get_db_session() as session:
        found = ProductRepository(session).get_by_sku("L-2")
        assert (found.id, found.category.name, found.images[0].alt_text) == (made_id, "Lamps", "lit")  # type: ignore[union-attr]
        assert [(each.option1, each.price) for each in found.variants] == [("S", Decimal("12.5")), ("L", Decimal(13))]
        assert found.variants[0].identifiers[0].value == "B01"
        assert MetafieldRepository(session).get_all().data[0].value == "7"
        assert session.query(Category).one().product_count == 1
    assert ("script", "script made 1 product") in [(origin, title) for origin, _, _, title in sets()]


def test_what_hangs_on_a_product_is_changed_and_taken_away(opened: Runtime, tmp_path: Path) -> None:
    feed(opened, tmp_path, [LAMP])
    with db_session_scope() as session:
        found = ProductRepository(session).get_by_sku("ABC123")
        found.images = [ProductImage(url=f"https://example.com/{n}.jpg", position=n) for n in (1, 2)]
        found.variants.append(ProductVariant(sku="ABC124", price="1"))
        session.add(ProductMetafield(product_id=found.id, namespace="custom", key="color", value="red"))
        session.add(ProductMetafield(product_id=found.id, namespace="custom", key="shape", value="round"))
    with db_session_scope() as session:
        found = ProductRepository(session).get_by_sku("ABC124")
        del found.images[0]
        by_key = {each.key: each for each in found.metafields}
        by_key["color"].value = "blue"
        session.delete(by_key["shape"])

    with get_db_session() as session:
        found = ProductRepository(session).get_by_sku("ABC124")
        assert [each.url for each in found.images] == ["https://example.com/2.jpg"]
        assert [(each.key, each.value) for each in found.metafields] == [("color", "blue")]
        assert {origin for origin, *_ in sets()[1:]} == {"script"}


@pytest.mark.parametrize(
    "write",
    [
        lambda session: session.query(Product).update({"brand": "x"}),
        lambda session: session.query(Product).delete(),
        lambda session: session.execute(update(ProductVariant).values(price=1)),
        lambda session: session.execute(delete(ChangeSet)),
        lambda session: session.execute(insert(FieldLock).values(id=new_id(), field="price")),
        lambda session: session.execute(text("-- quick\nUPDATE products SET name = 'x'")),
        lambda session: session.execute(text('DELETE FROM "product_variants" WHERE 1 = 1')),
        lambda session: session.connection().exec_driver_sql("UPDATE products SET name = 'x'"),
        lambda session: session.bulk_insert_mappings(Product, [{"id": new_id(), "name": "x", "handle": "x"}]),
        lambda session: session.bulk_save_objects([Product(name="x", handle="x")]),
    ],
)
def test_a_statement_that_goes_past_the_objects_is_refused(
    opened_sqlite: Runtime, tmp_path: Path, write: Callable[[Session], Any]
) -> None:
    feed(opened_sqlite, tmp_path, [LAMP])
    with pytest.raises(Invalid, match="are not written by statements"), db_session_scope() as session:
        write(session)

    assert by_sku(opened_sqlite)["ABC123"]["name"] == "Lamp"


def test_bulk_statements_are_refused_on_every_database(opened: Runtime, tmp_path: Path) -> None:
    feed(opened, tmp_path, [LAMP])
    with pytest.raises(Invalid, match="products are not written by"), db_session_scope() as session:
        session.query(Product).update({"brand": "x"}, synchronize_session=False)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("price", -1, "ABC123: price cannot be below zero"),
        ("name", "", "ABC123: name cannot be empty"),
        ("barcode", "123", "ABC123: barcode '123'"),
        ("status", "gone", "status is draft, active or archived"),
        ("sku", "X", "sku of a variant is kept by Mercat"),
        ("custom_attributes", {"a": 1}, "custom_attributes of a product is kept"),
    ],
)
def test_a_value_that_a_field_cannot_hold_is_said_and_nothing_is_kept(
    opened_sqlite: Runtime, tmp_path: Path, name: str, value: Any, why: str
) -> None:
    feed(opened_sqlite, tmp_path, [LAMP])
    with pytest.raises(Invalid, match=why), db_session_scope() as session:
        lamp = ProductRepository(session).get_by_sku("ABC123")
        lamp.brand = "kept only with the rest"
        setattr(lamp, name, value)

    assert by_sku(opened_sqlite)["ABC123"]["brand"] is None
    assert len(sets()) == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda session: session.delete(session.query(Product).one()), "archived, not deleted"),
        (lambda session: session.add(Product(name="Nothing")), "has no SKU"),
        (lambda session: session.add(Product(sku="N-1")), "needs a name and a SKU"),
        (lambda session: session.add(Product(name="N", sku="N-1", barcode="12ab")), "N-1: barcode '12ab' is no GTIN"),
        (lambda session: session.add(Category(name="Lamps", slug="lamps", path="x/")), "catalog.categories.create"),
        (lambda session: session.delete(session.query(ChangeSet).first()), "are history"),
    ],
)
def test_what_no_change_set_can_say_is_refused(
    opened_sqlite: Runtime, tmp_path: Path, change: Callable[[Session], Any], why: str
) -> None:
    feed(opened_sqlite, tmp_path, [LAMP])
    with pytest.raises(Invalid, match=why), db_session_scope() as session:
        change(session)

    assert len(sets()) == 1


def test_a_commit_that_failed_fails_again_instead_of_losing_the_change(opened: Runtime, tmp_path: Path) -> None:
    feed(opened, tmp_path, [LAMP])
    with get_db_session() as session:
        lamp = ProductRepository(session).get_by_sku("ABC123")
        lamp.price = -1
        for _ in range(2):
            with pytest.raises(Invalid, match="below zero"):
                session.commit()
        lamp.price = 2
        session.commit()
    assert price_of("ABC123") == Decimal(2)


def test_a_sku_that_is_taken_is_a_conflict(opened: Runtime, tmp_path: Path) -> None:
    feed(opened, tmp_path, [LAMP])
    with pytest.raises(Conflict, match="SKU"), db_session_scope() as session:
        session.add(Product(name="Another", sku="ABC123"))
    assert len(by_sku(opened)) == 1


def test_a_value_that_moved_since_the_script_read_it_is_not_overwritten(opened: Runtime, tmp_path: Path) -> None:
    if opened.engine.dialect.name == "sqlite":
        pytest.skip("on SQLite the first writer keeps the others out, so nothing moves")
    feed(opened, tmp_path, [LAMP])
    with get_db_session() as session:
        lamp = ProductRepository(session).get_by_sku("ABC123")
        set_price("15")
        lamp.price = lamp.price + 1  # type: ignore[operator]
        with pytest.raises(Conflict, match=r"price of ABC123 is '15' now, not '12\.5'"):
            session.commit()
    assert price_of("ABC123") == Decimal(15)


def test_an_exception_rolls_everything_back(opened: Runtime, tmp_path: Path) -> None:
    feed(opened, tmp_path, [LAMP])
    with pytest.raises(ZeroDivisionError), db_session_scope() as session:
        lamp = ProductRepository(session).get_by_sku("ABC123")
        lamp.price = 1
        session.flush()
        raise ZeroDivisionError
    assert price_of("ABC123") == Decimal("12.5")
    assert len(sets()) == 1


def test_threads_that_read_and_write_lose_nothing_on_sqlite(opened_sqlite: Runtime, tmp_path: Path) -> None:
    feed(opened_sqlite, tmp_path, [{**LAMP, "price": "0"}])
    failures: list[BaseException] = []

    def add() -> None:
        try:
            for _ in range(10):
                with db_session_scope() as session:
                    lamp = ProductRepository(session).get_by_sku("ABC123")
                    lamp.price = lamp.price + 1  # type: ignore[operator]
        except BaseException as failed:  # noqa: BLE001  # told below, in the test's own thread
            failures.append(failed)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failures == []
    assert price_of("ABC123") == Decimal(40)


def test_whoever_reads_holds_nobody_up_and_becomes_a_writer_when_it_writes(opened: Runtime, tmp_path: Path) -> None:
    feed(opened, tmp_path, [LAMP])
    with get_db_session() as reading:
        assert ProductRepository(reading).get_by_sku("ABC123").price == Decimal("12.5")
        set_price("15")
        reading.rollback()
        lamp = ProductRepository(reading).get_by_sku("ABC123")
        reading.refresh(lamp.variants[0])
        lamp.price = lamp.price + 1  # type: ignore[operator]
        reading.commit()
    assert price_of("ABC123") == Decimal(16)
