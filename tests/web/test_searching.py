"""Whoever knows what they want jumps there."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.web.conftest import Open


def test_a_product_is_jumped_to_by_keyboard(open_page: Open):
    page = open_page("/changes").page

    page.keyboard.press("Control+k")
    expect(page.locator("#palette #hits a").first).to_be_visible()
    page.keyboard.type("P-007")
    expect(page.locator("#palette #hits a").first).to_contain_text("P-007")
    assert page.url.endswith("/changes")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("77 g")


def test_without_script_the_search_is_a_page(open_page: Open):
    page = open_page("/changes", java_script_enabled=False).page

    page.get_by_role("link", name="Search or jump").click()
    page.locator("main").get_by_label("Product, SKU, change set or page").fill("P-007")
    page.locator("main").get_by_role("button", name="Search").click()

    expect(page.locator("#hits a").first).to_contain_text("P-007")
