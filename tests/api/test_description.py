"""What the API says of itself: complete, with examples that are taken, and the same in the reference and on the page."""

from __future__ import annotations

import base64
import html
import re
from typing import Any

import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from mercat.api.app import ROOMS, openapi_of
from mercat.api.describing import operations_of
from mercat.api.errors import CODES
from mercat.api.reference import description, reference
from mercat.domain.access import service as access
from tests.api.conftest import KEY
from tests.architecture.house import ROOT

DOCS = "/api/v1/docs"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return description()


def test_every_operation_says_what_it_is(document: dict[str, Any]) -> None:
    found = list(operations_of(document))

    assert document["openapi"].startswith("3.1")
    assert len(found) > 150
    assert len({each.id for each in found}) == len(found)
    assert not [each.id for each in found if not re.fullmatch(r"[a-z]+(_[a-z]+)*", each.id)]
    assert not [each.id for each in found if not (each.summary and each.description and each.tag)]
    assert not [each.id for each in found if not each.is_open and each.permission not in {None, *access.PERMISSIONS}]
    assert not [each.summary for each in found if each.summary.istitle() and " " in each.summary]


def test_every_answer_that_has_a_body_says_what_is_in_it(document: dict[str, Any]) -> None:
    answers = [
        (each.id, status, told)
        for each in operations_of(document)
        for status, told in each.answers.items()
        if status.startswith("2") and status != "204"
    ]

    assert not [(id, status) for id, status, told in answers if not told.get("content")]
    assert not [
        (id, status) for id, status, told in answers if any(not kind.get("schema") for kind in told["content"].values())
    ]


def test_the_example_of_every_body_is_taken(api: TestClient) -> None:
    document = openapi_of(api.app)
    routes = {each.name: each for room in ROOMS for each in room.routes if isinstance(each, APIRoute)}
    tried = 0

    for each in operations_of(document):
        if "application/json" in each.body:
            field = routes[each.id].body_field
            TypeAdapter(field.field_info.annotation).validate_python(each.body["application/json"]["example"])
            tried += 1

    assert tried > 30


def test_the_reference_is_up_to_date(document: dict[str, Any]) -> None:
    written = (ROOT / "docs" / "reference" / "api.md").read_text("utf-8")

    assert written == reference(document), "run `python -m mercat.api.reference > docs/reference/api.md`"


def test_the_page_is_opened_by_a_browser_with_a_key_and_loads_nothing(stranger: TestClient) -> None:
    refused = stranger.get(DOCS)
    basic = "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
    page = stranger.get(DOCS, headers={"Authorization": basic})
    elsewhere = stranger.get("/api/v1/openapi.json")

    assert refused.status_code == 401
    assert [each.split()[0] for each in refused.headers.get_list("www-authenticate")] == ["Bearer", "Basic"]
    assert "Basic" not in elsewhere.headers["www-authenticate"]
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'; style-src 'unsafe-inline'" in page.headers["content-security-policy"]
    for each in operations_of(openapi_of(stranger.app)):
        assert f"<section id='{each.id}'>" in page.text
        assert html.escape(each.path) in page.text
    assert all(f"<code>{name}</code>" in page.text for name in (*CODES, *access.PERMISSIONS))
    assert not re.search(r"<script|<link|<img|@import|url\(|(src|href)=['\"]https?:", page.text)
    assert "`" not in page.text
