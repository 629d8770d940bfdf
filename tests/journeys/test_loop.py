"""The loop closed: what was seen becomes an alert, a suggestion, a change that a person approved, and what the shop shows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mercat.core.settings import load
from mercat.core.unit import Runtime
from mercat.sandbox.shopify import Options, RunningShop, running
from tests.cli.conftest import Terminal
from tests.domain.market.conftest import record, seen
from tests.pictures import photograph, written
from tests.shops import write_csv


@pytest.fixture
def shop() -> Iterator[RunningShop]:
    with running(Options(plan="plus", currency="USD")) as opened:
        yield opened


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shop: RunningShop) -> Terminal:
    """A lamp that costs 8 and sells for 10, shown at a shop that follows the catalogue by itself."""
    monkeypatch.setenv("MERCAT_HOME", str(tmp_path / "home"))
    terminal = Terminal(tmp_path / "home")
    assert terminal("init").code == 0
    assert terminal("import", lamp(tmp_path, cost="8.00")).code == 0
    assert terminal("store", "add", "shopify", "main", "--sandbox", shop.url).code == 0
    assert terminal("store", "set", "main", "auto_publish=true").code == 0
    assert terminal("publish", "main").code == 0
    work(terminal)
    return terminal


def lamp(folder: Path, *, cost: str) -> Path:
    """The supplier's file of that day."""
    row = {"sku": "L-1", "name": "Lamp", "price": "10.00", "cost": cost, "currency": "USD"}
    return write_csv(folder / f"supplier-{cost}.csv", [row])


def work(terminal: Terminal) -> None:
    """Whatever waits is done."""
    done = terminal("worker", "--until-idle")
    assert done.code == 0, done.err


def shown(shop: RunningShop) -> dict[str, str]:
    return {variant["sku"]: variant["price"] for each in shop.state["products"] for variant in each["variants"]}


def open_alerts(terminal: Terminal, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = terminal("alerts", "list", "--type", kind, "--json").json["data"]
    return found


def test_a_cost_that_rises_becomes_a_price_at_the_shop(desk: Terminal, shop: RunningShop, tmp_path: Path):
    assert shown(shop) == {"L-1": "10.00"}
    assert desk("suggestions", "list", "--json").json["total"] == 0

    assert desk("import", lamp(tmp_path, cost="9.00")).code == 0
    work(desk)
    [alert] = open_alerts(desk, "margin_below")
    assert (alert["severity"], alert["measure"]) == ("critical", "10")
    [made] = desk("suggestions", "list", "--json").json["data"]
    assert {"type": "alert", "id": alert["id"]} in made["evidence"]
    assert "→ 11.25" in desk("suggestions", "show", made["id"]).out

    assert desk("suggestions", "apply", made["id"]).code == 1
    assert desk("suggestions", "approve", made["id"]).code == 0
    work(desk)
    assert shown(shop) == {"L-1": "10.00"}

    done = desk("suggestions", "apply", made["id"], "--json").json
    assert done["status"] == "applied"
    work(desk)
    assert shown(shop) == {"L-1": "11.25"}
    assert open_alerts(desk, "margin_below") == []
    why = desk("why", "L-1", "--json").out
    assert done["actions"][0]["change_set_id"] in why or "suggestion" in why

    assert desk("suggestions", "rollback", made["id"]).code == 0
    work(desk)
    assert shown(shop) == {"L-1": "10.00"}


def test_a_picture_of_ones_own_is_shown_at_the_shop_and_taken_back(desk: Terminal, shop: RunningShop, tmp_path: Path):
    photo = written(tmp_path, "lamp.jpg", photograph())
    added = desk("product", "picture", "add", "L-1", photo, "--alt", "The lamp", "--json").json
    work(desk)
    [product] = shop.state["products"]
    assert [each["alt"] for each in product["files"]] == ["The lamp"]
    [file] = shop.state["files"]
    there = httpx2.get(f"{shop.url}/cdn/shop/files/{file['filename']}").content
    assert (there[:3], b"Spycam" in there) == (b"\xff\xd8\xff", False)

    before = dict(shop.calls)
    assert desk("publish", "main").code == 0
    assert shop.calls == before
    assert desk("changes", "undo", added["change_set"]).code == 0
    work(desk)
    assert shop.state["products"][0]["files"] == []


def test_a_buy_box_that_is_lost_becomes_a_price_at_the_shop(desk: Terminal, shop: RunningShop):
    assert desk("market", "track", "B0F7XPYCSJ", "--marketplace", "US", "--product", "L-1").code == 0
    assert desk("config", "set", "market.own_sellers", '["AOURS"]').code == 0
    runtime = Runtime(load())
    observe(runtime)
    runtime.close()
    work(desk)
    [alert] = open_alerts(desk, "buy_box_lost")
    [made] = desk("suggestions", "list", "--kind", "regain_buy_box", "--json").json["data"]
    assert {"type": "alert", "id": alert["id"]} in made["evidence"]

    assert desk("suggestions", "approve", made["id"]).code == 0
    assert desk("suggestions", "apply", made["id"]).code == 0
    work(desk)
    assert shown(shop) == {"L-1": "9.49"}


def observe(runtime: Runtime) -> None:
    """Ours has the buy box; then somebody else has it, at 9.50, as often as it takes to be believed."""
    record(runtime, seen(buybox_price="10", price="10", seller_id="AOURS", in_stock=True))
    for hour in range(1, 4):
        record(runtime, seen(hour, buybox_price="9.5", price="9.5", seller_id="ATHEIRS", in_stock=True))
