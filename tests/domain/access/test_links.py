"""Invitations and new passwords by one-time links; and what stays secret throughout."""

import io
import threading
from collections.abc import Iterator
from contextlib import redirect_stderr

import pytest
from sqlalchemy import event, inspect, text

from mercat.core import log
from mercat.core.errors import Conflict, Invalid, MercatError, NotFound, TooManyTries, Unauthenticated
from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from mercat.domain.access.models import OneTimeLink
from tests.domain.access.people import ANOTHER, PASSWORD, TERMINAL, actor_for, add_user, ago, put, sign_in

EVE = access.UserDraft("eve", "eve@example.com", "operator")


def test_who_is_invited_chooses_a_password_and_is_in(runtime: Runtime) -> None:
    invited = access.invite(runtime, TERMINAL, EVE)
    assert (invited.user.role, invited.user.has_password, invited.user.is_verified) == ("operator", False, False)
    with pytest.raises(Invalid):
        access.accept_invitation(runtime, invited.token, "short")

    tokens = access.accept_invitation(runtime, invited.token, PASSWORD, address="192.0.2.7")

    assert access.actor_of(runtime, tokens.access).actor.permissions == access.ROLES["operator"]
    with runtime.read(TERMINAL) as unit:
        eve = access.get_user(unit, "eve")
    assert (eve.has_password, eve.is_verified, eve.last_login_ip) == (True, True, "192.0.2.7")
    with pytest.raises(NotFound):
        access.accept_invitation(runtime, invited.token, ANOTHER)
    sign_in(runtime, "eve")


def test_a_second_invitation_ends_the_first_and_a_member_is_not_invited(runtime: Runtime) -> None:
    first = access.invite(runtime, TERMINAL, EVE)
    second = access.invite(runtime, TERMINAL, EVE)

    assert first.user.id == second.user.id
    with pytest.raises(NotFound):
        access.accept_invitation(runtime, first.token, PASSWORD)
    access.accept_invitation(runtime, second.token, PASSWORD)
    with pytest.raises(Conflict, match="taken"):
        access.invite(runtime, TERMINAL, EVE)


def test_a_link_is_good_once_however_many_come_with_it(runtime: Runtime) -> None:
    token = access.invite(runtime, TERMINAL, EVE).token
    outcomes: list[str] = []

    def come() -> None:
        try:
            access.accept_invitation(runtime, token, PASSWORD)
            outcomes.append("in")
        except NotFound:
            outcomes.append("refused")

    threads = [threading.Thread(target=come) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["in", "refused", "refused"]


@pytest.mark.parametrize("what", ["late", "purpose", "unknown", "closed"])
def test_a_link_that_is_not_good_leads_nowhere(sqlite_runtime: Runtime, what: str) -> None:
    runtime = sqlite_runtime
    token = access.invite(runtime, TERMINAL, EVE).token
    take = access.reset_password if what == "purpose" else access.accept_invitation
    if what == "late":
        put(runtime, OneTimeLink, expires_at=ago(runtime, seconds=1))
    if what == "closed":
        access.disable(runtime, TERMINAL, "eve")

    with pytest.raises((NotFound, Conflict)):
        take(runtime, "ml_x" if what == "unknown" else token, PASSWORD)


def test_a_forgotten_password_is_asked_for_and_chosen_anew(runtime: Runtime) -> None:
    add_user(runtime)
    session = sign_in(runtime)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            sign_in(runtime, "ann", "wrong")

    access.request_password_reset(runtime, "Ann@example.com")
    with runtime.read(TERMINAL) as unit:
        assert access.get_user(unit, "ann").reset_requested_at is not None
    link = access.make_reset_link(runtime, TERMINAL, "ann")
    assert link.user.reset_requested_at is None
    access.reset_password(runtime, link.token, ANOTHER)

    with pytest.raises(Unauthenticated):
        access.actor_of(runtime, session.access)
    sign_in(runtime, "ann", ANOTHER)


def statements_of(runtime: Runtime, name: str) -> list[str]:
    """What a request for a new password says to the database."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(runtime.engine, "before_cursor_execute", note)
    try:
        access.request_password_reset(runtime, name)
    finally:
        event.remove(runtime.engine, "before_cursor_execute", note)
    return said


def test_asking_for_a_new_password_is_the_same_for_a_name_that_nobody_has(runtime: Runtime) -> None:
    add_user(runtime)

    assert statements_of(runtime, "ann") == statements_of(runtime, "bob")
    for _ in range(4):
        access.request_password_reset(runtime, "bob")
    with pytest.raises(TooManyTries):
        access.request_password_reset(runtime, "bob")
    sign_in(runtime)


def test_a_sign_in_says_the_same_to_the_database_whoever_it_is(runtime: Runtime) -> None:
    add_user(runtime)
    said: dict[str, list[str]] = {}
    for name in ("ann", "nobody"):
        mine = said.setdefault(name, [])

        def note(_connection: object, _cursor: object, statement: str, *_rest: object, mine: list[str] = mine) -> None:
            mine.append(statement)

        event.listen(runtime.engine, "before_cursor_execute", note)
        with pytest.raises(Unauthenticated):
            sign_in(runtime, name, "wrong", address="192.0.2.9" if name == "ann" else "192.0.2.10")
        event.remove(runtime.engine, "before_cursor_execute", note)

    assert said["ann"] == said["nobody"]


def cells(runtime: Runtime) -> Iterator[str]:
    """Every value of every table, as text."""
    with runtime.engine.connect() as connection:
        for table in inspect(runtime.engine).get_table_names():
            if not table.startswith("search_"):
                for row in connection.execute(text(f"SELECT * FROM {table}")):
                    yield from (f"{table}: {value!r}" for value in row)


def test_nothing_that_opens_anything_lies_in_a_table_or_in_the_log(runtime: Runtime) -> None:
    heard = io.StringIO()
    log.configure("DEBUG", as_json=True)
    with redirect_stderr(heard):
        boss = access.set_up(runtime, access.UserDraft("boss", "boss@example.com", password=PASSWORD))
        one = sign_in(runtime, "boss", address="192.0.2.7")
        two = access.refresh(runtime, one.refresh)
        key = access.create_key(runtime, actor_for(boss), access.KeyDraft("nightly", ["viewer"]))
        access.actor_of(runtime, key.secret)
        invited = access.invite(runtime, TERMINAL, EVE)
        access.accept_invitation(runtime, invited.token, ANOTHER)
        reset = access.make_reset_link(runtime, TERMINAL, "eve")
        put_in_wrong_field = "my secret password typed as a name"
        for name, password in (("eve", PASSWORD), (put_in_wrong_field, "x")):
            with pytest.raises(MercatError):
                sign_in(runtime, name, password)
        with pytest.raises(MercatError):
            access.change_password(runtime, actor_for(boss), "old wrong one", ANOTHER)
        access.refresh(runtime, two.refresh)
        access.settle(runtime)
    log.configure("WARNING", as_json=False)
    planted = [
        PASSWORD, ANOTHER, one.access, one.refresh, two.access, two.refresh, key.secret, invited.token, reset.token,
        put_in_wrong_field, "old wrong one",
    ]  # fmt: skip

    everything = [*cells(runtime), heard.getvalue(), *map(repr, (one, two, key, invited, reset))]

    assert "signed_in" in heard.getvalue()
    assert any("argon2id" in each for each in everything)
    assert [each for each in everything for secret in planted if secret in each] == []
