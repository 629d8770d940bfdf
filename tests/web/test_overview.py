"""The first page says what needs whoever looks, and counts it everywhere."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.web.conftest import Open


def test_the_first_page_leads_to_what_is_held(open_page: Open):
    page = open_page("/").page

    expect(page.get_by_role("heading", level=1)).to_contain_text("need")
    expect(page.locator("#waiting")).to_be_visible()
    page.locator(".needs").get_by_role("link", name="Review 9 rows").click()
    expect(page.locator("#savebar")).to_contain_text("4 open")


def test_the_queue_is_narrowed_by_kind(open_page: Open):
    page = open_page("/review?kind=held").page

    expect(page.locator(".need")).to_have_count(1)


def test_what_changed_is_counted_from_the_last_visit_on(open_page: Open):
    page = open_page("/?since=7d").page

    expect(page.locator(".change", has_text="added").first).to_be_visible()
    expect(page.locator(".seg [aria-current]")).to_have_text("7 days")
