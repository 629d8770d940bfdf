"""Which database a script works on, by which driver, and what it can ask of it."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from mercat.core.errors import Conflict, Invalid
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.database import (
    ChangeSet,
    DatabaseUtils,
    Product,
    ProductRepository,
    ProductVariant,
    User,
    async_session_scope,
    close_database,
    database_health_check,
    database_url,
    db_session_scope,
    get_db_session,
    init_database,
    pool_status,
)


def test_without_a_word_it_is_the_database_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MERCAT_HOME", str(tmp_path / "shop"))
    monkeypatch.delenv("MERCAT_DATABASE_URL", raising=False)
    with pytest.raises(Conflict, match=r"call init_database\(\) first"), db_session_scope():
        pass
    init_database()
    close_database()
    with db_session_scope() as session:
        session.add(Product(name="Lamp", sku="L-1"))
    assert database_url() == f"sqlite:///{tmp_path}/shop/mercat.db"
    close_database()


def test_a_database_in_memory_serves_a_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    init_database("sqlite:///:memory:", settings=Settings(home=tmp_path / "home"))
    with db_session_scope() as session:
        session.add(Product(name="Lamp", sku="L-1", price="1.50"))
    with get_db_session() as session:
        assert ProductRepository(session).get_by_sku("L-1").price == Decimal("1.5")
    assert pool_status()["size"] == 1
    close_database()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("opened_sqlite")
def test_scopes_do_not_nest() -> None:
    with db_session_scope(), pytest.raises(RuntimeError, match="do not nest"), db_session_scope():
        pass


def test_the_pool_can_be_read(opened: Runtime) -> None:
    with get_db_session() as session:
        session.execute(select(1))
        busy = pool_status()
    idle = pool_status()
    assert (busy["in_use"], idle["in_use"]) == (1, 0)
    assert idle["size"] == opened.settings.database_pool_size


@pytest.mark.usefixtures("opened")
def test_an_asynchronous_program_keeps_the_same_promises() -> None:
    async def work() -> list[tuple[str, str]]:
        async with async_session_scope(by="robot") as session:
            session.add(Product(name="Lamp", sku="L-1", price="1.50", currency="EUR"))
        async with async_session_scope(by="robot") as session:
            found = await session.run_sync(lambda sync: ProductRepository(sync).get_by_sku("L-1"))
            found.price = 19.99
        with pytest.raises(Invalid, match="not written by statements"):
            async with async_session_scope() as session:
                await session.run_sync(lambda sync: sync.query(Product).update({"brand": "x"}))
        async with async_session_scope() as session:
            assert await session.scalar(select(ProductVariant.price)) == Decimal("19.99")
            rows = await session.scalars(select(ChangeSet).order_by(ChangeSet.id))
            return [(each.origin, each.source) for each in rows]

    assert asyncio.run(work()) == [("script", "robot"), ("script", "robot")]


@pytest.mark.usefixtures("opened_sqlite")
def test_the_first_administrator() -> None:
    made = DatabaseUtils.create_admin_user(
        email="admin@example.com", password="secure_password 42", first_name="Admin", last_name="User"
    )
    assert (made.username, made.role) == ("admin", "admin")
    with get_db_session() as session:
        kept = session.query(User).one()
        assert kept.password_hash is not None
        assert kept.password_hash.startswith("$argon2id$")
    with pytest.raises(Invalid, match="password"):
        DatabaseUtils.create_admin_user(email="b@example.com", password="short")


@pytest.mark.usefixtures("opened")
def test_health_says_where_it_is_without_the_password() -> None:
    found = database_health_check()
    assert (found["status"], found["connection_test"]) == ("healthy", True)
    assert found["revision"] == found["head"]
    assert found["database_url"] == database_url()


def test_a_database_that_is_away_is_unhealthy_and_nothing_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MERCAT_DATABASE_URL", "postgresql://ann:hush@127.0.0.1:1/away")
    found = database_health_check()
    assert (found["status"], found["connection_test"]) == ("unhealthy", False)
    assert "hush" not in str(found)
    close_database()
