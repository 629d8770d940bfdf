"""Signing in, staying in, and being kept out."""

import threading

import bcrypt
import pytest

from mercat.core.errors import Invalid, NotFound, TooManyTries, Unauthenticated
from mercat.core.unit import Runtime
from mercat.domain.access import hashing
from mercat.domain.access import service as access
from mercat.domain.access.models import SignInFailure, SpentToken, User, UserSession
from tests.domain.access.conftest import Busy
from tests.domain.access.people import ANOTHER, PASSWORD, TERMINAL, actor_for, add_user, ago, put, sign_in


@pytest.mark.parametrize("name", ["ann", "ANN", " Ann ", "ann@example.com", "Ann@Example.COM"])
def test_one_signs_in_by_either_name_in_any_case(runtime: Runtime, name: str) -> None:
    user = add_user(runtime, "Ann")

    tokens = sign_in(runtime, name, address="192.0.2.7")

    principal = access.actor_of(runtime, tokens.access, address="192.0.2.7")
    assert (principal.user_id, principal.session_id) == (user.id, tokens.session_id)
    assert (principal.actor.name, principal.actor.via, principal.actor.address) == ("Ann", "session", "192.0.2.7")
    with runtime.read(TERMINAL) as unit:
        seen = access.get_user(unit, "ann")
    assert seen.last_login_at is not None
    assert seen.last_login_ip == "192.0.2.7"


def refusal(runtime: Runtime, name: str, password: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        sign_in(runtime, name, password)
    return refused.value.message


def test_nobody_learns_which_of_it_was_wrong(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    for name in ("ann", "bob", "boss"):
        add_user(runtime, name, "admin")
    access.disable(runtime, TERMINAL, "bob")
    access.invite(runtime, TERMINAL, access.UserDraft("eve", "eve@example.com"))

    said = {
        refusal(runtime, name, password)
        for name, password in [
            ("ann", "wrong"),
            ("nobody", PASSWORD),
            ("bob", PASSWORD),
            ("eve", ""),
            ("", ""),
            ("ünknown\x00\ud800", "x" * 10_000),
            ("a" * 5000 + "@example.com", PASSWORD),
        ]
    }

    assert len(said) == 1


def test_failures_make_one_wait_and_longer_each_time(runtime: Runtime) -> None:
    add_user(runtime)
    for _ in range(5):
        refusal(runtime, "ann", "wrong")

    # The free tries are used up: the sixth is not answered, however right it is.
    with pytest.raises(TooManyTries) as first:
        sign_in(runtime, "ann")
    put(runtime, SignInFailure, locked_until=ago(runtime, seconds=1))
    refusal(runtime, "ann", "wrong")
    with pytest.raises(TooManyTries) as second:
        sign_in(runtime, "ann")

    assert 20 < first.value.after_s <= 30
    assert 50 < second.value.after_s <= 60
    with runtime.read(TERMINAL) as unit:
        assert access.get_user(unit, "ann").locked_until is not None


def test_a_success_and_an_administrator_end_the_wait(runtime: Runtime) -> None:
    add_user(runtime)
    for _ in range(5):
        refusal(runtime, "ann", "wrong")
    access.enable(runtime, TERMINAL, "ann")

    sign_in(runtime)

    for _ in range(4):
        refusal(runtime, "ann", "wrong")
    sign_in(runtime)


def test_failures_are_forgotten_after_a_while(runtime: Runtime) -> None:
    add_user(runtime)
    for _ in range(4):
        refusal(runtime, "ann", "wrong")
    put(runtime, SignInFailure, last_failed_at=ago(runtime, days=2))

    for _ in range(4):
        refusal(runtime, "ann", "wrong")

    sign_in(runtime)


def test_a_name_that_nobody_has_is_locked_as_one_that_somebody_has(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    add_user(runtime)
    for _ in range(5):
        refusal(runtime, "ann", "wrong")
        refusal(runtime, "nobody", "wrong")
    waits = []
    for name in ("ann", "nobody"):
        with pytest.raises(TooManyTries) as locked:
            sign_in(runtime, name)
        waits.append((round(locked.value.after_s / 5), locked.value.message[:16]))

    assert waits[0] == waits[1]
    # That the two names of one user share a fate would tell that they are one user's.
    assert sign_in(runtime, "ann@example.com").user_id


def test_an_address_is_counted_over_all_names(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    add_user(runtime)
    for number in range(30):
        with pytest.raises(Unauthenticated):
            sign_in(runtime, f"guess{number}", "wrong", address="2001:db8:1:2::1")

    with pytest.raises(TooManyTries):
        sign_in(runtime, "ann", address="2001:db8:1:2:ffff::9")  # the same network of 64 bits
    assert sign_in(runtime, "ann", address="2001:db8:1:3::1").user_id


def test_of_many_guesses_at_once_only_the_free_ones_are_answered(runtime: Runtime) -> None:
    add_user(runtime)
    refused: list[type[Exception]] = []

    def guess(number: int) -> None:
        try:
            sign_in(runtime, "ann", f"wrong {number}")
        except (Unauthenticated, TooManyTries) as failed:
            refused.append(type(failed))

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert refused.count(Unauthenticated) == 5
    assert refused.count(TooManyTries) == 7


def test_an_older_systems_hash_is_good_and_is_made_anew(runtime: Runtime) -> None:
    old = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    user = access.create_user(runtime, TERMINAL, access.UserDraft("old", "old@example.com", password_hash=old))
    refusal(runtime, "old", "wrong")

    sign_in(runtime, "old")

    with runtime.read() as unit:
        kept = unit.session.get(User, user.id).password_hash
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    sign_in(runtime, "old")


def test_a_refresh_token_is_good_once_and_a_copy_ends_the_session(runtime: Runtime) -> None:
    add_user(runtime)
    first = sign_in(runtime)
    second = access.refresh(runtime, first.refresh)
    third = access.refresh(runtime, second.refresh)
    assert len({first.refresh, second.refresh, third.refresh, third.access}) == 4
    assert access.actor_of(runtime, third.access).session_id == first.session_id

    put(runtime, SpentToken, spent_at=ago(runtime, minutes=1))
    with pytest.raises(Unauthenticated):
        access.refresh(runtime, first.refresh)

    with pytest.raises(Unauthenticated):
        access.refresh(runtime, third.refresh)
    with pytest.raises(Unauthenticated):
        access.actor_of(runtime, third.access)
    with runtime.read(TERMINAL) as unit:
        [entry] = access.list_audit(unit, action="session.reused").data
    assert (entry.subject, entry.details["session"]) == ("ann", str(first.session_id))


def test_two_who_refresh_at_once_get_one_pair_and_keep_the_session(runtime: Runtime) -> None:
    add_user(runtime)
    tokens = sign_in(runtime)
    got: list[access.Tokens] = []
    refused: list[Exception] = []

    def trade() -> None:
        try:
            got.append(access.refresh(runtime, tokens.refresh))
        except Unauthenticated as late:
            refused.append(late)

    threads = [threading.Thread(target=trade) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(got), len(refused)) == (1, 3)
    assert access.refresh(runtime, got[0].refresh).session_id == tokens.session_id


def test_a_session_ends_when_it_lies_idle_and_in_any_case_after_a_season(runtime: Runtime) -> None:
    add_user(runtime)
    idle, old = sign_in(runtime), sign_in(runtime)
    put(runtime, UserSession, idle.session_id, expires_at=ago(runtime, seconds=1))
    put(runtime, UserSession, old.session_id, created_at=ago(runtime, days=90, minutes=1))

    with pytest.raises(Unauthenticated):
        access.refresh(runtime, idle.refresh)
    last = access.refresh(runtime, old.refresh)
    with pytest.raises(Unauthenticated):
        access.refresh(runtime, last.refresh)


def test_signing_out_ends_the_session_and_no_other(runtime: Runtime) -> None:
    add_user(runtime)
    here, there = sign_in(runtime), sign_in(runtime)
    access.actor_of(runtime, here.access)

    access.sign_out(runtime, here.refresh)
    access.sign_out(runtime, "mr_unknown")

    with pytest.raises(Unauthenticated):
        access.actor_of(runtime, here.access)
    assert access.actor_of(runtime, there.access).session_id == there.session_id


def test_one_sees_and_ends_ones_sessions(runtime: Runtime) -> None:
    ann = add_user(runtime)
    add_user(runtime, "bob")
    first, second, his = sign_in(runtime), sign_in(runtime), sign_in(runtime, "bob")
    mine = actor_for(ann)

    access.revoke_session(runtime, mine, first.session_id)

    with runtime.read(mine) as unit:
        assert [each.id for each in access.list_sessions(unit, user_id=ann.id)] == [second.session_id]
        assert access.list_sessions(unit, user_id=ann.id, with_over=True).total == 2
    with pytest.raises(Unauthenticated):
        access.actor_of(runtime, first.access)
    with pytest.raises(NotFound):
        access.revoke_session(runtime, mine, his.session_id)
    assert access.revoke_sessions(runtime, TERMINAL, "bob") == 1
    with pytest.raises(Unauthenticated):
        access.actor_of(runtime, his.access)


def test_a_changed_password_ends_the_other_sessions(runtime: Runtime) -> None:
    ann = add_user(runtime)
    here, there = sign_in(runtime), sign_in(runtime)
    with pytest.raises(Invalid):
        access.change_password(runtime, actor_for(ann), "wrong", ANOTHER)

    access.change_password(runtime, actor_for(ann), PASSWORD, ANOTHER, session_id=here.session_id)

    assert access.actor_of(runtime, here.access).user_id == ann.id
    with pytest.raises(Unauthenticated):
        access.actor_of(runtime, there.access)
    refusal(runtime, "ann", PASSWORD)
    sign_in(runtime, "ann", ANOTHER)


def test_a_flood_of_strangers_locks_nobody_out(
    sqlite_runtime: Runtime, busy: Busy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who could not be looked at because too many came has not failed."""
    add_user(sqlite_runtime)
    with busy(), monkeypatch.context() as impatient:
        impatient.setattr(hashing, "_LONGEST_WAIT_S", 0.01)
        for _ in range(8):
            with pytest.raises(TooManyTries, match="at this moment"):
                sign_in(sqlite_runtime)

    assert sign_in(sqlite_runtime).user_id
