"""A price list that waits is reviewed in the browser: by keyboard, by mouse, by rule, and without script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.domain import register_hearing, register_jobs
from mercat.domain.catalog import service as catalog
from tests.web.conftest import Open, serving
from tests.web.goods import PASSWORD, fill

Reviewer = Callable[..., Page]


@pytest.fixture
def own(tmp_path: Path, _sqlite_template: Path) -> Iterator[tuple[Runtime, str]]:
    """A shop of this test's own, to be changed, and the set in it that waits."""
    (tmp_path / "mercat.db").write_bytes(_sqlite_template.read_bytes())
    runtime = Runtime(Settings(home=tmp_path))
    register_hearing()
    register_jobs()
    yield runtime, fill(runtime)["held"]
    runtime.close()


@pytest.fixture
def own_base(own: tuple[Runtime, str]) -> Iterator[str]:
    yield from serving(own[0])


@pytest.fixture
def review(browser: Browser, own: tuple[Runtime, str], own_base: str) -> Iterator[Reviewer]:
    """The set, opened by alan, who may approve."""
    contexts = []

    def visit(**options: object) -> Page:
        context = browser.new_context(base_url=own_base, reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.goto(f"/login?next=/changes/{own[1]}")
        page.get_by_label("User name or e-mail").fill("alan")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"**/changes/{own[1]}")
        return page

    yield visit
    for context in contexts:
        context.close()


def prices(runtime: Runtime) -> dict[str | None, str | None]:
    with runtime.read() as unit:
        listed = catalog.list_products(unit, per_page=100).data
    return {each.sku: each.price for each in listed}


def test_rows_are_decided_by_keyboard_and_what_passed_is_applied_and_undone(review: Reviewer, own: tuple[Runtime, str]):
    page = review()
    bar = page.locator("#savebar")
    expect(bar).to_contain_text("4 open")
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.press("r")
    page.keyboard.press("h")
    expect(bar).to_contain_text("1 approved")
    expect(bar).to_contain_text("1 rejected")
    expect(bar).to_contain_text("1 held")
    expect(bar).to_contain_text("1 open")
    page.reload()
    expect(page.locator("tr[data-decision=a]")).to_have_count(1)

    bar.get_by_role("button", name="Apply 6 rows").click()
    toast = page.locator(".toast", has_text="6 rows applied, 2 held back")
    expect(toast).to_be_visible()
    assert (prices(own[0])["P-003"], prices(own[0])["P-004"], prices(own[0])["P-007"]) == ("27.9", "4.9", "7.95")

    toast.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast", has_text="It was taken back")).to_be_visible()
    assert prices(own[0])["P-003"] == "3.9"


def test_rows_are_decided_by_selection_and_by_rule(review: Reviewer):
    page = review()
    bar = page.locator("#savebar")
    page.get_by_role("button", name="Approve 3").click()
    expect(bar).to_contain_text("3 approved")
    page.get_by_role("button", name="Open again").click()
    expect(bar).to_contain_text("4 open")

    page.get_by_label("Select all 4 on this page").check()
    # What is done with a selection can be done on a phone, too.
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("[data-bulkbar]").get_by_role("button", name="Reject").click()
    expect(bar).to_contain_text("4 rejected")
    expect(page.locator(".toast", has_text="4 rows rejected")).to_be_visible()


def test_a_set_is_decided_without_script(review: Reviewer, own: tuple[Runtime, str]):
    page = review(java_script_enabled=False)

    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Approve", exact=True).first.click()
    expect(page.locator("#savebar")).to_contain_text("1 approved")
    page.locator("#savebar").get_by_role("button", name="Apply").click()

    expect(page.locator(".badge").first).to_have_text("Applied")
    assert prices(own[0])["P-003"] == "27.9"


def test_a_row_tells_more_by_enter_and_as_a_link(open_page: Open, named: dict[str, str]):
    page = open_page(f"/changes/{named['held']}").page
    page.keyboard.press("j")
    page.keyboard.press("Enter")

    detail = page.locator("tr.detail")
    expect(detail).to_contain_text("Who says what")
    expect(detail).to_contain_text("Stands")
    expect(detail).to_contain_text("Your margin")
    page.keyboard.press("Enter")
    expect(detail).to_be_hidden()
    plain = open_page(f"/changes/{named['held']}?part=new", java_script_enabled=False).page
    plain.get_by_role("link", name="More of").first.click()
    expect(plain.locator("tr.detail")).to_contain_text("of what is new")


def test_whoever_may_not_approve_only_looks(open_page: Open, named: dict[str, str]):
    page = open_page(f"/changes/{named['held']}", who="olga").page

    expect(page.locator("#savebar")).to_contain_text("4 open")
    expect(page.get_by_role("button", name="Apply")).to_have_count(0)
    expect(page.locator("[data-do]")).to_have_count(0)


@pytest.mark.parametrize("part", ["changed", "new", "missing", "rejects"])
def test_each_part_of_a_set_is_shown(open_page: Open, named: dict[str, str], part: str):
    page = open_page(f"/changes/{named['held']}?part={part}").page

    expect(page.locator("nav.tabs [aria-current]")).to_be_visible()
    expect(page.locator("#index")).to_be_visible()


def test_what_is_done_already_is_refused_as_a_page(open_page: Open, shop: Runtime):
    with shop.read() as unit:
        applied = catalog.list_sets(unit, status="applied").data[0].id
    page = open_page(f"/changes/{applied}", expect=(409,)).page
    page.evaluate(
        "address => { const f = document.createElement('form'); f.method = 'post'; f.action = address; document.body.append(f); f.submit(); }",
        f"/changes/{applied}/apply",
    )

    expect(page.get_by_role("heading", name="It changed in the meantime")).to_be_visible()
