"""Coming in and going out, by what a browser sends and gets."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from starlette.testclient import TestClient

from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from mercat.web.guard import COOKIE
from tests.web.conftest import Open, whole
from tests.web.goods import PASSWORD, TERMINAL

ADA = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}


@pytest.fixture
def ada(sqlite_runtime: Runtime) -> None:
    access.create_user(sqlite_runtime, TERMINAL, access.UserDraft(**ADA, role="admin"))


def test_the_first_visitor_makes_the_administrator_and_is_in(visitor: TestClient, sqlite_runtime: Runtime):
    assert visitor.get("/").url.path == "/setup"

    assert visitor.post("/setup", data=ADA).url.path == "/"

    with sqlite_runtime.read() as unit:
        assert access.get_user(unit, "ada").role == "admin"
    assert visitor.get("/setup").url.path == "/"
    assert visitor.post("/setup", data={**ADA, "username": "eve"}).url.path == "/"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"password": "short"}, "password"), ({"email": "nowhere"}, "email"), ({"username": "?"}, "username")],
)
def test_what_is_wrong_with_the_set_up_stands_by_its_field(visitor: TestClient, wrong: dict[str, str], said: str):
    answer = visitor.post("/setup", data={**ADA, **wrong})

    assert answer.status_code == 422
    assert f"id=e-{said}>" in answer.text
    assert ADA["password"] not in answer.text


@pytest.mark.usefixtures("ada")
def test_a_sign_in_leads_back_to_where_one_wanted_to_go(visitor: TestClient):
    asked = visitor.get("/products?status=active")
    assert asked.url.path == "/login"

    back = asked.url.params["next"]
    answer = visitor.post("/login", data={"name": "ada", "password": PASSWORD, "back": back}, follow_redirects=False)

    assert answer.headers["location"] == "/products?status=active"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie


@pytest.mark.usefixtures("ada")
def test_over_https_the_cookie_travels_nowhere_else(sqlite_runtime: Runtime):
    client = TestClient(
        whole(sqlite_runtime), base_url="https://shop.example", headers={"Origin": "https://shop.example"}
    )

    answer = client.post("/login", data={"name": "ada", "password": PASSWORD}, follow_redirects=False)

    assert answer.status_code == 303
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_a_sign_in_leads_nowhere_else(visitor: TestClient, back: str):
    answer = visitor.post("/login", data={"name": "ada", "password": PASSWORD, "back": back}, follow_redirects=False)

    assert answer.headers["location"] == "/"


@pytest.mark.usefixtures("ada")
def test_a_wrong_password_says_no_more_than_a_wrong_name(visitor: TestClient):
    wrong = visitor.post("/login", data={"name": "ada", "password": "green lamps four"})
    nobody = visitor.post("/login", data={"name": "eve", "password": "green lamps four"})

    assert (wrong.status_code, nobody.status_code) == (422, 422)
    said = [re.search(r"role=alert>(.*?)</p>", answer.text) for answer in (wrong, nobody)]
    assert said[0] is not None
    assert said[1] is not None
    assert said[0][1] == said[1][1]
    assert COOKIE not in visitor.cookies


@pytest.mark.usefixtures("ada")
def test_a_session_ends_when_one_signs_out_and_when_it_is_revoked(visitor: TestClient, sqlite_runtime: Runtime):
    sign_in = {"name": "ada", "password": PASSWORD}
    visitor.post("/login", data=sign_in)
    secret = visitor.cookies[COOKIE]
    assert visitor.get("/products").status_code == 200

    visitor.post("/logout")
    visitor.cookies.set(COOKIE, secret)
    assert visitor.get("/products").url.path == "/login"

    visitor.cookies.clear()
    visitor.post("/login", data=sign_in)
    access.revoke_sessions(sqlite_runtime, TERMINAL, "ada")
    assert visitor.get("/products").url.path == "/login"


@pytest.mark.usefixtures("ada")
def test_a_browsers_secret_opens_nothing_for_a_program(visitor: TestClient):
    visitor.post("/login", data={"name": "ada", "password": PASSWORD})
    secret = visitor.cookies[COOKIE]
    assert visitor.get("/products").status_code == 200

    as_bearer = visitor.get("/api/v1/products", headers={"Authorization": f"Bearer {secret}"})
    refreshed = visitor.post("/api/v1/auth/refresh", json={"refresh_token": secret})

    assert as_bearer.status_code == 401
    assert refreshed.status_code == 401
    assert visitor.get("/api/v1/products").status_code == 401
    assert visitor.get("/products").status_code == 200


def test_the_set_up_is_done_in_a_browser_and_can_be_read_by_everybody(open_page: Open):
    # The server of these tests is set up already, and says so.
    page = open_page("/setup", who=None).page

    expect(page.get_by_role("heading", name="Sign in to Mercat")).to_be_visible()


@pytest.mark.parametrize("has_script", [True, False])
def test_one_signs_in_and_out_with_and_without_script(open_page: Open, has_script: bool):
    page = open_page("/login?next=/more", who=None, java_script_enabled=has_script).page

    page.get_by_label("User name or e-mail").fill("olga")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="All places")).to_be_visible()
    page.locator("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to Mercat")).to_be_visible()
