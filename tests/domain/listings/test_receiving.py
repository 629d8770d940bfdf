"""What a channel delivers: checked, kept once, and worked on together."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from mercat.api.app import make_app
from mercat.core.errors import Unauthenticated
from mercat.core.jobs import Watch
from mercat.core.unit import ReadUnit, Runtime
from mercat.domain.listings import service as listings
from mercat.domain.listings.messages import ReadDeliveries
from mercat.sdk.errors import Unauthorized, Unavailable
from tests.domain.listings.corner import Back, sign
from tests.domain.listings.test_publishing import rows, sell
from tests.shops import ANN, feed

Add = Callable[..., listings.StoreView]


class Bell:
    """The shop rings: a delivery with its signature."""

    def __init__(self, runtime: Runtime, store: listings.StoreView) -> None:
        self.runtime = runtime
        self.store = store

    def delivery(self, **told: Any) -> tuple[dict[str, str], bytes]:
        body = json.dumps({"id": "d-1", "topic": "products/update", "concerns": "listing", **told}).encode()
        return {"X-Corner-Signature": sign("bell", body)}, body

    def ring(self, **told: Any) -> bool:
        return listings.receive(self.runtime, ANN, self.store.id, *self.delivery(**told))

    def read(self) -> dict[str, int]:
        return listings.read_deliveries(self.runtime, ANN, "corner", watch=Watch(sleep=lambda _seconds: None))


@pytest.fixture
def make_bell(add_store: Add, tmp_path: Path) -> Callable[[Runtime], Bell]:
    """Three lamps, shown, in a shop that rings."""

    def make(runtime: Runtime) -> Bell:
        feed(runtime, tmp_path, rows(3))
        store = add_store(runtime)
        sell(runtime)
        return Bell(runtime, store)

    return make


def job_kinds(unit: ReadUnit) -> list[str]:
    return [row[0] for row in unit.bulk.fetch("SELECT kind FROM jobs")]


def reference_of(back: Back, name: str) -> str:
    return str(back.ask("SELECT reference FROM products WHERE body LIKE ?", f"%{name}%")[0][0])


def test_a_delivery_leads_to_a_look_at_its_listing(runtime: Runtime, make_bell: Any, back: Back) -> None:
    bell = make_bell(runtime)
    reference = reference_of(back, "Lamp 2")
    back.edit("A-2", name="Cheap")

    assert bell.ring(subject=reference, at=999)
    assert bell.read() == {"listing": 1}

    assert sell(runtime).updated == 1
    assert back.shown()["A-2"]["name"] == "Lamp 2"


def test_delivered_twice_it_has_one_effect_and_one_job(runtime: Runtime, make_bell: Any, back: Back) -> None:
    bell = make_bell(runtime)
    reference = reference_of(back, "Lamp 2")

    assert [bell.ring(subject=reference, at=999) for _ in range(3)] == [True, False, False]
    assert bell.ring(id="d-2", subject=reference, at=999)
    with runtime.read() as unit:
        kinds = job_kinds(unit)
    assert kinds.count(ReadDeliveries.kind) == 1

    calls = back.calls()
    bell.read()
    assert back.calls() == calls + 1
    assert not bell.ring(subject=reference, at=999)
    assert bell.read() == {}


def test_our_own_publication_that_comes_back_costs_no_call(sqlite_runtime: Runtime, make_bell: Any, back: Back) -> None:
    bell = make_bell(sqlite_runtime)
    calls = back.calls()

    for reference, at in back.ask("SELECT reference, at FROM products"):
        bell.ring(id=f"d-{reference}", subject=str(reference), at=at)

    assert bell.read() == {"listing": 3}
    assert back.calls() == calls


def test_what_cannot_be_done_now_is_taken_up_again(sqlite_runtime: Runtime, make_bell: Any, back: Back) -> None:
    bell = make_bell(sqlite_runtime)
    back.edit("A-2", name="Cheap")
    told = {"subject": reference_of(back, "Cheap"), "at": 999}
    bell.ring(**told)
    back.tell("faults", {"error": 1.0})
    with pytest.raises(Unavailable):
        bell.read()
    back.tell("faults", {})

    assert bell.ring(**told)
    assert bell.read() == {"listing": 1}
    assert sell(sqlite_runtime).updated == 1


def test_a_product_deleted_at_the_shop_is_made_anew(sqlite_runtime: Runtime, make_bell: Any, back: Back) -> None:
    bell = make_bell(sqlite_runtime)
    reference = reference_of(back, "Lamp 2")
    back.take_away("A-2")

    bell.ring(topic="products/delete", subject=reference)
    bell.read()

    assert sell(sqlite_runtime).created == 1
    assert "A-2" in back.shown()


def test_an_uninstalled_app_disconnects_the_store(sqlite_runtime: Runtime, make_bell: Any) -> None:
    bell = make_bell(sqlite_runtime)

    bell.ring(topic="app/uninstalled", concerns="account", subject=None)
    bell.read()

    with sqlite_runtime.read(ANN) as unit:
        store = listings.get_store(unit, "corner")
    assert not store.is_active
    assert store.uninstalled_at is not None


def test_a_wrong_signature_is_refused_before_anything_is_read(sqlite_runtime: Runtime, make_bell: Any) -> None:
    bell = make_bell(sqlite_runtime)

    with pytest.raises(Unauthorized):
        listings.receive(sqlite_runtime, ANN, bell.store.id, {"X-Corner-Signature": "0" * 64}, b"{not json")

    with sqlite_runtime.read() as unit:
        assert unit.bulk.fetch("SELECT COUNT(*) FROM processed_hashes") == [(0,)]


def know_nobody(_credential: str, _address: str) -> None:
    raise Unauthenticated("nobody is known")


def test_the_door_takes_what_is_signed_and_nothing_else(sqlite_runtime: Runtime, make_bell: Any) -> None:
    bell = make_bell(sqlite_runtime)
    headers, body = bell.delivery(subject="1")
    place = f"/webhooks/{bell.store.id}"
    with TestClient(make_app(sqlite_runtime, identify=know_nobody)) as door:
        assert door.get("/health/live").json() == {"status": "ok"}
        assert door.post(place, headers=headers, content=body).json() == {"taken": True}
        assert door.post(place, headers=headers, content=body).json() == {"taken": False}
        answers = {
            "forged": door.post(place, headers=headers, content=body + b" "),
            "unsigned": door.post(place, content=body),
            "nobody's": door.post("/webhooks/01900000-0000-7000-8000-000000000000", headers=headers, content=body),
            "huge": door.post(place, headers=headers, content=b"x" * (5 * 1024 * 1024 + 1)),
        }
        with sqlite_runtime.write(ANN) as unit:
            listings.remove_store(unit, "corner")
        answers["gone"] = door.post(place, headers=headers, content=body)

    statuses = {what: answer.status_code for what, answer in answers.items()}
    assert statuses == {"forged": 401, "unsigned": 401, "nobody's": 404, "huge": 413, "gone": 410}
    assert {answer.json()["detail"] for what, answer in answers.items() if what != "huge"} == {"refused"}


def test_a_changed_product_leads_to_one_look_at_each_store(
    sqlite_runtime: Runtime, make_bell: Any, tmp_path: Path
) -> None:
    make_bell(sqlite_runtime)
    for factor in (2, 3):
        feed(sqlite_runtime, tmp_path, rows(3, factor=factor), guards={"price_change_pct": None})

    with sqlite_runtime.read() as unit:
        jobs = [kind for kind in job_kinds(unit) if kind == "listings.refresh"]
    assert len(jobs) == 1
    assert listings.look_over(sqlite_runtime, ANN, "corner") == 3
    with sqlite_runtime.read(ANN) as unit:
        assert {each.state for each in listings.list_listings(unit).data} == {"pending"}


def test_a_store_that_publishes_by_itself_is_sent_what_changed(
    sqlite_runtime: Runtime, make_bell: Any, back: Back, tmp_path: Path
) -> None:
    make_bell(sqlite_runtime)
    with sqlite_runtime.write(ANN) as unit:
        listings.set_selling(unit, "corner", {"auto_publish": "true"})
    feed(
        sqlite_runtime,
        tmp_path,
        [{**each, "name": f"New {each['sku']}"} for each in rows(3)],
        guards={"rename_pct": None},
    )

    listings.look_over(sqlite_runtime, ANN, "corner")

    with sqlite_runtime.read() as unit:
        kinds = job_kinds(unit)
    assert "listings.publish" in kinds
    assert sell(sqlite_runtime).updated == 3
    assert back.shown()["A-1"]["name"] == "New A-1"
