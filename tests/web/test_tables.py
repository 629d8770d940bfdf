"""The index table: the address is its state, by mouse, by keyboard, and without any script."""

from __future__ import annotations

import csv
import io
import json

import pytest
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from mercat.core.unit import Runtime
from tests.web.conftest import Open, whole
from tests.web.goods import PASSWORD


def rows(page: Page):
    return page.locator("#index tbody tr[tabindex]")


def test_a_filter_lives_in_the_address_and_goes_back_with_it(open_page: Open):
    page = open_page("/products").page
    page.keyboard.press("/")
    page.keyboard.type("lamp 8")
    page.wait_for_url("**/products?q=lamp+8")
    expect(page.locator("#q")).to_be_focused()

    page.get_by_role("navigation", name="Views").get_by_role("link", name="Draft").click()
    page.wait_for_url("**/products?status=draft")
    expect(page.locator("#pick-status")).to_have_text("Status: Draft")
    expect(rows(page).first.locator(".badge")).to_have_text("Draft")
    page.go_back()

    page.wait_for_url("**/products?q=lamp+8")
    expect(page.locator("#q")).to_have_value("lamp 8")


def test_filters_are_chosen_from_their_menus(open_page: Open):
    page = open_page("/products").page

    page.locator("#pick-status").click()
    page.get_by_role("checkbox", name="Draft").check()
    page.wait_for_url("**/products?status=draft")
    page.get_by_role("checkbox", name="Archived").check()
    page.wait_for_url("**/products?status=draft&status=archived")
    expect(page.locator("#pick-status")).to_have_text("Status: Draft +1")
    page.keyboard.press("Escape")
    expect(page.get_by_role("checkbox", name="Draft")).to_be_hidden()


def test_columns_sort_and_pages_turn(open_page: Open):
    page = open_page("/products").page

    page.get_by_role("columnheader", name="Price").get_by_role("link").click()
    page.wait_for_url("**/products?sort=price")
    expect(page.get_by_role("columnheader", name="Price")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("columnheader", name="Price").get_by_role("link").click()
    page.wait_for_url("**/products?sort=-price")
    expect(rows(page).first).to_contain_text("€60.90")

    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**/products?sort=-price&page=2")
    expect(page.locator("#index .more")).to_contain_text("13 to 24 of 60 products")
    expect(rows(page).first).to_contain_text("€48.90")


def test_the_keyboard_moves_along_the_rows(open_page: Open):
    page = open_page("/products").page

    page.keyboard.press("j")
    expect(rows(page).nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    expect(rows(page).nth(2)).to_be_focused()
    page.keyboard.press("k")
    expect(rows(page).nth(1)).to_be_focused()


def test_lists_work_without_script(open_page: Open):
    page = open_page("/products", java_script_enabled=False).page

    page.locator("#q").fill("lamp")
    page.locator("#pick-status").click()
    page.get_by_role("checkbox", name="Active").check()
    page.locator("#filters details[open]").get_by_role("button", name="Apply").click()

    assert "q=lamp" in page.url
    assert "status=active" in page.url
    expect(page.locator("#q")).to_have_value("lamp")


def test_a_list_that_holds_nothing_says_so(open_page: Open):
    page = open_page("/products?q=zzzzzz").page

    expect(page.get_by_role("heading", name="Nothing fits")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    expect(rows(page)).to_have_count(12)


@pytest.fixture
def ada(shop: Runtime) -> TestClient:
    client = TestClient(whole(shop), headers={"Sec-Fetch-Site": "same-origin"})
    client.post("/login", data={"name": "ada", "password": PASSWORD})
    return client


def test_what_is_shown_is_there_as_a_file(ada: TestClient):
    as_csv = ada.get("/products.csv?status=draft")
    as_lines = ada.get("/products.jsonl?status=draft")

    table = list(csv.DictReader(io.StringIO(as_csv.text)))
    lines = [json.loads(line) for line in as_lines.text.splitlines()]
    assert {row["status"] for row in table} == {"draft"}
    assert [row["sku"] for row in table] == [row["sku"] for row in lines]
    assert "products.csv" in as_csv.headers["content-disposition"]


def test_an_address_that_means_nothing_still_shows_the_list(ada: TestClient):
    answer = ada.get("/products?status=melted&page=1&colour=red&price_min=cheap")

    assert answer.status_code == 200
    for left_out in ("status=melted", "colour=red", "price_min=cheap"):
        assert f"<code>{left_out}</code>" in answer.text
