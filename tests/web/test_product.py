"""A product is edited in the browser, says where its values come from, and what was edited is taken back."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect
from starlette.testclient import TestClient

from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from mercat.domain.catalog import service as catalog
from mercat.domain.suppliers import service as suppliers
from tests.pictures import photograph, picture
from tests.web.conftest import serving
from tests.web.goods import PASSWORD, TERMINAL, product


def furnish(runtime: Runtime) -> None:
    draft = access.UserDraft("ada", "ada@example.com", "admin", password=PASSWORD)
    access.create_user(runtime, TERMINAL, draft)
    suppliers.state_products(runtime, TERMINAL, [product(1)], suppliers.UploadDraft(yes=True))


def price(runtime: Runtime) -> str | None:
    with runtime.read() as unit:
        return catalog.list_products(unit).data[0].price


def test_a_price_is_edited_explained_and_taken_back(browser: Browser, sqlite_runtime: Runtime):
    furnish(sqlite_runtime)
    for base in serving(sqlite_runtime):
        page = browser.new_page(base_url=base)
        page.goto("/login?next=/products/P-001?tab=variants")
        page.get_by_label("User name or e-mail").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="Save")).to_be_hidden()

        page.get_by_label("Price (EUR)", exact=True).fill("2.49")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".toast")).to_contain_text("Saved: price")
        assert price(sqlite_runtime) == "2.49"

        page.get_by_role("link", name="why is Price (EUR) so", exact=True).click()
        expect(page.get_by_role("heading", name="Why price is 2.49")).to_be_visible()
        expect(page.locator(".story li").first).to_contain_text("ada")
        page.go_back()
        page.get_by_label("Price (EUR)", exact=True).fill("cheap")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_label("Price (EUR)", exact=True)).to_have_value("cheap")

        page.goto("/products/P-001?tab=history")
        page.get_by_role("link", name="P-001: price").click()
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".toast")).to_contain_text("It was taken back")
        assert price(sqlite_runtime) == "1.9"
        page.context.close()


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(visitor: TestClient, sqlite_runtime: Runtime):
    furnish(sqlite_runtime)
    visitor.post("/login", data={"name": "ada", "password": PASSWORD})

    stale = {"P-001::price": "2.49", "was:P-001::price": "1.5"}
    answer = visitor.post("/products/P-001/edit", data=stale)

    assert answer.status_code == 409
    assert price(sqlite_runtime) == "1.9"


def test_a_field_is_kept_and_given_back(visitor: TestClient, sqlite_runtime: Runtime):
    furnish(sqlite_runtime)
    visitor.post("/login", data={"name": "ada", "password": PASSWORD})

    kept = visitor.post("/products/P-001/lock", data={"field": "price", "sku": "P-001"})
    assert "kept, whatever feeds say" in kept.text
    assert "kept by ada" in visitor.get("/products/P-001/why/price").text
    visitor.post("/products/P-001/unlock", data={"field": "price", "sku": "P-001"})
    assert "kept by ada" not in visitor.get("/products/P-001/why/price").text


def test_pictures_are_added_ordered_described_and_taken_away(admin: TestClient, sqlite_runtime: Runtime):
    suppliers.state_products(sqlite_runtime, TERMINAL, [product(1)], suppliers.UploadDraft(yes=True))
    here = "/products/P-001/images"

    def kept() -> list[tuple[str, str | None]]:
        with sqlite_runtime.read(TERMINAL) as unit:
            return [(each["url"], each["alt_text"]) for each in catalog.get_product(unit, "P-001").document["images"]]

    one, two = "https://pictures.example/1.jpg", "https://pictures.example/2.jpg"
    assert "Saved" in admin.post(here, data={"add_url": one, "add_alt": "A ream"}).text
    admin.post(here, data={"was": [one], "url": [one], "alt": ["A ream"], "add_url": two})
    admin.post(here, data={"was": [one, two], "url": [one, two], "alt": ["A ream", "Its side"], "up": "1"})
    assert kept() == [(two, "Its side"), (one, "A ream")]
    assert "Its side" in admin.get("/products/P-001?tab=media").text

    assert admin.post(here, data={"was": [one], "url": [], "alt": []}).status_code == 409
    assert admin.post(here, data={"was": [two, one], "add_url": "file:///etc/passwd"}).status_code == 422
    admin.post(here, data={"was": [two, one], "url": [two, one], "alt": ["Its side", "A ream"], "remove": "0"})
    assert kept() == [(one, "A ream")]


def test_own_pictures_are_sent_in_shown_to_those_who_may_and_taken_back(
    admin: TestClient, visitor: TestClient, sqlite_runtime: Runtime, tmp_path: Path
):
    suppliers.state_products(sqlite_runtime, TERMINAL, [product(1)], suppliers.UploadDraft(yes=True))
    here, photo = "/products/P-001/pictures", photograph()
    files = [("file", ("front.jpg", photo)), ("file", ("side.png", picture())), ("file", ("plan.svg", b"<svg/>"))]

    answer = admin.post(here, files=files)
    assert "2 pictures added" in answer.text
    assert "plan.svg cannot be taken: it is an SVG drawing" in answer.text
    with sqlite_runtime.read(TERMINAL) as unit:
        shown = [each["url"] for each in catalog.get_product(unit, "P-001").document["images"]]
    assert all(f'href="{url}"' in answer.text or f"href={url}" in answer.text for url in shown)

    whole, small = admin.get(shown[0]), admin.get(f"/media/small/{shown[0].removeprefix('/media/')}")
    assert (whole.headers["content-type"], small.headers["content-type"]) == ("image/jpeg", "image/webp")
    assert b"Spycam" in photo
    assert b"Spycam" not in whole.content
    for header, value in {"x-content-type-options": "nosniff", "content-disposition": "inline"}.items():
        assert whole.headers[header] == value
    assert "immutable" in whole.headers["cache-control"]
    assert "sandbox" in whole.headers["content-security-policy"]
    assert "content-encoding" not in whole.headers

    # Prices of suppliers are kept beside pictures, and a hash does not open them.
    secret = tmp_path / "prices.csv"
    secret.write_text("sku,cost\n")
    hidden = sqlite_runtime.files.keep(secret).sha256
    assert admin.get(f"/media/{hidden}.jpg").status_code == 404
    assert admin.get(shown[0].replace(".jpg", ".png")).status_code == 404
    assert admin.post(here, files=[("file", ("a.jpg", b"none"))]).status_code == 422
    assert admin.post(here, files=[("file", ("", b""))]).status_code == 422
    visitor.cookies.clear()
    assert visitor.get(shown[0], follow_redirects=False).status_code in {303, 401}


def test_pictures_that_are_dropped_on_the_page_are_sent_in(browser: Browser, sqlite_runtime: Runtime):
    furnish(sqlite_runtime)
    for base in serving(sqlite_runtime):
        page = browser.new_page(base_url=base)
        page.goto("/login?next=/products/P-001?tab=media")
        page.get_by_label("User name or e-mail").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        dropping = page.evaluate_handle(
            """(bytes) => { const d = new DataTransfer();
            d.items.add(new File([new Uint8Array(bytes)], "lamp.png", {type: "image/png"})); return d; }""",
            list(picture()),
        )
        page.dispatch_event(".tabs", "dragover", {"dataTransfer": dropping})
        page.dispatch_event(".tabs", "drop", {"dataTransfer": dropping})
        expect(page.locator(".toast")).to_contain_text("1 picture added")
        expect(page.get_by_text("lamp.png")).to_be_visible()
        assert (
            page.get_by_role("img", name="Picture 1").evaluate("each => each.decode().then(() => each.naturalWidth)")
            == 40
        )
        page.context.close()
