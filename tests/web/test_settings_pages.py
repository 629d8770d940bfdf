"""Who may come in, with what; connections, configuration, webhooks, backups: kept, refused and written down, on pages."""

from __future__ import annotations

from html import unescape
from re import search

import pytest
from starlette.testclient import TestClient

from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from mercat.domain.market.models import MarketSourceAccount
from mercat.domain.operations import service as operations
from mercat.domain.suppliers import service as suppliers
from tests.web.conftest import whole
from tests.web.goods import PASSWORD, TERMINAL, product
from tests.web.work import sell

CHOSEN = "nine blue lamps"


def once(answer: object) -> str:
    """What a page shows this once."""
    text: str = answer.text  # type: ignore[attr-defined]
    found = search(r"<textarea id=once[^>]*>([^<]+)</textarea>", text)
    assert found, text[-2000:]
    return unescape(found[1])


def acts(runtime: Runtime) -> list[str]:
    with runtime.read(TERMINAL) as unit:
        return [each.action for each in access.list_audit(unit, per_page=100)]


def somebody(runtime: Runtime) -> TestClient:
    return TestClient(whole(runtime), headers={"Sec-Fetch-Site": "same-origin"}, follow_redirects=False)


def test_a_key_is_shown_once_opens_what_it_may_and_is_revoked(admin: TestClient, sqlite_runtime: Runtime):
    made = admin.post("/settings/keys/new", data={"name": "till", "scopes": ["catalog.read"], "lasts": "30"})
    secret = once(made)
    with sqlite_runtime.read(TERMINAL) as unit:
        [key] = access.list_keys(unit).data
    bearer = {"Authorization": f"Bearer {secret}"}

    assert made.headers["cache-control"] == "no-store"
    assert key.expires_at is not None
    assert secret not in admin.get("/settings/keys").text
    program = TestClient(whole(sqlite_runtime))
    assert program.get("/api/v1/products", headers=bearer).status_code == 200
    assert program.get("/api/v1/users", headers=bearer).status_code == 403

    assert "1 key revoked" in admin.post("/settings/keys/revoke", data={"id": str(key.id)}).text
    assert program.get("/api/v1/products", headers=bearer).status_code == 401
    assert acts(sqlite_runtime)[:2] == ["key.revoked", "key.created"]


@pytest.mark.parametrize("wrong", [{"name": ""}, {"scopes": []}, {"scopes": ["all"]}, {"per_minute": "many"}])
def test_a_key_that_cannot_be_is_not_made(admin: TestClient, sqlite_runtime: Runtime, wrong: dict[str, object]):
    answer = admin.post("/settings/keys/new", data={"name": "till", "scopes": ["catalog.read"], **wrong})

    assert (answer.status_code, "No key was made" in answer.text) == (422, True)
    with sqlite_runtime.read(TERMINAL) as unit:
        assert access.list_keys(unit).total == 0


def test_somebody_is_invited_comes_in_and_is_given_another_role(admin: TestClient, sqlite_runtime: Runtime):
    link = once(
        admin.post("/settings/users/invite", data={"username": "vera", "email": "v@example.com", "role": "viewer"})
    )
    guest = somebody(sqlite_runtime)
    where = link.removeprefix("http://testserver")

    assert guest.get(where).headers["referrer-policy"] == "no-referrer"
    assert guest.post(where, data={"password": "short"}).status_code == 422
    assert guest.post(where, data={"password": CHOSEN}).headers["location"] == "/login"
    assert guest.post(where, data={"password": CHOSEN}).status_code == 422
    assert guest.post("/login", data={"name": "vera", "password": CHOSEN}).headers["location"] == "/"
    assert guest.get("/settings/users").status_code == 403

    assert "vera is operator now" in admin.post("/settings/users/vera/role", data={"role": "operator"}).text
    assert admin.post("/settings/users/ada/role", data={"role": "viewer"}).status_code == 409
    assert "is closed" in admin.post("/settings/users/vera/close").text
    assert guest.get("/").headers["location"].startswith("/login")
    assert {"user.invited", "user.role_set", "user.disabled"} <= set(acts(sqlite_runtime))


def test_whoever_forgot_their_password_asks_and_gets_a_link(admin: TestClient, sqlite_runtime: Runtime):
    access.create_user(sqlite_runtime, TERMINAL, access.UserDraft("olga", "o@example.com", password=PASSWORD))
    guest = somebody(sqlite_runtime)
    for name in ("olga", "nobody"):
        assert guest.post("/forgotten", data={"name": name}).headers["location"] == "/login"

    assert "A new password is asked for" in admin.get("/settings/users/olga").text
    where = once(admin.post("/settings/users/olga/link")).removeprefix("http://testserver")
    guest.post(where, data={"password": CHOSEN})

    assert guest.post("/login", data={"name": "olga", "password": CHOSEN}).headers["location"] == "/"
    assert guest.post("/login", data={"name": "olga", "password": PASSWORD}).status_code == 422


def test_one_is_signed_out_elsewhere_and_only_there(admin: TestClient, sqlite_runtime: Runtime):
    other = somebody(sqlite_runtime)
    other.post("/login", data={"name": "ada", "password": PASSWORD})
    assert "2 sessions" in admin.get("/settings/sessions").text

    assert "signed out everywhere else" in admin.post("/settings/sessions/end-others").text

    assert other.get("/").headers["location"].startswith("/login")
    assert "1 session" in admin.get("/settings/sessions").text


def test_a_setting_is_judged_kept_and_put_back(admin: TestClient, sqlite_runtime: Runtime):
    here = "/settings/configuration/health.least_disk_mb"
    assert admin.post(here, data={"value": "much"}).status_code == 422
    assert "Saved" in admin.post(here, data={"value": "2048"}).text
    with sqlite_runtime.read(TERMINAL) as unit:
        assert operations.get_configuration(unit, "health.least_disk_mb").value == 2048

    again = admin.post(here, data={"value": "2048", "reset": "true"}).text
    assert "at its default again" in again
    assert "<ins>2048</ins>" in again
    assert acts(sqlite_runtime).count("configuration.changed") == 2


def test_a_secret_setting_is_never_shown_again(admin: TestClient):
    token = "mm_" + "x" * 24
    here = "/settings/configuration/metrics.token"

    assert token not in admin.post(here, data={"value": token}).text
    assert token not in admin.post(here, data={"value": f"{token} "[::-1]}).text
    assert "set, and never shown" in admin.get(here).text


def test_an_endpoint_is_added_switched_given_a_new_secret_and_removed(admin: TestClient, sqlite_runtime: Runtime):
    asked = {"name": "erp", "url": "https://93.184.215.14/hook", "events": ["change_set.applied"]}
    first = once(admin.post("/settings/webhooks/new", data=asked))
    assert admin.post("/settings/webhooks/new", data=asked).status_code == 422
    assert admin.post("/settings/webhooks/new", data={**asked, "url": "http://127.0.0.1/"}).status_code == 422

    assert "It is switched off" in admin.post("/settings/webhooks/erp/switch").text
    assert once(admin.post("/settings/webhooks/erp/rotate")) != first
    admin.post("/settings/webhooks/erp/change", data={"name": "till", "url": asked["url"]})
    with sqlite_runtime.read(TERMINAL) as unit:
        kept = operations.get_endpoint(unit, "till")
    assert (kept.events, kept.is_active) == (["*"], False)
    assert "is told nothing any more" in admin.post("/settings/webhooks/till/remove").text
    assert {"webhook.added", "webhook.secret_rotated", "webhook.removed"} <= set(acts(sqlite_runtime))


def test_a_backup_becomes_a_job_and_is_taken_away_by_name_only(admin: TestClient, sqlite_runtime: Runtime):
    assert admin.post("/settings/backups", data={"description": "before"}).url.path.startswith("/jobs/")
    assert admin.post("/settings/backups", data={"encrypt": "true"}).status_code == 422
    folder = sqlite_runtime.settings.home / "backups"
    folder.mkdir(exist_ok=True)
    (folder / "backup_20261121_120000.zip").write_bytes(b"all of it")

    taken = admin.get("/settings/backups/backup_20261121_120000.zip")

    assert (taken.content, taken.headers["cache-control"]) == (b"all of it", "no-store")
    assert "backup_20261121_120000.zip" in admin.get("/settings/backups").text
    for name in ("mercat.db", "..%2Fmercat.zip", "../mercat.zip", "none.zip"):
        assert admin.get(f"/settings/backups/{name}").status_code in {404, 422}
    assert {"backup.asked", "backup.downloaded"} <= set(acts(sqlite_runtime))


def test_a_store_that_does_not_answer_says_so_and_keeps_what_opens_it(admin: TestClient, sqlite_runtime: Runtime):
    suppliers.state_products(sqlite_runtime, TERMINAL, [product(1)], suppliers.UploadDraft(yes=True))
    with sqlite_runtime.write(TERMINAL) as unit:
        sell(unit)

    assert "does not answer as it should" in admin.post("/settings/connections/stores/main/test").text
    answer = admin.post("/settings/connections/stores/main", data={"secret:access_token": ""})
    assert (answer.status_code, "What was kept is kept" in answer.text) == (422, True)
    with sqlite_runtime.write(TERMINAL) as unit:
        unit.add(MarketSourceAccount(name="k", provider="keepa", credentials=""))
    answer = admin.post("/settings/connections/sources/k", data={"secret:key": ""})
    assert (answer.status_code, "What was kept is kept" in answer.text) == (422, True)
    answer = admin.post("/settings/connections/sources/new", data={"name": "k", "provider": "keepa"})
    assert (answer.status_code, "It was not connected" in answer.text) == (422, True)


def test_calls_are_counted_and_have_a_budget(admin: TestClient, sqlite_runtime: Runtime):
    assert "Nothing went out this month" in admin.get("/settings/calls").text
    assert "may be called 1,200 times" in admin.post("/settings/calls/keepa", data={"monthly_calls": "1,200"}).text
    with sqlite_runtime.read(TERMINAL) as unit:
        assert [(each.service, each.monthly_calls) for each in operations.usage(unit)] == [("keepa", 1200)]
    assert "value=1200" in admin.get("/settings/calls").text
    assert admin.post("/settings/calls/keepa", data={"monthly_calls": "many"}).status_code == 422
    assert "no budget any more" in admin.post("/settings/calls/keepa", data={"monthly_calls": ""}).text
