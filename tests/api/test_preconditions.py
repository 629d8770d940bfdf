"""What was read before it is changed: ``If-Match`` refuses what moved meanwhile, wherever something is read and changed."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

V1 = "/api/v1"
MADE = [
    ("suppliers", {"code": "acme", "name": "Acme"}, "suppliers/acme", {"name": "Other"}),
    ("categories", {"name": "Paper"}, None, {"name": "Other"}),
    ("collections", {"name": "Window"}, None, {"name": "Other"}),
    (
        "webhook-endpoints",
        {"name": "till", "url": "https://example.com/in", "events": ["product.updated"]},
        "webhook-endpoints/till",
        {"url": "https://example.com/other"},
    ),
]


def _id(made: dict[str, Any]) -> str:
    return str(made["category"]["id"] if "category" in made else made["id"])


@pytest.mark.parametrize(("path", "body", "place", "change"), MADE, ids=[path for path, *_ in MADE])
def test_what_moved_since_it_was_read_is_not_changed(
    api: TestClient, path: str, body: dict[str, object], place: str | None, change: dict[str, object]
) -> None:
    made = api.post(f"{V1}/{path}", json=body)
    assert made.status_code == 201, made.text
    address = f"{V1}/{place}" if place else f"{V1}/{path}/{_id(made.json())}"
    tag = api.get(address).headers["etag"]

    assert api.patch(address, json=change, headers={"If-Match": tag}).status_code == 200
    refused = api.patch(address, json=change, headers={"If-Match": tag})

    assert (refused.status_code, refused.json()["code"]) == (409, "stale")
    current = refused.json()["current"]["etag"]
    assert current == api.get(address).headers["etag"] != tag
    assert api.patch(address, json=change, headers={"If-Match": f'"other", {tag}'}).status_code == 409
    assert api.delete(address, headers={"If-Match": tag}).status_code in {405, 409}
    assert api.patch(address, json=change, headers={"If-Match": f'"other", W/{current}'}).status_code == 200


def test_any_state_will_do_where_that_is_said(api: TestClient) -> None:
    api.post(f"{V1}/suppliers", json={"code": "acme", "name": "Acme"})

    assert api.patch(f"{V1}/suppliers/acme", json={"name": "B"}, headers={"If-Match": "*"}).status_code == 200
