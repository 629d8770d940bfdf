"""Coming in, one's own account, and other people's, over HTTP with real credentials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from mercat.api.app import openapi_of
from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from tests.api.people import PASSWORD, door

ANOTHER = "quick red kettle 9"
NOBODY = "01a00000-0000-7000-8000-000000000000"
V1 = "/api/v1"


class House:
    """The application, and whoever asks it: ``house("ann").get(...)``."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.app = door(runtime).app
        self.stranger = self.bearing(None)
        self.tokens: dict[str, dict[str, Any]] = {}

    def bearing(self, credential: str | None) -> TestClient:
        headers = {} if credential is None else {"Authorization": f"Bearer {credential}"}
        return TestClient(self.app, headers=headers, raise_server_exceptions=False)

    def __call__(self, name: str) -> TestClient:
        return self.bearing(self.tokens[name]["access_token"])

    def sign_in(self, name: str, password: str = PASSWORD) -> TestClient:
        answer = self.stranger.post(f"{V1}/auth/sign-in", json={"name": name, "password": password})
        assert answer.status_code == 200, answer.text
        self.tokens[name] = answer.json()
        return self(name)

    def staff(self, name: str, role: str) -> TestClient:
        asked = {"username": name, "email": f"{name}@example.com", "role": role, "password": PASSWORD}
        assert self("boss").post(f"{V1}/users", json=asked).status_code == 201
        return self.sign_in(name)

    def id_of(self, name: str) -> str:
        return str(self.tokens[name]["user_id"])


def set_up(house: House) -> House:
    asked = {"username": "boss", "email": "boss@example.com", "password": PASSWORD}
    answer = house.stranger.post(f"{V1}/auth/set-up", json=asked)
    assert answer.status_code == 201, answer.text
    house.tokens["boss"] = answer.json()
    return house


@pytest.fixture
def house(sqlite_runtime: Runtime) -> Iterator[House]:
    """Set up on SQLite, with an administrator called boss."""
    yield set_up(House(sqlite_runtime))
    access.settle(sqlite_runtime)


def test_from_nothing_to_a_key_that_works(runtime: Runtime) -> None:
    house = set_up(House(runtime))
    again = {"username": "eve", "email": "eve@example.com", "password": PASSWORD}
    assert house.stranger.post(f"{V1}/auth/set-up", json=again).status_code == 409

    invited = house("boss").post(f"{V1}/users/invitations", json={k: again[k] for k in ("username", "email")})
    assert (invited.status_code, invited.json()["user"]["role"]) == (201, "viewer")
    came = house.stranger.post(
        f"{V1}/auth/accept-invitation", json={"token": invited.json()["token"], "password": ANOTHER}
    ).json()
    eve = house.bearing(came["access_token"])
    me = eve.get(f"{V1}/me").json()
    assert (me["user"]["username"], me["via"], me["permissions"]) == ("eve", "session", sorted(access.ROLES["viewer"]))

    made = eve.post(f"{V1}/me/keys", json={"name": "reader", "scopes": ["operations.read"]}).json()
    program = house.bearing(made["secret"])
    assert program.get(f"{V1}/jobs").status_code == 200
    assert program.get(f"{V1}/me").status_code == 403
    assert [each["prefix"] for each in eve.get(f"{V1}/me/keys").json()["data"]] == [made["key"]["prefix"]]
    assert eve.delete(f"{V1}/me/keys/{made['key']['id']}").status_code == 204
    assert program.get(f"{V1}/jobs").status_code == 401
    access.settle(runtime)


def test_tokens_are_refreshed_once_and_sessions_end(house: House) -> None:
    house.staff("ann", "operator")
    first = house.tokens["ann"]
    assert (first["token_type"], first["expires_in"]) == ("Bearer", 900)
    second = house.stranger.post(f"{V1}/auth/refresh", json={"refresh_token": first["refresh_token"]}).json()
    assert house.bearing(second["access_token"]).get(f"{V1}/me").status_code == 200
    assert house.stranger.post(f"{V1}/auth/refresh", json={"refresh_token": first["refresh_token"]}).status_code == 401

    assert (
        house.stranger.post(f"{V1}/auth/sign-out", json={"refresh_token": second["refresh_token"]}).status_code == 204
    )
    for each in (first, second):
        assert house.bearing(each["access_token"]).get(f"{V1}/me").status_code == 401


def test_one_minds_ones_own_account(house: House) -> None:
    ann, there = house.staff("ann", "viewer"), house.sign_in("ann")
    here = ann
    assert here.get(f"{V1}/me/sessions").json()["total"] == 2
    assert here.patch(f"{V1}/me", json={"first_name": "Ann", "username": "anna"}).json()["username"] == "anna"
    taken = here.patch(f"{V1}/me", json={"username": "BOSS"})
    assert (taken.status_code, taken.json()["field"]) == (409, "username")

    wrong = here.post(f"{V1}/me/password", json={"old_password": "x", "new_password": ANOTHER})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "old_password")
    weak = here.post(f"{V1}/me/password", json={"old_password": PASSWORD, "new_password": "password123"})
    assert (weak.status_code, weak.json()["field"]) == (422, "password")
    assert here.post(f"{V1}/me/password", json={"old_password": PASSWORD, "new_password": ANOTHER}).status_code == 204

    assert here.get(f"{V1}/me").status_code == 200
    assert there.get(f"{V1}/me").status_code == 401
    elsewhere = house.sign_in("anna", ANOTHER)
    assert here.delete(f"{V1}/me/sessions").json() == {"ended": 1}
    assert elsewhere.get(f"{V1}/me").status_code == 401
    assert here.get(f"{V1}/me/sessions?revoked_at_min=2000-01-01").json()["total"] == 2


def test_what_one_prefers_is_honoured(house: House) -> None:
    ann = house.staff("ann", "operator")
    assert ann.get(f"{V1}/jobs").json()["per_page"] == 50
    wanted = {"per_page": 7, "timezone": "Europe/Berlin"}
    kept = ann.put(f"{V1}/me/settings", json=wanted).json()
    assert {name: value for name, value in kept.items() if value is not None} == wanted

    assert ann.get(f"{V1}/me/settings").json() == kept
    assert ann.get(f"{V1}/jobs").json()["per_page"] == 7
    assert ann.get(f"{V1}/products").json()["per_page"] == 7
    assert ann.get(f"{V1}/jobs?per_page=3").json()["per_page"] == 3
    assert house("boss").get(f"{V1}/jobs").json()["per_page"] == 50
    daily = {"name": "daily", "kind": "suppliers.run_feed", "payload": {"name": "acme"}, "cron": "30 2 * * *"}
    assert ann.post(f"{V1}/schedules", json=daily).json()["timezone"] == "Europe/Berlin"
    said = {**daily, "name": "said", "timezone": "Asia/Tokyo"}
    assert ann.post(f"{V1}/schedules", json=said).json()["timezone"] == "Asia/Tokyo"
    unset = {**daily, "name": "unset"}
    assert house("boss").post(f"{V1}/schedules", json=unset).json()["timezone"] == "UTC"
    assert ann.put(f"{V1}/me/settings", json={"timezone": "Mars/Base"}).status_code == 422


def test_others_keys_and_sessions_are_not_ones_own(house: House) -> None:
    ann, boss = house.staff("ann", "approver"), house("boss")
    key = boss.post(f"{V1}/me/keys", json={"name": "mine", "scopes": ["viewer"]}).json()["key"]
    [session] = boss.get(f"{V1}/me/sessions").json()["data"]

    assert ann.delete(f"{V1}/me/keys/{key['id']}").status_code == 404
    assert ann.delete(f"{V1}/me/sessions/{session['id']}").status_code == 404
    assert ann.get(f"{V1}/me/keys?user_id={house.id_of('boss')}").json()["total"] == 0
    assert ann.get(f"{V1}/me/keys.csv").text.count("\n") == 1
    assert ann.delete(f"{V1}/keys/{key['id']}").status_code == 403
    # And an administrator's own account page ends one's own only.
    hers = ann.post(f"{V1}/me/keys", json={"name": "hers", "scopes": ["viewer"]}).json()["key"]
    assert boss.delete(f"{V1}/me/keys/{hers['id']}").status_code == 404
    assert boss.delete(f"{V1}/keys/{hers['id']}").json()["revoked_at"] is not None


def test_administrators_run_the_house(house: House) -> None:
    boss = house("boss")
    ann = house.staff("ann", "viewer")
    her = f"{V1}/users/{house.id_of('ann')}"

    assert boss.put(f"{her}/role", json={"role": "operator"}).json()["role"] == "operator"
    assert "suppliers.run" in ann.get(f"{V1}/me").json()["permissions"]
    assert boss.patch(her, json={"email": "ann@shop.example"}).json()["email"] == "ann@shop.example"
    key = boss.post(f"{V1}/keys", json={"user_id": house.id_of("ann"), "name": "n", "scopes": ["viewer"]}).json()
    assert house.bearing(key["secret"]).get(f"{V1}/jobs").status_code == 200
    assert boss.get(f"{V1}/keys").json()["data"][0]["username"] == "ann"
    assert boss.get(f"{V1}/users?q=SHOP.example").json()["data"][0]["username"] == "ann"

    assert boss.post(f"{her}/disable").json()["is_active"] is False
    assert ann.get(f"{V1}/me").status_code == 401
    assert house.bearing(key["secret"]).get(f"{V1}/jobs").status_code == 401
    assert boss.post(f"{her}/enable").json()["is_active"] is True
    assert boss.put(f"{her}/password", json={"password": ANOTHER}).status_code == 204
    house.sign_in("ann", ANOTHER)
    assert boss.delete(f"{her}/sessions").json() == {"ended": 1}
    link = boss.post(f"{her}/reset-link").json()
    took = {"token": link["token"], "password": PASSWORD}
    assert house.stranger.post(f"{V1}/auth/reset-password", json=took).status_code == 200
    assert house.stranger.post(f"{V1}/auth/reset-password", json=took).status_code == 404
    hers = boss.get(f"{V1}/sessions?user_id={house.id_of('ann')}").json()["data"][0]
    assert boss.delete(f"{V1}/sessions/{hers['id']}").status_code == 204
    assert boss.post(f"{V1}/signing-keys/rotate").status_code == 200
    assert boss.get(f"{V1}/me").status_code == 200
    last = boss.post(f"{V1}/users/{house.id_of('boss')}/disable")
    assert (last.status_code, "last administrator" in last.json()["detail"]) == (409, True)

    actions = [each["action"] for each in boss.get(f"{V1}/audit?subject_id={house.id_of('ann')}").json()["data"]]
    assert actions[::-1] == [
        "user.created", "user.role_set", "user.changed", "user.disabled", "user.enabled", "user.password_set",
        "session.all_revoked", "user.reset_link_made", "user.password_chosen", "session.revoked",
    ]  # fmt: skip
    who = boss.get(f"{V1}/audit?action=user.disabled").json()["data"][0]
    assert (who["actor"], who["via"], who["address"]) == ("boss", "session", "testclient")


def test_a_forgotten_password_is_seen_by_administrators_and_by_nobody_else(house: House) -> None:
    house.staff("ann", "viewer")
    answers = [house.stranger.post(f"{V1}/auth/forgot-password", json={"name": name}) for name in ("ann", "nobody")]

    assert [(each.status_code, each.content) for each in answers] == [(202, answers[0].content)] * 2
    asked = house("boss").get(f"{V1}/users?reset_requested_at_min=2000-01-01").json()
    assert [each["username"] for each in asked["data"]] == ["ann"]


def test_who_mistypes_too_often_is_told_when_to_come_back(house: House) -> None:
    asked = {"name": "boss", "password": "wrong"}
    answers = [house.stranger.post(f"{V1}/auth/sign-in", json=asked) for _ in range(6)]

    assert [each.status_code for each in answers] == [401] * 5 + [429]
    assert 20 <= int(answers[-1].headers["retry-after"]) <= 30
    assert answers[-1].json()["code"] == "rate_limited"


def test_a_key_hands_out_no_more_than_it_may(house: House) -> None:
    boss = house("boss")
    clerk = house.bearing(
        boss.post(f"{V1}/me/keys", json={"name": "clerk", "scopes": ["viewer", "access.users", "access.keys"]}).json()[
            "secret"
        ]
    )
    admin = {"username": "mine", "email": "mine@example.com", "role": "admin", "password": PASSWORD}

    for method, path, body in (
        ("POST", "/users", admin),
        ("POST", "/users/invitations", {k: v for k, v in admin.items() if k != "password"}),
        ("POST", "/me/keys", {"name": "more", "scopes": ["admin"]}),
        ("POST", "/keys", {"name": "more", "scopes": ["catalog.edit"], "user_id": house.id_of("boss")}),
    ):
        refused = clerk.request(method, V1 + path, json=body)
        assert refused.status_code == 403, path
    assert clerk.post(f"{V1}/users", json={**admin, "role": "viewer"}).status_code == 201


def secret_routes(house: House) -> list[tuple[str, str]]:
    return [
        (method, path)
        for path, methods in openapi_of(house.app)["paths"].items()
        for method, described in methods.items()
        # Reading is never repeated from memory.
        if described.get("x-opens") and method != "get"
    ]


def test_nothing_of_a_secret_is_kept_for_a_request_that_may_be_sent_twice(house: House) -> None:
    routes = secret_routes(house)
    assert len(routes) >= 12
    for method, path in routes:
        asked = path.replace("{user_id}", NOBODY)
        answer = house("boss").request(method.upper(), asked, json={}, headers={"Idempotency-Key": "one"})
        assert (answer.status_code, answer.json()["field"]) == (422, "idempotency-key"), path
    with house.runtime.engine.connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM idempotent_requests")).scalar() == 0


@pytest.mark.parametrize("spec", [access.USERS, access.KEYS, access.SESSIONS, access.AUDIT], ids=lambda spec: spec.name)
def test_no_list_shows_what_opens(spec: Any) -> None:
    assert not [name for name in spec.fields if "hash" in name or "token" in name or "password" in name]


def test_a_filter_of_foreign_letters_finds_nothing_on_any_database(runtime: Runtime) -> None:
    """MariaDB refuses to compare an ASCII column with other letters."""
    house = set_up(House(runtime))
    for asked in ("/audit?action=€", "/audit?action=user.set_up&action=ü", "/keys?q=ü€", "/users?q=日本"):
        answer = house("boss").get(V1 + asked)
        assert answer.status_code == 200, answer.text
    assert house("boss").get(f"{V1}/audit?action=user.set_up&action=ü").json()["total"] == 1
    access.settle(runtime)


@pytest.mark.parametrize(("time", "status"), [("9999-12-31T23:59:59-12:00", 201), ("0001-01-01T00:00:00+12:00", 422)])
def test_a_key_may_be_good_to_the_end_of_all_times_and_not_over_before_it_begins(
    runtime: Runtime, time: str, status: int
) -> None:
    house = set_up(House(runtime))
    made = house("boss").post(f"{V1}/me/keys", json={"name": "x", "scopes": ["viewer"], "expires_at": time})

    assert made.status_code == status, made.text
    if status == 201:
        assert house.bearing(made.json()["secret"]).get(f"{V1}/jobs").status_code == 200
    access.settle(runtime)


@pytest.mark.parametrize("agent", ["fox\x80\xff", "x" * 3000, ""])
def test_a_browser_may_call_itself_anything(house: House, agent: str) -> None:
    asked = {"name": "boss", "password": PASSWORD}
    answer = house.stranger.post(f"{V1}/auth/sign-in", json=asked, headers={"User-Agent": agent.encode("latin-1")})

    assert answer.status_code == 200
