"""Jumping anywhere: one search over products, change sets and pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from mercat.core.lists import ListQuery, list_rows
from mercat.core.unit import ReadUnit
from mercat.domain.catalog import service as catalog
from mercat.web import nav
from mercat.web.pages import Page
from mercat.web.routes import Caller, House, Pages, Shown, needs

router = Pages()
_MOST = 6
# Icon, title, what it is, address.
Hit = tuple[str, str, str, str]


@router.get("/search", **needs(None))
def search(runtime: House, caller: Caller, page: Shown, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Products, change sets and pages that these words find; without words, all pages."""
    wanted = q.strip()
    hits = _places(page, wanted)
    if wanted and page.may("catalog.read"):
        with runtime.read(caller) as unit:
            hits = [*_products(unit, wanted), *_sets(unit, wanted), *hits]
    return page.show("search.html", q=wanted, hits=hits)


def _places(page: Page, wanted: str) -> list[Hit]:
    links = [link for _, some in nav.GROUPS for link in some if page.may(link.permission)]
    return [(each.icon, each.title, "page", each.url) for each in links if wanted.lower() in each.title.lower()]


def _products(unit: ReadUnit, wanted: str) -> list[Hit]:
    found = catalog.list_products(unit, q=wanted, per_page=_MOST)
    return [("box", each.name, each.sku or each.handle, f"/products/{each.handle}") for each in found.data]


def _sets(unit: ReadUnit, wanted: str) -> list[Hit]:
    found = list_rows(unit, catalog.CHANGE_SETS, ListQuery(q=wanted, per_page=_MOST))
    return [("history", each["title"], each["status"], f"/changes/{each['id']}") for each in found.data]
