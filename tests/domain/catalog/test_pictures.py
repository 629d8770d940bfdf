"""Pictures of one's own: kept once, shown by a change set, taken back, and gone when nobody ever needed them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mercat.core.actor import Actor
from mercat.core.errors import Invalid
from mercat.core.unit import Runtime
from mercat.domain import register_configurable, register_hearing, register_jobs
from mercat.domain.catalog import service as catalog
from mercat.domain.media import service as media
from mercat.domain.media.forgetting import drop
from mercat.domain.operations import service as operations
from tests.pictures import photograph, picture, written
from tests.shops import feed

ANN = Actor("user", "ann")
LAMPS = [{"sku": f"L-{n}", "name": f"Lamp {n}", "price": "9.50"} for n in (1, 2)]


@pytest.fixture
def shop(runtime: Runtime, tmp_path: Path) -> Runtime:
    for register in (register_hearing, register_jobs, register_configurable):
        register()
    feed(runtime, tmp_path, LAMPS)
    return runtime


def images(runtime: Runtime, sku: str = "L-1") -> list[str]:
    with runtime.read(ANN) as unit:
        return [each["url"] for each in catalog.get_product(unit, sku).document["images"]]


def kept(runtime: Runtime) -> int:
    return len(list(runtime.files.every()))


def test_files_become_pictures_once_and_undo_takes_them_away(shop: Runtime, tmp_path: Path):
    before = kept(shop)
    front = written(tmp_path, "front.jpg", photograph())
    files = [(front, "front.jpg"), (front, "again.jpg"), (written(tmp_path, "x.heic", b"\0\0\0\x18ftypheic"), "x.heic")]
    done = catalog.add_pictures(shop, ANN, "L-1", files, alt_text="The front")

    [added] = done.added
    [refused] = done.refused
    assert refused.startswith("x.heic cannot be taken: it is a HEIC picture")
    assert images(shop) == [added.address]
    assert kept(shop) == before + 1
    assert media.path_of(shop, ANN, added.address).read_bytes() != front.read_bytes()  # type: ignore[union-attr]

    again = catalog.add_pictures(shop, ANN, "L-1", files[:1])
    assert (again.change_set, again.there) == (None, [added])
    catalog.add_pictures(shop, ANN, "L-2", [(written(tmp_path, "b.png", picture()), "b.png"), files[0]])
    assert (len(images(shop, "L-2")), kept(shop)) == (2, before + 2)

    assert done.change_set is not None
    with shop.write(ANN) as unit:
        catalog.undo(unit, done.change_set.id)
    assert images(shop) == []
    assert media.path_of(shop, ANN, added.address) is not None


def test_a_picture_that_is_none_is_no_value(shop: Runtime):
    strange = f"/media/{'0' * 64}.jpg"
    with pytest.raises(Invalid, match="no picture is kept at /media/0000"), shop.write(ANN) as unit:
        catalog.edit(unit, "L-1", {"images": [{"url": strange}]})
    elsewhere = f"https://cdn.example{strange}"
    with shop.write(ANN) as unit:
        catalog.edit(unit, "L-1", {"images": [{"url": elsewhere}]})
    assert images(shop) == [elsewhere]


def test_what_no_change_ever_named_goes_and_what_one_names_stays(shop: Runtime, tmp_path: Path):
    shown, stated, orphan = (
        media.keep_picture(shop, ANN, written(tmp_path, f"{colour}.png", picture(colour=colour)), f"{colour}.png")
        for colour in ("red", "green", "blue")
    )
    with shop.write(ANN) as unit:
        catalog.edit(unit, "L-1", {"images": [{"url": shown.address}]})
        catalog.edit(unit, "L-1", {"images": []})
    # A feed may name one too, and nobody looks at each of its rows for that.
    feed(shop, tmp_path, [{**LAMPS[1], "image": stated.address}])
    assert images(shop, "L-2") == [stated.address]

    assert operations.tidy(shop, ANN, dry_run=True)["media_files"] == 0
    assert operations.tidy(shop, ANN, days=0)["media_files"] == 1
    # What the job does that was enqueued with it.
    assert drop(shop, ANN, [each.sha256 for each in (shown, orphan)]) == 1
    assert [media.path_of(shop, ANN, each.address) is None for each in (shown, stated, orphan)] == [False, False, True]
    assert not shop.files.path_of(orphan.sha256).exists()
    assert operations.tidy(shop, ANN, days=0, dry_run=True)["media_files"] == 0
