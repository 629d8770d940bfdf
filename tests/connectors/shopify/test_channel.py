"""Selling through the loopback Shopify: what the shop holds afterwards, and what it cost to get there."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from mercat.connectors.shopify import images, normalised
from mercat.connectors.shopify.channel import ShopifyChannel
from mercat.sandbox.shopify import Options
from mercat.sdk.channels import ListingDraft, StockLevel
from mercat.sdk.errors import RateLimited, Rejected, Unavailable
from mercat.sdk.records import ImageRecord, Metafield, ProductRecord, VariantRecord
from tests.connectors.shopify.drafts import draft, publish, recorded
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


def test_the_account_tells_who_we_are_and_what_is_missing(sell: ShopifyChannel, shop: Loopback) -> None:
    assert sell.account().missing_scopes == ()

    shop.shop.tell("scopes", scopes=["read_products", "write_inventory", "read_locations"])
    account = sell.account()

    assert (account.name, account.currency) == ("Mercat Sandbox", "USD")
    assert len(account.places) == 2
    assert "write_products" in account.missing_scopes
    assert "read_inventory" not in account.missing_scopes


def test_one_product_is_one_call_once_the_shop_is_known(sell: ShopifyChannel, desk: Desk) -> None:
    first, *_ = publish(sell, draft(1), draft(2), draft(3))
    desk.calls.clear()

    publish(sell, recorded(draft(1), first, name="Renamed"))

    assert desk.sent() == ["ProductSet"]


def test_an_update_changes_what_is_stated_and_leaves_the_rest(sell: ShopifyChannel, shop: Loopback) -> None:
    (first,) = publish(sell, draft(1))
    change = ListingDraft(key="key-1", reference=first.reference, product=ProductRecord(name="Renamed"))

    (again,) = publish(sell, change)

    assert again.product.name == "Renamed"
    assert again.key == "key-1"
    assert [each.reference for each in again.variants] == [each.reference for each in first.variants]
    assert msgspec.structs.replace(again.product, name="Desk 1") == first.product
    assert len(shop.shop.state["files"]) == 1


def test_a_listing_whose_ids_were_forgotten_keeps_its_variants_and_pictures(
    sell: ShopifyChannel, shop: Loopback
) -> None:
    (first,) = publish(sell, draft(1))
    before = shop.snapshot()
    forgotten = msgspec.structs.replace(draft(1), reference=first.reference)

    (again,) = publish(sell, forgotten)

    assert shop.snapshot() == before
    assert again.variants == first.variants


def test_lists_are_replaced(sell: ShopifyChannel, shop: Loopback) -> None:
    (first,) = publish(sell, draft(1))
    left = [VariantRecord(sku="D1-L", price="12.00", options={"Size": "L"})]

    publish(sell, recorded(draft(1), first, variants=left, tags=[], images=[], metafields={}))

    (product,) = shop.shop.state["products"]
    assert [each["sku"] for each in product["variants"]] == ["D1-L"]
    assert [each["id"] for each in product["variants"]] == [first.variants[1].reference]
    assert (product["tags"], product["files"]) == ([], [])
    assert product["metafields"] == {"mercat.key": {"type": "id", "value": "key-1"}}


def test_products_are_seen_in_every_channel_of_the_shop(sell: ShopifyChannel, shop: Loopback) -> None:
    (first,) = publish(sell, draft(1))
    everywhere = [each["id"] for each in shop.shop.state["publications"]]
    (product,) = shop.shop.state["products"]

    assert everywhere
    assert sorted(product["publications"]) == sorted(everywhere)
    assert first.reference == product["id"]


def test_a_bad_draft_does_not_stop_the_others(sell: ShopifyChannel, desk: Desk) -> None:
    stranger = draft(2, handle="desk-1")
    nameless = draft(3, name=None)

    outcomes = list(sell.publish([draft(1), stranger, nameless, draft(4)]))

    assert [each.key for each in outcomes] == ["key-1", "key-2", "key-3", "key-4"]
    assert [each.error is None for each in outcomes] == [True, False, False, True]
    assert isinstance(outcomes[1].error, Rejected)
    assert outcomes[1].error.field == "handle"
    assert isinstance(outcomes[2].error, Rejected)
    assert desk.sent().count("ProductSet") == 3


def test_a_product_that_is_gone_from_the_shop_is_told(sell: ShopifyChannel) -> None:
    (first,) = publish(sell, draft(1))
    sell.withdraw(first.reference, delete=True)

    (outcome,) = sell.publish([recorded(draft(1), first)])

    assert isinstance(outcome.error, Rejected)
    assert outcome.error.field == "reference"


def test_one_silent_answer_is_one_outcome_and_three_are_the_shops(sell: ShopifyChannel, shop: Loopback) -> None:
    publish(sell, draft(1))
    shop.shop.tell("faults", next=["500", None, None, "500", "500", "500"])
    outcomes = sell.publish([draft(number) for number in range(2, 9)])

    assert isinstance(next(outcomes).error, Unavailable)
    assert next(outcomes).error is None
    with pytest.raises(Unavailable):
        list(outcomes)


def test_withdrawing_archives_or_deletes_and_may_be_repeated(sell: ShopifyChannel, shop: Loopback) -> None:
    kept, gone = publish(sell, draft(1), draft(2))

    for _ in range(2):
        sell.withdraw(kept.reference)
        sell.withdraw(gone.reference, delete=True)
    sell.withdraw(gone.reference)

    assert [(each["id"], each["status"]) for each in shop.shop.state["products"]] == [(kept.reference, "ARCHIVED")]


def test_the_shop_tells_what_it_shows(sell: ShopifyChannel) -> None:
    made = publish(sell, draft(1), draft(2), draft(3))

    everything = list(sell.listings())
    some = list(sell.listings(references=[made[1].reference, "gid://shopify/Product/999"]))

    assert [each.reference for each in everything] == [each.reference for each in made]
    assert [each.product for each in everything] == [each.product for each in made]
    assert [each.product.images for each in made] == [normalised(draft(n).product).images for n in (1, 2, 3)]
    assert [each.key for each in everything] == ["key-1", "key-2", "key-3"]
    assert [each.reference for each in some] == [made[1].reference]


def test_only_what_changed_since_is_told(sell: ShopifyChannel) -> None:
    publish(sell, draft(1))
    (later,) = sell.listings()
    assert later.updated_at is not None
    assert [each.key for each in sell.listings(since=later.updated_at)] == ["key-1"]
    assert list(sell.listings(since=later.updated_at.replace(year=2100))) == []


def test_more_variants_than_an_answer_brings_are_all_shown(sell: ShopifyChannel) -> None:
    many = [VariantRecord(sku=f"M-{number}", price="1.00", options={"Number": str(number)}) for number in range(120)]

    (shown,) = publish(sell, draft(1, variants=many))
    (seen,) = sell.listings(references=[shown.reference])

    assert [each.sku for each in shown.variants] == [each.sku for each in many]
    assert [each.reference for each in seen.variants] == [each.reference for each in shown.variants]


def test_pictures_are_sent_once(sell: ShopifyChannel, shop: Loopback) -> None:
    (first,) = publish(sell, draft(1))
    another = ImageRecord(url="https://images.example/another.png", alt_text="Another")

    (again,) = publish(sell, recorded(draft(1), first, images=[another, *(draft(1).product.images or [])]))

    files = shop.shop.state["files"]
    assert len(files) == 2
    assert [each.url for each in again.product.images or []] == [
        images.normalised(another.url),
        images.normalised("https://images.example/desk-1.jpg"),
    ]


def test_only_the_first_call_into_an_empty_bucket_is_throttled() -> None:
    desk = Desk(longest_pause_s=10)
    with loopback(Options(plan="plus", file_ready_after_s=0, cost_curve="linear")) as shop:
        shop.shop.tell("bucket")
        answered = publish(channel(shop, desk.surroundings()), *(draft(number) for number in range(8)))
        sent = desk.sent()

    assert len(answered) == 8
    assert sent.count("ProductSet") == sent.count("Publish") == 8
    assert [name for name in sent if name not in {"ProductSet", "Publish"}] in (
        ["access_token", "Definitions", "MetafieldDefine", "MetafieldDefine", "Publications"],
        ["access_token", "Definitions", "Definitions", "MetafieldDefine", "MetafieldDefine", "Publications"],
    )


def test_the_merchants_own_fields_are_defined_before_their_first_product_and_once(
    sell: ShopifyChannel, shop: Loopback, desk: Desk
) -> None:
    fields = {
        "custom.seat_height": Metafield("number_integer", 46),
        "shopify--discovery.related": Metafield("single_line_text_field", "another app's"),
    }
    publish(sell, draft(1, metafields=fields), draft(2, metafields=fields), draft(3))

    assert desk.sent().count("Definitions") == 1
    defined = {f"{each['namespace']}.{each['key']}": each for each in shop.shop.state["definitions"]}
    assert sorted(defined) == ["custom.oak", "custom.seat_height", "mercat.key"]
    assert (defined["custom.seat_height"]["name"], defined["custom.seat_height"]["type"]) == (
        "Seat height", "number_integer",
    )  # fmt: skip

    desk.calls.clear()
    publish(channel(shop, desk.surroundings()), draft(4, metafields=fields))
    assert (desk.sent().count("Definitions"), desk.sent().count("MetafieldDefine")) == (1, 0)


def test_a_field_that_the_shop_has_as_something_else_is_told_before_it_is_sent(
    sell: ShopifyChannel, desk: Desk
) -> None:
    publish(sell, draft(1))
    desk.calls.clear()

    (outcome,) = sell.publish([draft(2, metafields={"custom.oak": Metafield("number_integer", 1)})])

    assert isinstance(outcome.error, Rejected)
    assert outcome.error.field == "custom.oak"
    assert "is a boolean, not a number_integer" in outcome.error.message
    assert "ProductSet" not in desk.sent()


def test_a_shop_that_throttles_everything_is_rate_limited(sell: ShopifyChannel, shop: Loopback) -> None:
    shop.shop.tell("faults", next=["throttle"] * 20)

    with pytest.raises(RateLimited) as raised:
        sell.account()
    assert raised.value.after_s > 0


def test_webhooks_are_subscribed_to_once(sell: ShopifyChannel, shop: Loopback) -> None:
    first = sell.subscribe("https://hub.example/webhooks/1")
    again = sell.subscribe("https://hub.example/webhooks/1")

    told = shop.shop.state["webhooks"]
    assert sorted(each["topic"] for each in told) == sorted(first) == sorted(again)
    assert "PRODUCTS_UPDATE" in first


def stocked(sell: ShopifyChannel) -> tuple[str, str, str]:
    """Two inventory items, and a location."""
    (shown,) = publish(sell, draft(1))
    first, second = (str(each.stock_reference) for each in shown.variants)
    return first, second, sell.account().places[0].reference


def level(item: str, place: str, quantity: int, expected: int | None, key: str = "m") -> StockLevel:
    return StockLevel(item, place, quantity, expected, f"{key}-{item}-{quantity}")


def quantities(sell: ShopifyChannel, place: str) -> list[int | None]:
    (shown,) = sell.listings()
    return [each.quantities.get(place) for each in shown.variants]


def test_stock_is_set_where_it_was_never_kept_and_then_compared(sell: ShopifyChannel) -> None:
    first, second, place = stocked(sell)
    assert [each.error for each in sell.set_stock([level(first, place, 5, None), level(second, place, 7, 0)])] == [
        None,
        None,
    ]
    assert quantities(sell, place) == [5, 7]

    outcomes = {
        each.key: each.error
        for each in sell.set_stock([level(first, place, 6, 5), level(second, place, 8, 99, "stale")])
    }

    assert outcomes[f"m-{first}-6"] is None
    stale = outcomes[f"stale-{second}-8"]
    assert isinstance(stale, Rejected)
    assert stale.field == "expected"
    assert quantities(sell, place) == [6, 7]


def test_a_stock_movement_whose_answer_was_lost_moves_once(sell: ShopifyChannel, shop: Loopback) -> None:
    first, second, place = stocked(sell)
    list(sell.set_stock([level(first, place, 5, None), level(second, place, 5, None)]))
    movement = [level(first, place, 4, 5), level(second, place, 3, 5)]
    shop.lose_answer_after(0)

    with pytest.raises(Unavailable):
        list(sell.set_stock(movement))

    assert [each.error for each in sell.set_stock(movement)] == [None, None]
    assert quantities(sell, place) == [4, 3]


def test_an_item_that_is_not_there_is_refused_alone(sell: ShopifyChannel) -> None:
    first, _, place = stocked(sell)
    nobody = "gid://shopify/InventoryItem/999999"

    outcomes = {
        each.key: each.error for each in sell.set_stock([level(first, place, 5, None), level(nobody, place, 1, None)])
    }

    assert outcomes[f"m-{first}-5"] is None
    assert isinstance(outcomes[f"m-{nobody}-1"], Rejected)
