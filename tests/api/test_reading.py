"""Reads without FastAPI's machinery: what a function is given, and what is said of a wrong query, is what FastAPI would."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import pytest
from fastapi import FastAPI, Path, Query
from starlette.responses import Response
from starlette.testclient import TestClient

from mercat.api.app import ROOMS
from mercat.api.reading import plain_reader
from mercat.api.routes import GIVEN, Room, Route, open_to_all
from mercat.api.turns import Turns
from mercat.domain.catalog.schemas import ProductQuery


def shown(number: Annotated[int, Path(ge=1)], owner: UUID, asked: Annotated[ProductQuery, Query()]) -> Response:
    return Response(f"{number} {owner} {asked.model_dump_json()}")


@pytest.fixture(scope="module")
def both() -> tuple[TestClient, TestClient]:
    """An application with FastAPI's own route, and one with ours."""
    place = "/{number}/{owner}"
    theirs, ours, room = FastAPI(), FastAPI(), Room("Shown", prefix="")
    theirs.get(place)(shown)
    room.get(place, **open_to_all())(shown)
    assert plain_reader(room.routes[0], GIVEN) is not None
    ours.router.routes.extend(room.routes)
    ours.state.turns, ours.state.recall = Turns(), None
    return TestClient(theirs), TestClient(ours)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "q=copy+paper&page=2&per_page=7",
        "status=draft&status=active&sku=A&sku=B&brand=&price_min=1.50",
        "page=1&page=3&q=a&q=b",
        "page=0&per_page=x&sort=colour&status=gone&price_max=1.23456",
        "unknown=1&unknown=2&other=&fields=name,nothing",
        "updated_at_min=yesterday&cursor=x&category=",
    ],
)
@pytest.mark.parametrize("place", ["/1/01a00000-0000-7000-8000-000000000000", "/0/nobody"])
def test_a_query_is_read_as_fastapi_reads_it(both: tuple[TestClient, TestClient], place: str, query: str) -> None:
    theirs, ours = (client.get(f"{place}?{query}") for client in both)

    assert (ours.status_code, ours.text) == (theirs.status_code, theirs.text)


def test_what_is_asked_for_most_is_read_so() -> None:
    plain = {
        each.name
        for room in ROOMS
        for each in room.routes
        if isinstance(each, Route) and plain_reader(each, GIVEN) is not None
    }

    assert {"list_products", "get_product", "list_categories", "list_jobs"} <= plain
