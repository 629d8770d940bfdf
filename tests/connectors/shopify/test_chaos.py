"""A shop where a fifth of all calls goes wrong, half of those after the work was done: in the end it holds what it should."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from mercat.connectors.shopify import normalised
from mercat.sandbox.shopify import Options
from mercat.sdk.channels import ListingDraft, Shown
from mercat.sdk.errors import RateLimited, Unavailable
from mercat.sdk.records import ImageRecord, Metafield, ProductRecord, VariantRecord
from tests.connectors.shopify.loopback import Desk, channel, loopback
from tests.pictures import picture, written

OWN = f"/media/{'a' * 64}.png"
FAULTS = {
    "429": 0.02,
    "500": 0.04,
    "502": 0.06,
    "drop": 0.02,
    "drop-written": 0.04,
    "throttle": 0.01,
    "expired": 0.02,
}


def draft(number: int, shown: Shown | None) -> ListingDraft:
    product = ProductRecord(
        handle=f"desk-{number}",
        name=f"Desk {number}" if shown is None else f"Better desk {number}",
        brand="Acme",
        tags=["office"],
        status="active",
        metafields={"custom.number": Metafield("number_integer", number)},
        # Two products share each picture, and half of them one that lies with us.
        images=[ImageRecord(url=f"https://images.example/desk-{number // 2}.jpg" if number % 4 < 2 else OWN)],
        variants=[
            VariantRecord(sku=f"D{number}-{size}", price="10.00", options={"Size": size}) for size in ("S", "M", "L")
        ],
    )
    made = ListingDraft(key=f"key-{number}", product=product)
    if shown is None:
        return made
    return msgspec.structs.replace(
        made,
        reference=shown.reference,
        variant_references={each.sku: each.reference for each in shown.variants if each.sku},
        image_references=shown.image_references,
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_the_shop_holds_every_product_once_whatever_was_lost(seed: int, tmp_path: Path) -> None:
    lying_here = {OWN: written(tmp_path, "own", picture())}
    with loopback(Options(plan="plus", faults=FAULTS, seed=seed, file_ready_after_s=0)) as shop:
        recorded: dict[str, Shown] = {}
        for is_known in (False, True):
            wanted = {f"key-{n}": draft(n, recorded.get(f"key-{n}") if is_known else None) for n in range(30)}
            done: dict[str, Shown] = {}
            for _ in range(100):
                # Each attempt is another process, which remembers what was recorded and nothing else.
                sell = channel(shop, Desk(pictures=lying_here).surroundings())
                try:
                    for outcome in sell.publish([each for key, each in wanted.items() if key not in done]):
                        if outcome.shown:
                            done[outcome.key] = outcome.shown
                        else:
                            assert isinstance(outcome.error, Unavailable), outcome.error
                except (RateLimited, Unavailable):
                    pass
                if len(done) == len(wanted):
                    break
            recorded = done
            assert len(done) == len(wanted)
        shop.shop.tell("faults", rates={})
        state, happened = shop.shop.state, shop.shop.ask("faults")["happened"]
        seen = {each.key: each for each in channel(shop, Desk().surroundings()).listings()}

    assert {"502", "500"} <= set(happened)
    assert len(state["products"]) == len(seen) == 30
    assert len(state["files"]) == 8 + 1
    everywhere = len(state["publications"])
    assert all(len(each["publications"]) == everywhere for each in state["products"])
    for key, each in wanted.items():
        assert seen[key].reference == recorded[key].reference
        assert [one.reference for one in seen[key].variants] == [one.reference for one in recorded[key].variants]
        for name in ("handle", "name", "brand", "tags", "metafields", "images"):
            assert getattr(seen[key].product, name) == getattr(normalised(each.product), name)
