"""Collections at the loopback Shopify: ours are made and filled, the shop's own are left alone."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from mercat.connectors.shopify.channel import ShopifyChannel
from mercat.sdk.channels import Shelf
from tests.connectors.shopify.drafts import draft, publish, recorded
from tests.connectors.shopify.loopback import Desk, Loopback, channel, loopback


@pytest.fixture
def shop() -> Iterator[Loopback]:
    with loopback() as opened:
        yield opened


@pytest.fixture
def sell(shop: Loopback) -> ShopifyChannel:
    return channel(shop, Desk().surroundings())


def test_a_shelf_becomes_one_collection(sell: ShopifyChannel, shop: Loopback) -> None:
    shelves = [
        Shelf(handle=handle, title=handle.rpartition("-")[2])
        for handle in ("furniture", "furniture-desks", "toys-desks")
    ]

    first = sell.ensure_collections(shelves)
    again = sell.ensure_collections([*shelves, shelves[0]])

    assert again == first
    assert len(set(first.values())) == 3
    made = {each["id"]: each["handle"] for each in shop.shop.state["collections"]}
    assert made[first["furniture-desks"]] == "furniture-desks"

    (shown,) = publish(sell, msgspec.structs.replace(draft(1), collection_references=(first["furniture-desks"],)))
    assert held_by(shop)[first["furniture-desks"]] == [shown.reference]


def held_by(shop: Loopback) -> dict[str, list[str]]:
    return {each["id"]: each["products"] for each in shop.shop.state["collections"]}


def test_a_product_moves_between_our_collections_and_keeps_its_place_in_others(
    sell: ShopifyChannel, shop: Loopback
) -> None:
    ours = sell.ensure_collections([Shelf(handle="old", title="Old"), Shelf(handle="new", title="New")])
    theirs = sell.ensure_collections([Shelf(handle="by-hand", title="By hand")])["by-hand"]
    first = msgspec.structs.replace(draft(1), collection_references=(ours["old"],))
    (shown,) = publish(sell, first)
    # Somebody puts it into a collection of the shop's own.
    shelved = recorded(first, shown)
    publish(sell, msgspec.structs.replace(shelved, collection_references=(ours["old"], theirs), joined_references=()))

    moved = msgspec.structs.replace(shelved, collection_references=(ours["new"],), joined_references=(ours["old"],))
    publish(sell, moved)

    held = held_by(shop)
    assert (held[ours["old"]], held[ours["new"]], held[theirs]) == ([], [shown.reference], [shown.reference])


def test_a_collection_says_what_it_is_told_and_one_that_is_gone_is_made_again(
    sell: ShopifyChannel, shop: Loopback
) -> None:
    [made] = sell.ensure_collections([Shelf(handle="sale", title="Sale", description="<p>Cheap</p>")]).values()
    told = Shelf(handle="sale", title="Summer sale", description="", seo_title="Sale!", reference=made)

    assert sell.ensure_collections([told]) == {"sale": made}
    [there] = [each for each in shop.shop.state["collections"] if each["id"] == made]
    assert (there["title"], there["handle"]) == ("Summer sale", "sale")

    gone = msgspec.structs.replace(told, handle="other", reference=made.replace("Collection/", "Collection/9"))
    [new] = sell.ensure_collections([gone]).values()
    assert new not in {made, gone.reference}
