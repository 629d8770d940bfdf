"""Pictures of one's own over HTTP: bytes or a form, bounded, and fetched again."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from mercat.domain.media.looking import LARGEST_BYTES
from tests.pictures import photograph, picture

HERE = "/api/v1/products/L-1/pictures"


@pytest.fixture
def lamp(api: TestClient) -> TestClient:
    made = api.post(
        "/api/v1/products", json={"name": "Lamp", "variants": [{"sku": "L-1", "price": "9.5", "currency": "EUR"}]}
    )
    assert made.status_code == 201
    return api


def test_a_picture_is_sent_as_bytes_or_as_a_form_and_fetched(lamp: TestClient):
    first = lamp.post(HERE, params={"filename": "front.jpg", "alt_text": "The front"}, content=photograph())
    second = lamp.post(HERE, files={"file": ("side.png", picture())})
    again = lamp.post(HERE, content=picture())

    assert [each.status_code for each in (first, second, again)] == [201, 201, 200]
    told = first.json()["picture"]
    assert (told["width"], told["height"], told["filename"]) == (40, 20, "front.jpg")
    assert again.json() == {"change_set": None, "picture": second.json()["picture"]}
    shown = lamp.get("/api/v1/products/L-1").json()["images"]
    assert [(each["url"], each["alt_text"]) for each in shown] == [
        (told["url"], "The front"),
        (second.json()["picture"]["url"], None),
    ]

    fetched = lamp.get(f"/api/v1{told['url']}")
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, "image/jpeg")
    assert len(fetched.content) == told["file_size"]
    tag = {"If-None-Match": fetched.headers["etag"]}
    assert lamp.get(f"/api/v1{told['url']}", headers=tag).status_code == 304
    small = lamp.get(f"/api/v1{told['url']}", params={"size": "small"})
    assert small.headers["content-type"] == "image/webp"
    undone = lamp.post(f"/api/v1/change-sets/{first.json()['change_set']}/undo")
    assert undone.status_code in {200, 202}


def test_what_is_no_picture_or_too_large_is_refused(lamp: TestClient):
    refused = lamp.post(HERE, params={"filename": "a.jpg"}, content=b"\0\0\0\x18ftypheic")
    assert (refused.status_code, refused.json()["detail"].partition(":")[0]) == (422, "a.jpg cannot be taken")
    assert lamp.post("/api/v1/products/none/pictures", content=picture()).status_code == 404
    assert lamp.post(HERE, content=b"\0" * (LARGEST_BYTES + 100_000)).status_code == 413
    # In pieces, without saying how much there is.
    assert lamp.post(HERE, content=(b"\0" * 1_000_000 for _ in range(25))).status_code == 413
