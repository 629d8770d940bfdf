"""The tree is changed from its page, and what was changed is taken back."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, expect
from starlette.testclient import TestClient

from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from mercat.domain.catalog import service as catalog
from tests.shops import feed
from tests.web.conftest import serving
from tests.web.goods import PASSWORD, TERMINAL


def paths(runtime: Runtime) -> list[str]:
    with runtime.read() as unit:
        return [each.path for each in catalog.categories.tree(unit)]


def id_of(runtime: Runtime, path: str) -> str:
    with runtime.read() as unit:
        return next(str(each.id) for each in catalog.categories.tree(unit) if each.path == path)


def test_a_branch_is_made_moved_merged_and_brought_back(visitor: TestClient, sqlite_runtime: Runtime):
    draft = access.UserDraft("ada", "ada@example.com", "admin", password=PASSWORD)
    access.create_user(sqlite_runtime, TERMINAL, draft)
    visitor.post("/login", data={"name": "ada", "password": PASSWORD})

    for name in ("Office", "Paper", "Sheets"):
        visitor.post("/categories/create", data={"name": name})
    paper = id_of(sqlite_runtime, "Paper")
    visitor.post(f"/categories/{paper}/create", data={"name": "Copy paper"})
    visitor.post(f"/categories/{paper}/move", data={"path": "Office"})
    visitor.post(f"/categories/{paper}/rename", data={"name": "Papers"})
    assert paths(sqlite_runtime) == ["Office", "Office > Papers", "Office > Papers > Copy paper", "Sheets"]

    sheets = id_of(sqlite_runtime, "Sheets")
    merged = visitor.post(f"/categories/{sheets}/merge", data={"path": "Office > Papers"})
    assert "Sheets" not in paths(sqlite_runtime)
    undo = re.search(r'action="(/changes/[^"]+/undo)"', merged.text)
    assert undo is not None
    visitor.post(undo[1])
    assert "Sheets" in paths(sqlite_runtime)

    inside = visitor.get(f"/categories/{id_of(sqlite_runtime, 'Office')}")
    assert "Papers" in inside.text
    into_itself = visitor.post(f"/categories/{id_of(sqlite_runtime, 'Office')}/move", data={"path": "Office > Papers"})
    assert into_itself.status_code in {409, 422}


def test_words_of_suppliers_are_looked_at_mapped_kept_and_taken_back(
    admin: TestClient, sqlite_runtime: Runtime, tmp_path: Path
):
    with sqlite_runtime.write(TERMINAL) as unit:
        catalog.categories.create(unit, "Lamps")
    rows = [{"sku": sku, "name": sku, "price": "1", "category": word} for sku, word in (("A", "Lamp"), ("B", "Pens"))]
    feed(sqlite_runtime, tmp_path, rows, supplier="acme", yes=True)
    lamp, pens = id_of(sqlite_runtime, "Lamp"), id_of(sqlite_runtime, "Pens")

    assert "2 words to map" in admin.get("/categories").text
    assert "% alike" in admin.get("/categories/words").text
    looked = admin.post("/categories/words/look", data={"id": [lamp, pens]})
    assert "value=Lamps" in looked.text
    wrong = admin.post("/categories/words/map", data={lamp: "Nowhere", pens: ""})
    assert (wrong.status_code, "no category" in wrong.text.lower()) == (422, True)
    mapped = admin.post("/categories/words/map", data={lamp: "Lamps", pens: ""})
    assert "1 word mapped" in mapped.text
    assert paths(sqlite_runtime) == ["Lamps", "Pens"]
    undo = re.search(r'action="?(/changes/[^" >]+/undo)', mapped.text)
    assert undo is not None
    admin.post(undo[1])
    assert "Lamp" in paths(sqlite_runtime)
    assert "1 word kept" in admin.post("/categories/words/keep", data={"id": pens}).text
    assert "Pens" in admin.get("/categories/words?state=kept").text
    assert "Pens" not in admin.get("/categories/words.csv").text


def test_a_category_is_dragged_into_another(browser: Browser, sqlite_runtime: Runtime):
    access.create_user(sqlite_runtime, TERMINAL, access.UserDraft("ada", "ada@example.com", "admin", password=PASSWORD))
    with sqlite_runtime.write(TERMINAL) as unit:
        for name in ("Office", "Paper"):
            catalog.categories.create(unit, name)
    for base in serving(sqlite_runtime):
        page = browser.new_page(base_url=base)
        page.goto("/login?next=/categories")
        page.get_by_label("User name or e-mail").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()

        page.locator("[data-move]", has_text="Paper").drag_to(page.locator("[data-path]", has_text="Office"))

        expect(page.locator(".toast", has_text="Moved")).to_be_visible()
        page.close()
    assert paths(sqlite_runtime) == ["Office", "Office > Paper"]
