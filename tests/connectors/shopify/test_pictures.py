"""Pictures that lie with us at the loopback Shopify: uploaded once, known again, named where they cannot be shown."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from mercat.connectors.shopify import normalised
from mercat.sdk.channels import ListingDraft, Shown
from mercat.sdk.errors import Rejected, Unavailable
from mercat.sdk.pictures import OwnPicture
from mercat.sdk.records import ImageRecord
from tests.connectors.shopify.drafts import draft, publish, recorded
from tests.connectors.shopify.loopback import Desk, Loopback, channel, loopback
from tests.pictures import picture


@pytest.fixture
def shop() -> Iterator[Loopback]:
    with loopback() as opened:
        yield opened


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk()
    for colour, kind, ending in (("teal", "JPEG", "jpg"), ("red", "PNG", "png")):
        data = picture(kind, colour=colour)
        digest = sha256(data).hexdigest()
        (tmp_path / digest).write_bytes(data)
        desk.pictures[OwnPicture(digest, ending).address] = tmp_path / digest
    return desk


def with_pictures(desk: Desk, number: int = 1, **fields: Any) -> ListingDraft:
    own = [ImageRecord(url=url, alt_text=f"Picture {place}") for place, url in enumerate(desk.pictures)]
    return draft(number, images=[own[0], ImageRecord(url="https://images.example/desk.jpg"), own[1]], **fields)


def remembered(made: Shown, wanted: ListingDraft) -> ListingDraft:
    """The next draft of somebody who lost what the shop calls the pictures."""
    return msgspec.structs.replace(recorded(wanted, made), image_references={})


def test_pictures_are_uploaded_once_and_shown_in_their_order(shop: Loopback, desk: Desk):
    sell = channel(shop, desk.surroundings())
    (made,) = publish(sell, with_pictures(desk))

    names = {each["id"]: each["filename"] for each in shop.shop.state["files"]}
    (product,) = shop.shop.state["products"]
    assert [each["alt"] or "" for each in product["files"]] == ["Picture 0", "", "Picture 1"]
    assert desk.sent().count("upload") == 2
    for (url, path), file in zip(desk.pictures.items(), (product["files"][0], product["files"][2]), strict=True):
        assert names[file["id"]].startswith("picture-")
        assert made.image_references[url] == file["id"]
        served = f"{shop.opens['base_url']}/cdn/shop/files/{names[file['id']]}"
        assert httpx2.get(served).content == path.read_bytes()
    assert normalised(with_pictures(desk).product).images == made.product.images

    for known in (recorded(with_pictures(desk), made), remembered(made, with_pictures(desk))):
        desk.calls.clear()
        publish(channel(shop, desk.surroundings()), known)
        assert {"upload", "StagedUpload"}.isdisjoint(desk.sent())
    # Another product shows the same ones.
    publish(channel(shop, desk.surroundings()), with_pictures(desk, 2))
    assert "upload" not in desk.sent()
    assert len(shop.shop.state["files"]) == 3


@pytest.mark.parametrize("lost", ["upload", "answer"])
def test_what_was_killed_before_or_after_leaves_one_picture(shop: Loopback, desk: Desk, lost: str):
    first = channel(shop, desk.surroundings())
    publish(first, draft(9))
    # Files, StagedUpload and then ProductSet: not done at all, or done with its answer lost.
    shop.shop.tell("faults", next=[None, None, "500" if lost == "upload" else "502"])
    (failed,) = first.publish([with_pictures(desk)])
    assert isinstance(failed.error, Unavailable)
    assert desk.sent().count("upload") == 2

    publish(channel(shop, desk.surroundings()), with_pictures(desk))

    product = next(each for each in shop.shop.state["products"] if each["handle"] == "desk-1")
    assert len(product["files"]) == 3
    assert len(shop.shop.state["files"]) == 4


def test_a_picture_that_is_gone_or_refused_is_named_and_stops_no_other(shop: Loopback, desk: Desk):
    gone = f"/media/{'0' * 64}.jpg"
    bad = [draft(1, images=[ImageRecord(url=gone)]), with_pictures(desk, 2)]

    lost, made = channel(shop, desk.surroundings()).publish(bad)

    assert isinstance(lost.error, Rejected)
    assert (lost.error.field, f"{gone} cannot be shown: it is no longer kept here" in lost.error.message) == (
        "images",
        True,
    )
    assert made.error is None


def test_a_batch_brings_pictures_along(shop: Loopback, desk: Desk):
    sell = channel(shop, desk.surroundings())
    publish(sell, draft(9))
    desk.calls.clear()
    wanted = [with_pictures(desk, number) for number in range(1, 31)]

    batch = sell.submit(wanted, key="batch-1")
    while (batch := sell.look(batch.reference)).state == "running":
        shop.shop.tell("clock", forward_s=5)
    outcomes = list(sell.outcomes(batch.reference, [each.key for each in wanted]))

    assert [each.error for each in outcomes] == [None] * 30
    # Two pictures, the batch, and its publication.
    assert desk.sent().count("upload") == 4
    assert len(shop.shop.state["files"]) == 4
    assert sell.submit(wanted, key="batch-1").reference == batch.reference
    assert desk.sent().count("upload") == 4


def test_a_shop_that_lets_us_see_no_files_gets_them_anyway(shop: Loopback, desk: Desk):
    sell = channel(shop, desk.surroundings())
    scopes = [each for each in sell.account().scopes if "files" not in each]
    shop.shop.tell("scopes", scopes=scopes)

    publish(sell, with_pictures(desk))
    publish(channel(shop, desk.surroundings()), with_pictures(desk))

    assert len(shop.shop.state["files"]) == 3
