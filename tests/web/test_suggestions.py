"""Suggestions on pages: approved, changed, applied, taken back and turned down; what moved meanwhile changes nothing."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect
from starlette.testclient import TestClient

from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.suggestions import service as suggestions
from mercat.domain.suppliers import service as suppliers
from tests.web import watched
from tests.web.conftest import Named, Open
from tests.web.goods import TERMINAL, product


@pytest.fixture
def made(sqlite_runtime: Runtime) -> Named:
    """A product that is watched, and what is suggested of it: a price, a title."""
    suppliers.state_products(sqlite_runtime, TERMINAL, [product(1)], suppliers.UploadDraft(yes=True))
    return watched.begin(sqlite_runtime)


def view(runtime: Runtime, reference: str) -> suggestions.SuggestionView:
    with runtime.read(TERMINAL) as unit:
        return suggestions.view_of(suggestions.get_suggestion(unit, reference))


def price(runtime: Runtime) -> str | None:
    with runtime.read(TERMINAL) as unit:
        return catalog.list_products(unit).data[0].price


def test_a_suggestion_is_changed_approved_applied_and_taken_back(
    admin: TestClient, made: Named, sqlite_runtime: Runtime
):
    at = f"/suggestions/{made['suggestion']}"
    [action] = view(sqlite_runtime, made["suggestion"]).actions

    wrong = admin.post(f"{at}/edit", data={"action": str(action.id), "proposed": "cheap"})
    assert wrong.status_code == 422
    assert "cheap" in wrong.text
    admin.post(f"{at}/edit", data={"action": str(action.id), "proposed": "1.80"})
    assert "Approved" in admin.post(f"{at}/approve").text
    assert price(sqlite_runtime) == "1.9"
    applied = admin.post(f"{at}/apply", data={"back": at})
    assert price(sqlite_runtime) == "1.8"
    assert f"{at}/rollback" in applied.text
    assert "It was taken back" in admin.post(f"{at}/rollback").text
    assert price(sqlite_runtime) == "1.9"
    assert view(sqlite_runtime, made["suggestion"]).status == "rolled_back"


def test_what_moved_meanwhile_is_said_and_changes_nothing(admin: TestClient, made: Named, sqlite_runtime: Runtime):
    sqlite_runtime.attempt(lambda unit: catalog.edit(unit, "P-001", {"price": "2.10"}), TERMINAL)
    at = f"/suggestions/{made['suggestion']}"

    assert "It is €2.10 by now" in admin.get(at).text
    assert "Nothing was changed" in admin.post(f"{at}/accept").text
    assert (price(sqlite_runtime), view(sqlite_runtime, made["suggestion"]).status) == ("2.1", "stale")
    assert "Nothing was changed" in admin.post(f"{at}/accept").text


def test_of_selected_ones_each_is_applied_on_its_own(admin: TestClient, made: Named, sqlite_runtime: Runtime):
    sqlite_runtime.attempt(lambda unit: catalog.edit(unit, "P-001", {"name": "Another name"}), TERMINAL)
    listed = admin.get("/suggestions.jsonl").text.splitlines()

    answer = admin.post("/suggestions/accept", data={"id": [_id(line) for line in listed], "back": "/suggestions"})

    assert "1 suggestion applied" in answer.text
    assert "look again" in answer.text
    assert price(sqlite_runtime) == "1.85"
    assert "Nothing is suggested" in answer.text
    assert made["suggestion"] in admin.get("/suggestions?view=all").text


def _id(line: str) -> str:
    return str(json.loads(line)["id"])


def test_one_is_turned_down_with_a_reason(admin: TestClient, made: Named, sqlite_runtime: Runtime):
    answer = admin.post(f"/suggestions/{made['suggestion']}/reject", data={"notes": "too low"})

    assert "too low" in answer.text
    assert view(sqlite_runtime, made["suggestion"]).status == "rejected"
    undo = re.search(r'action="?(/suggestions/reopen\?ids=\w+)', answer.text)
    assert undo is not None
    assert "1 suggestion to decide again" in admin.post(undo[1]).text
    assert view(sqlite_runtime, made["suggestion"]).status == "pending"


def test_a_suggestion_stands_in_the_review_and_leads_to_its_page(open_page: Open, named: Named):
    page = open_page("/review?kind=suggestion").page
    need = page.locator(".need", has_text="to regain the Buy Box")

    expect(need).to_be_visible()
    need.get_by_role("link", name="Look", exact=True).click()
    expect(page.locator("h1")).to_contain_text("Lower P-001 to 1.85")
    expect(page.locator(".deeds")).to_contain_text("€1.85")
    page.goto(f"/alerts/{named['alert']}")
    expect(page.locator(".suggs")).to_contain_text("42.1%")
