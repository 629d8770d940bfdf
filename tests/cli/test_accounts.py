"""Accounts and keys from the terminal."""

import io
from collections.abc import Callable

import bcrypt
import pytest

from mercat.core.errors import Unauthenticated
from mercat.core.settings import load
from mercat.core.unit import Runtime
from mercat.domain.access import service as access

from .conftest import Terminal

PASSWORD = "slow green lamp 7"


@pytest.fixture
def staffed(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """An administrator and an operator."""
    monkeypatch.setenv("MERCAT_USER_PASSWORD", PASSWORD)
    for name, role in (("boss", "admin"), ("ann", "operator")):
        assert terminal("user", "create", name, "--email", f"{name}@example.com", "--role", role).code == 0
    return terminal


def test_people_are_made_listed_changed_and_closed(staffed: Terminal) -> None:
    assert staffed("user", "set-role", "ann", "approver", "--json").json["role"] == "approver"
    assert staffed("user", "disable", "ann@example.com").code == 0

    listed = staffed("user", "list", "--json").json

    assert [(each["username"], each["role"], each["is_active"]) for each in listed["data"]] == [
        ("ann", "approver", False),
        ("boss", "admin", True),
    ]
    assert "closed" in staffed("user", "list").out
    assert staffed("user", "enable", "ann").code == 0
    last = staffed("user", "disable", "boss")
    assert (last.code, "last administrator" in last.err) == (1, True)
    wrong = staffed("user", "set-role", "ann", "owner", "--json")
    assert (wrong.code, wrong.json["error"]["kind"]) == (1, "Invalid")
    assert "ann@example.com" in staffed("user", "show", "ann").out


def test_a_password_comes_from_standard_input_and_never_as_an_argument(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    missing = terminal("user", "create", "ann", "--email", "ann@example.com")
    assert (missing.code, "MERCAT_USER_PASSWORD" in missing.err) == (1, True)
    assert terminal("user", "create", "ann", PASSWORD, "--email", "ann@example.com").code == 2
    monkeypatch.setenv("MERCAT_USER_PASSWORD", "password123")
    weak = terminal("user", "create", "ann", "--email", "ann@example.com")
    assert (weak.code, "first that a stranger would try" in weak.err) == (1, True)


def test_a_password_on_standard_input_of_a_real_process(terminal: Terminal) -> None:
    made = terminal.feeding(f"{PASSWORD}\n", "user", "create", "ann", "--email", "ann@example.com")

    assert made.code == 0, made.err
    assert PASSWORD not in made.out + made.err
    with_runtime(lambda runtime: access.sign_in(runtime, "ann", PASSWORD))


def with_runtime(work: Callable[[Runtime], object]) -> None:
    runtime = Runtime(load())
    try:
        work(runtime)
    finally:
        access.settle(runtime)
        runtime.close()


def test_an_older_systems_hash_is_taken_over(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MERCAT_USER_PASSWORD", bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode())
    assert terminal("user", "create", "old", "--email", "old@example.com", "--hashed").code == 0

    with_runtime(lambda runtime: access.sign_in(runtime, "old", PASSWORD))


def test_links_are_printed_once_and_lead_in(staffed: Terminal) -> None:
    invited = staffed("user", "create", "eve", "--email", "eve@example.com", "--invite")
    reset = staffed("user", "reset-password", "ann", "--link", "--json").json

    with_runtime(lambda runtime: access.accept_invitation(runtime, invited.out.strip(), PASSWORD))
    with_runtime(lambda runtime: access.reset_password(runtime, reset["token"], "quick red kettle 9"))

    assert "once" in invited.err
    assert staffed("user", "reset-password", "ann").code == 0
    with_runtime(lambda runtime: access.sign_in(runtime, "ann", PASSWORD))


def test_sessions_are_listed_and_ended(staffed: Terminal) -> None:
    for _ in range(3):
        with_runtime(lambda runtime: access.sign_in(runtime, "ann", PASSWORD, address="192.0.2.7", user_agent="fox/1"))

    listed = staffed("user", "sessions", "ann", "--json").json
    assert (listed["total"], listed["data"][0]["ip"], listed["data"][0]["user_agent"]) == (3, "192.0.2.7", "fox/1")
    assert "192.0.2.7" in staffed("user", "sessions").out
    assert staffed("user", "sessions", "--revoke", listed["data"][0]["id"][-8:], "--json").json == {"ended": 1}
    assert staffed("user", "sessions", "--revoke", "all").code == 1
    assert staffed("user", "sessions", "ann", "--revoke", "all", "--json").json == {"ended": 2}
    assert staffed("user", "sessions", "--json").json["total"] == 0


def test_a_key_is_printed_once_opens_and_is_revoked(staffed: Terminal) -> None:
    made = staffed("key", "create", "nightly import", "--user", "ann", "--scope", "operator", "--expires", "90d")
    secret = made.out.strip()
    with_runtime(lambda runtime: access.actor_of(runtime, secret).actor.require("suppliers.run"))

    listed = staffed("key", "list", "--json").json["data"]
    assert (listed[0]["name"], listed[0]["username"], secret.startswith(listed[0]["prefix"])) == (
        "nightly import",
        "ann",
        True,
    )
    assert listed[0]["last_used_at"] is not None
    shown = staffed("key", "list", "--user", "ann")
    assert "until" in shown.out
    assert secret not in shown.out + str(listed)

    assert staffed("key", "revoke", listed[0]["prefix"]).code == 0
    with pytest.raises(Unauthenticated):
        with_runtime(lambda runtime: access.actor_of(runtime, secret))
    assert "revoked" in staffed("key", "list").out


def test_a_key_reads_only_unless_more_is_asked_for(staffed: Terminal) -> None:
    made = staffed("key", "create", "look", "--user", "ann", "--rate", "60", "--json").json

    assert made["scopes"] == sorted(access.ROLES["viewer"])
    assert made["rate_limit_per_minute"] == 60
    beyond = staffed("key", "create", "x", "--user", "ann", "--scope", "access.users")
    assert (beyond.code, "may not access.users" in beyond.err) == (1, True)


def test_signing_keys_are_rotated_and_sealed_anew_without_ending_a_session(staffed: Terminal) -> None:
    opened: list[access.Tokens] = []
    with_runtime(lambda runtime: opened.append(access.sign_in(runtime, "ann", PASSWORD)))

    assert staffed("key", "rotate-signing").code == 0
    assert staffed("secrets", "rotate", "--json").json == {"resealed": 2}

    with_runtime(lambda runtime: access.actor_of(runtime, opened[0].access))
    with_runtime(lambda runtime: access.refresh(runtime, opened[0].refresh))
