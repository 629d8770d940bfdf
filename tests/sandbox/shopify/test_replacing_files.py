"""A file that productSet sends under a name that is taken: another one, or, where REPLACE asks for it, the same."""

from __future__ import annotations

import pytest

from tests.sandbox.shopify.conftest import Client


@pytest.mark.parametrize(("mode", "files"), [("REPLACE", 1), ("APPEND_UUID", 2)])
def test_a_name_that_is_taken_is_replaced_or_made_another(client: Client, mode: str, files: int) -> None:
    def picture(source: str) -> dict[str, str]:
        address = f"https://x.test/{source}.jpg"
        return {"originalSource": address, "filename": "lamp.jpg", "duplicateResolutionMode": mode}

    first = client.product(title="Lamp", files=[picture("a")])
    second = client.product(title="Another lamp", files=[picture("b")])

    same = first["media"]["nodes"][0]["id"] == second["media"]["nodes"][0]["id"]
    assert same == (files == 1)
    held = client.shop.state["files"]
    assert len(held) == files
    assert held[-1]["source"] == "https://x.test/b.jpg"
