"""What the outside and the stores hear of, and from how many on they are sent what changed as one."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mercat.core.jobs import Watch
from mercat.core.jobs.models import Job
from mercat.core.unit import Runtime
from mercat.domain import register_hearing
from mercat.domain.listings import service as listings
from mercat.domain.operations import service as operations
from tests.domain.listings.corner import Back
from tests.domain.operations.receiver import receiving
from tests.shops import ANN, feed

Add = Callable[..., listings.StoreView]
ROWS: list[dict[str, object]] = [{"sku": f"A-{n}", "name": f"Lamp {n}", "price": "1.50"} for n in range(1, 4)]


@pytest.fixture(autouse=True)
def heard() -> None:
    register_hearing()


def test_a_store_hears_of_products_that_are_new(runtime: Runtime, add_store: Add, tmp_path: Path) -> None:
    add_store(runtime)
    feed(runtime, tmp_path, ROWS)

    with runtime.read(ANN) as unit:
        assert unit.session.query(Job).filter_by(kind="listings.refresh").count() == 1


def test_what_a_shop_refuses_is_told_with_the_reason(
    sqlite_runtime: Runtime, add_store: Add, back: Back, tmp_path: Path
) -> None:
    runtime = Runtime(replace(sqlite_runtime.settings, http_allow_private=True))
    feed(runtime, tmp_path, ROWS)
    add_store(runtime)
    back.tell("reject", ["Lamp 2"])
    with receiving() as receiver:
        draft = operations.EndpointDraft("erp", receiver.url, ("listing.failed", "store.publish_finished"))
        endpoint, _ = operations.add_endpoint(runtime, ANN, draft)
        listings.publish(runtime, ANN, "corner", watch=Watch(sleep=lambda _seconds: None))
        operations.deliver(runtime, ANN, endpoint.id)
    runtime.close()

    refused, finished = (got.json for got in receiver.got)
    assert (refused["type"], finished["type"]) == ("listing.failed", "store.publish_finished")
    (listing,) = refused["data"]["listings"]
    assert "Lamp 2" in listing["reason"]
    assert listing["product_id"] is not None
    assert finished["data"]["status"] == "partial"


def test_a_merchant_says_from_how_many_on_a_batch_is_made(
    sqlite_runtime: Runtime, add_store: Add, back: Back, tmp_path: Path
) -> None:
    feed(sqlite_runtime, tmp_path, ROWS)
    add_store(sqlite_runtime)
    for setting, batches, wanted in (("4", 0, 1), ("3", 1, 2)):
        with sqlite_runtime.write(ANN) as unit:
            operations.set_configuration(unit, sqlite_runtime.secrets, "publish.bulk_from", setting)
        feed(sqlite_runtime, tmp_path, [{**row, "price": f"1.5{wanted}"} for row in ROWS])
        listings.publish(sqlite_runtime, ANN, "corner", watch=Watch(sleep=lambda _seconds: None))

        assert back.calls("submit") == batches
        assert {each["price"] for each in back.shown().values()} == {f"1.5{wanted}"}
