"""Many products at once, and all of them back: whatever is lost on the way, once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from mercat.connectors.shopify.bulk_operations import name_of
from mercat.connectors.shopify.channel import ShopifyChannel
from mercat.sandbox.shopify import Options
from mercat.sdk.channels import Batch, ListingDraft, Outcome
from mercat.sdk.errors import RateLimited, Rejected, Unavailable
from mercat.sdk.records import ImageRecord, Metafield, ProductRecord, VariantRecord
from tests.connectors.shopify.loopback import Desk, Loopback, channel, loopback


@pytest.fixture
def shop() -> Iterator[Loopback]:
    with loopback() as opened:
        yield opened


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def sell(shop: Loopback, desk: Desk) -> ShopifyChannel:
    return channel(shop, desk.surroundings())


def draft(number: int, **fields: Any) -> ListingDraft:
    stated: dict[str, Any] = {
        "handle": f"desk-{number}",
        "name": f"Desk {number}",
        "metafields": {"custom.number": Metafield("number_integer", number)},
        "images": [ImageRecord(url=f"https://images.example/desk-{number}.jpg")],
        "variants": [
            VariantRecord(sku=f"D{number}-{size}", price="10.00", options={"Size": size}) for size in ("S", "L")
        ],
    }
    return ListingDraft(key=f"key-{number}", product=ProductRecord(**(stated | fields)))


DRAFTS = [draft(number) for number in range(30)]
KEYS = [each.key for each in DRAFTS]


def finished(sell: ShopifyChannel, batch: Batch) -> Batch:
    until = time.monotonic() + 30
    while batch.state == "running" and time.monotonic() < until:
        batch = sell.look(batch.reference)
        time.sleep(0.02)
    return batch


def outcomes(sell: ShopifyChannel, batch: Batch, keys: list[str] | None = None) -> dict[str, Outcome]:
    done = finished(sell, batch)
    assert done.state == "done", done
    return {each.key: each for each in sell.outcomes(done.reference, keys or KEYS)}


def operations(shop: Loopback) -> list[str]:
    return [each["query"] for each in shop.shop.state["bulk_operations"] if each["type"] == "MUTATION"]


def test_a_batch_makes_every_product_seen_everywhere(sell: ShopifyChannel, shop: Loopback) -> None:
    found = outcomes(sell, sell.submit(iter(DRAFTS), key="batch-1"))

    state = shop.shop.state
    everywhere = sorted(each["id"] for each in state["publications"])
    assert sorted(found) == sorted(KEYS)
    assert all(each.shown is not None and each.shown.key == key for key, each in found.items())
    assert [each["handle"] for each in state["products"]] == [each.product.handle for each in DRAFTS]
    assert all(sorted(each["publications"]) == everywhere for each in state["products"])


def test_a_batch_costs_no_points_for_its_products(sell: ShopifyChannel, desk: Desk) -> None:
    outcomes(sell, sell.submit(DRAFTS, key="batch-1"))

    assert not {"ProductSet", "Publish"} & set(desk.sent())


def test_the_same_key_finds_the_batch_that_is_there(sell: ShopifyChannel, shop: Loopback) -> None:
    first = sell.submit(DRAFTS, key="batch-1")
    again = channel(shop, Desk().surroundings()).submit(DRAFTS, key="batch-1")
    other = sell.submit(DRAFTS[:1], key="batch-2")

    assert again.reference == first.reference
    assert other.reference != first.reference
    assert name_of("batch-1") in operations(shop)[0]


@pytest.mark.parametrize("lost", [0, 1, 2, 3, 4])
def test_whatever_answer_is_lost_the_batch_is_sent_once(sell: ShopifyChannel, shop: Loopback, lost: int) -> None:
    shop.lose_answer_after(lost)
    with pytest.raises(Unavailable):
        sell.submit(DRAFTS, key="batch-1")

    found = outcomes(sell, sell.submit(DRAFTS, key="batch-1"))

    assert [each.error for each in found.values()] == [None] * len(DRAFTS)
    assert [name_of("batch-1") in text and "_publish" not in text for text in operations(shop)].count(True) == 1
    assert shop.count() == len(DRAFTS)


def test_looking_on_publishes_once(sell: ShopifyChannel, shop: Loopback) -> None:
    batch = sell.submit(DRAFTS, key="batch-1")
    finished(sell, batch)
    for _ in range(3):
        sell.look(batch.reference)

    assert len(operations(shop)) == 2


def test_a_line_that_is_refused_is_its_own_drafts_error(sell: ShopifyChannel) -> None:
    drafts = [draft(1), draft(2, handle="desk-1"), draft(3)]
    found = outcomes(sell, sell.submit(drafts, key="batch-1"), ["key-1", "key-2", "key-3"])

    assert [each.error is None for each in found.values()] == [True, False, True]
    error = found["key-2"].error
    assert isinstance(error, Rejected)
    assert error.field == "handle"


def test_what_could_never_be_taken_is_named_and_nothing_is_sent(sell: ShopifyChannel, shop: Loopback) -> None:
    drafts = [draft(1), draft(2, name=None), draft(3, variants=[VariantRecord(sku="A", price="dear")])]

    with pytest.raises(Rejected) as refused:
        sell.submit(drafts, key="batch-1")

    named = refused.value.facts["rejected"]
    assert isinstance(named, dict)
    assert sorted(named) == ["key-2", "key-3"]
    assert operations(shop) == []


def test_a_second_batch_updates_by_ids_and_adds_no_picture(sell: ShopifyChannel, shop: Loopback) -> None:
    first = outcomes(sell, sell.submit(DRAFTS, key="batch-1"))
    before = shop.snapshot()
    known = [msgspec.structs.replace(each, reference=first[each.key].shown.reference) for each in DRAFTS]  # type: ignore[union-attr]

    second = outcomes(sell, sell.submit(known, key="batch-2"))

    assert shop.snapshot() == before
    assert [second[key].shown.variants for key in KEYS] == [first[key].shown.variants for key in KEYS]  # type: ignore[union-attr]


def test_a_product_that_could_not_be_published_is_not_taken_for_done(sell: ShopifyChannel, shop: Loopback) -> None:
    batch = sell.submit(DRAFTS[:3], key="batch-1")
    scopes = shop.opens["scopes"]
    shop.shop.tell("scopes", scopes=[scope for scope in scopes if scope != "write_publications"])

    found = outcomes(sell, batch, KEYS[:3])

    assert shop.count() == 3
    assert all(isinstance(each.error, Unavailable) for each in found.values())

    shop.shop.tell("scopes", scopes=scopes)
    again = outcomes(sell, sell.submit(DRAFTS[:3], key="batch-2"), KEYS[:3])
    assert all(each.error is None for each in again.values())
    assert shop.count() == 3


def test_more_batches_than_the_shop_runs_have_to_wait(desk: Desk) -> None:
    with loopback(Options(bulk_start_after_s=600)) as shop:
        sell = channel(shop, desk.surroundings())
        for number in range(5):
            assert sell.submit([draft(number)], key=f"batch-{number}").state == "running"

        with pytest.raises(RateLimited) as raised:
            sell.submit([draft(9)], key="batch-9")
        assert raised.value.after_s > 0
        assert sell.submit([draft(2)], key="batch-2").state == "running"


def test_a_batch_that_the_shop_does_not_know_has_failed(sell: ShopifyChannel) -> None:
    batch = sell.look("gid://shopify/BulkOperation/999999")

    assert batch.state == "failed"
    assert batch.message


def test_a_large_shop_is_read_by_one_bulk_query(sell: ShopifyChannel, desk: Desk) -> None:
    many = [draft(number) for number in range(260)]
    found = outcomes(sell, sell.submit(many, key="batch-1"), [each.key for each in many])
    desk.calls.clear()

    seen = {each.key: each for each in sell.listings()}

    assert desk.sent().count("BulkQuery") == 1
    assert "ProductsChanged" not in desk.sent()
    assert len(seen) == 260
    for key, outcome in found.items():
        assert key is not None
        assert outcome.shown is not None
        shown = seen[key]
        assert [(each.sku, each.reference) for each in shown.variants] == [
            (each.sku, each.reference) for each in outcome.shown.variants
        ]
        assert msgspec.structs.replace(shown.product, images=outcome.shown.product.images) == outcome.shown.product
        assert len(shown.product.images or []) == 1
