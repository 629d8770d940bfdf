"""What every page of the dashboard fulfils, whatever it shows: a new page is judged here by itself."""

from __future__ import annotations

from html.parser import HTMLParser
from re import findall, sub

import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import expect
from starlette.testclient import TestClient

from mercat.core.unit import Runtime
from mercat.domain.access.service import ROLES
from mercat.web import nav
from mercat.web.pages import STATIC
from tests.web import work
from tests.web.browsing import (
    LARGEST_PAGE,
    LARGEST_SCRIPT,
    LARGEST_STYLES,
    faults_of_access,
    sideways,
    weights,
)
from tests.web.conftest import Named, Open, whole
from tests.web.goods import PASSWORD, PEOPLE
from tests.web.places import EXAMPLES, FACES, address_of, is_open, pages, permission_of, routes

# What a stranger sees: whoever is in, and a house that has somebody, are led on from there.
STRANGERS = {"/login"}
ONCE = {"/setup"}


def visited() -> list[APIRoute]:
    return [route for route in pages() if route.path not in ONCE]


@pytest.mark.parametrize("route", visited(), ids=lambda route: route.path)
def test_a_page_is_whole(open_page: Open, named: Named, route: APIRoute):
    """No console message, no failed request, no other host; axe in both themes; no sideways scroll; its weight."""
    watched = open_page(address_of(route, named), who=None if route.path in STRANGERS else "ada")
    page = watched.page

    assert faults_of_access(page) == []
    assert sideways(page) == {}
    weighed = weights(page)
    assert weighed["page"] < LARGEST_PAGE
    assert 0 < weighed["script"] < LARGEST_SCRIPT
    assert 0 < weighed["styles"] < LARGEST_STYLES


def test_further_faces_of_a_page_are_whole(open_page: Open):
    page = open_page("/products").page
    for address in FACES:
        page.goto(address, wait_until="load")
        assert faults_of_access(page, faces=((1440, "light"),)) == [], address
        assert sideways(page) == {}, address


@pytest.mark.parametrize("address", ["/nowhere", "/login?next=//evil.example"])
def test_a_page_of_a_problem_is_whole_too(open_page: Open, address: str):
    watched = open_page(address, who="vera" if address == "/nowhere" else None, expect=(404,))

    assert faults_of_access(watched.page) == []
    assert sideways(watched.page) == {}


def test_every_page_has_an_address_that_is_visited():
    """A page whose address has a part in braces gets an example in ``places.EXAMPLES``."""
    assert {route.path for route in pages() if "{" in route.path} == EXAMPLES.keys()


def test_every_link_of_the_navigation_leads_to_a_page():
    known = {route.path: permission_of(route) for route in routes()}
    links = [link for _, some in nav.GROUPS for link in some]

    assert [link.url for link in [*links, nav.MORE] if link.url not in known] == []
    assert [link.url for link in links if known[link.url] != link.permission] == []
    assert set(nav.SHORT) <= {link.url for link in links}


class Reader(HTMLParser):
    """What a page offers to send."""

    def __init__(self) -> None:
        super().__init__()
        self.actions: set[str] = set()
        self._form: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form" and given.get("method") == "post":
            self._form = given.get("action") or ""
        if tag == "button" and given.get("type") != "button":
            target = given.get("formaction") or self._form
            if target:
                self.actions.add(target)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


@pytest.fixture
def people(shop: Runtime) -> dict[str, TestClient]:
    clients = {}
    for name in PEOPLE:
        client = TestClient(whole(shop), headers={"Sec-Fetch-Site": "same-origin"})
        client.post("/login", data={"name": name, "password": PASSWORD})
        clients[name] = client
    return clients


def test_a_page_is_there_for_those_who_may_see_it_and_offers_nothing_that_would_be_refused(
    people: dict[str, TestClient], named: Named
):
    wrong = []
    posts = [(route, route.path_regex) for route in routes() if "POST" in route.methods]
    for route in visited():
        if is_open(route):
            continue
        for name, role in PEOPLE.items():
            permission = permission_of(route)
            may = permission is None or permission in ROLES[role]
            answer = people[name].get(address_of(route, named), follow_redirects=False)
            if answer.status_code != (200 if may else 403):
                wrong.append((route.path, role, answer.status_code))
                continue
            reader = Reader()
            reader.feed(answer.text)
            for action in reader.actions:
                [target] = [each for each, pattern in posts if pattern.match(action.partition("?")[0])][:1] or [None]
                needed = None if target is None or is_open(target) else permission_of(target)
                if target is None or (needed is not None and needed not in ROLES[role]):
                    wrong.append((route.path, role, f"offers {action}"))

    assert wrong == []


def test_a_stranger_sees_nothing_but_the_sign_in(shop: Runtime):
    stranger = TestClient(whole(shop), headers={"Sec-Fetch-Site": "same-origin"}, follow_redirects=False)
    closed = [route for route in routes() if not is_open(route)]
    addresses = {route.path for route in closed if "{" not in route.path and "GET" in route.methods}

    led = {address: stranger.get(address) for address in [*addresses, "/nowhere", "/products.csv"]}

    assert {answer.status_code for answer in led.values()} == {303}
    assert all(answer.headers["location"].startswith("/login") for answer in led.values())


def test_what_is_posted_by_another_site_is_refused(shop: Runtime):
    client = TestClient(whole(shop), headers={"Sec-Fetch-Site": "same-origin"})
    client.post("/login", data={"name": "ada", "password": PASSWORD})
    unsafe = [route for route in routes() if "POST" in route.methods]

    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": ""},
    ):
        for route in unsafe:
            address = sub(r"\{\w+:uuid\}", str(work.RUNNING), route.path).replace("{", "").replace("}", "")
            answer = client.post(address, headers=headers, follow_redirects=False)
            assert answer.status_code == 403, (route.path, headers)
    assert client.get("/products").status_code == 200


def test_every_icon_is_drawn():
    templates = STATIC.parent.joinpath("templates").rglob("*.html")
    used = {name for path in templates for name in findall(r'icon\("([\w-]+)"', path.read_text("utf-8"))}
    used |= {link.icon for _, some in nav.GROUPS for link in some} | {nav.MORE.icon}
    drawn = set(findall(r'symbol id="([\w-]+)"', STATIC.joinpath("icons.svg").read_text("utf-8")))

    assert used - drawn == set()


def test_a_theme_is_kept_in_the_browser(open_page: Open):
    page = open_page("/products").page

    page.get_by_role("button", name="Switch light and dark").click()
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
