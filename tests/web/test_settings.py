"""What people prefer, and who may come in, on pages."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from mercat.core.actor import Actor
from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from tests.web.goods import PASSWORD, TERMINAL

YOU = {
    "per_page": "25",
    "timezone": "Europe/Berlin",
    "channels": ["email"],
    "quiet_from": "22:00",
    "quiet_to": "07:00",
    "digest": "daily",
    "price_threshold_pct": "2.5",
    "rank_threshold_pct": "",
}


def test_what_you_prefer_is_kept_and_counts(admin: TestClient, sqlite_runtime: Runtime):
    answer = admin.post("/settings", data=YOU)

    assert "Saved" in answer.text
    with sqlite_runtime.read(TERMINAL) as unit:
        ada = access.get_user(unit, "ada")
    with sqlite_runtime.read(Actor("user", "ada", id=ada.id)) as unit:
        kept = access.get_settings(unit)
    assert (kept.per_page, kept.timezone, kept.digest) == (25, "Europe/Berlin", "daily")
    assert kept.notification_preferences == {"*": ["email"]}
    assert (str(kept.price_threshold_pct), kept.rank_threshold_pct) == ("2.5", None)
    assert "Europe/Berlin" in admin.get("/schedules/new").text


@pytest.mark.parametrize(
    "wrong", [{"per_page": "many"}, {"timezone": "Moon/Base"}, {"quiet_from": "", "per_page": "0"}]
)
def test_what_cannot_be_is_said_and_nothing_is_changed(admin: TestClient, wrong: dict[str, str]):
    answer = admin.post("/settings", data={**YOU, **wrong})

    assert answer.status_code == 422
    assert "Nothing was changed" in answer.text


def test_a_new_password_takes_the_old_one(admin: TestClient, sqlite_runtime: Runtime):
    assert admin.post("/settings/password", data={"old_password": "?", "new_password": "x" * 20}).status_code == 422

    answer = admin.post("/settings/password", data={"old_password": PASSWORD, "new_password": "nine blue lamps"})

    assert "Your password is changed" in answer.text
    assert access.sign_in_browser(sqlite_runtime, "ada", "nine blue lamps", address="", user_agent="")


def test_accounts_are_closed_and_opened_but_not_the_last_administrators(admin: TestClient, sqlite_runtime: Runtime):
    draft = access.UserDraft("vera", "vera@example.com", "viewer", password=PASSWORD)
    vera = access.create_user(sqlite_runtime, TERMINAL, draft)
    with sqlite_runtime.read(TERMINAL) as unit:
        ada = access.get_user(unit, "ada")

    answer = admin.post("/settings/users/disable", data={"id": [str(ada.id), str(vera.id)]})

    assert "1 account closed. " in answer.text
    with sqlite_runtime.read(TERMINAL) as unit:
        assert [access.get_user(unit, name).is_active for name in ("ada", "vera")] == [True, False]
    assert "1 account opened" in admin.post("/settings/users/enable", data={"id": str(vera.id)}).text
