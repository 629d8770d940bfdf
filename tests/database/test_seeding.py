"""Seeds: the same for the same number, in by the front door, and quick."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

from sqlalchemy import func

from mercat.core.unit import Runtime
from mercat.database import Category, MarketProduct, Product, ProductSnapshot, SupplierOffer, User
from mercat.sandbox.seeds import people, write_categories, write_observations, write_products
from tests.database.terminal import mercat


def test_the_same_seed_is_the_same_file(tmp_path: Path) -> None:
    one, two, other = tmp_path / "1", tmp_path / "2", tmp_path / "3"
    for path, seed in ((one, 1), (two, 1), (other, 2)):
        write_products(path, count=50, seed=seed)
    assert one.read_bytes() == two.read_bytes() != other.read_bytes()
    write_categories(one, count=30_000, seed=1)
    paths = one.read_text().splitlines()[1:]
    assert len(set(paths)) == 30_000
    assert len({each.username for each in people(500, seed=3)}) == 500
    write_observations(two, count=200, seed=1, days=2, until=dt.date(2026, 11, 1))
    rows = two.read_text().splitlines()
    assert len(rows) == 401
    assert len({row[:10] for row in rows[1:]}) == 200


def test_everything_is_seeded_by_the_front_door(runtime: Runtime) -> None:
    code, told = mercat(runtime, "seed", "all", "--count", "30", "--seed", "7")
    assert code == 0, told
    made = told["made"]
    assert (made["products"]["created"], made["users"]["created"], made["market"]["observations"]) == (30, 30, 900)
    assert made["stock"]["rows"] == 30
    with runtime.read() as unit:
        session = unit.session
        assert session.query(Product).count() == 30
        assert session.query(Category).count() >= 30
        assert session.query(User).filter(User.password_hash.is_(None)).count() == 30
        assert session.query(MarketProduct).count() == 30
        assert session.query(ProductSnapshot).count() == 900
        assert (session.query(func.min(ProductSnapshot.price)).scalar() or 0) > Decimal(0)
        assert session.query(func.count(func.distinct(SupplierOffer.quantity_available))).scalar() > 10
    code, told = mercat(runtime, "seed", "users", "--count", "31", "--seed", "7")
    assert told["made"]["users"]["created"] == 1
    assert mercat(runtime, "seed", "market", "--count", "30", "--seed", "7")[1]["made"]["market"]["observations"] == 0
