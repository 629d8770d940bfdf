"""Products over HTTP: documents of any shape are answered, never failed at."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient


def nested(depth: int) -> str:
    return '{"x": ' * depth + "1" + "}" * depth


@pytest.mark.parametrize(
    "body",
    [
        '{"weight": 7.05e190}',
        '{"name": "a\\u0000b"}',
        '{"name": "\\ud800"}',
        '{"": {}}',
        *map(nested, (60, 61, 62, 63, 64, 65, 70)),
    ],
)
def test_a_document_that_nothing_can_keep_is_refused_as_input(api: TestClient, body: str) -> None:
    refused = api.post("/api/v1/products", content=body, headers={"Content-Type": "application/json"})

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
