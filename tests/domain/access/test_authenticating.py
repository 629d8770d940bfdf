"""Whose key or token this is, and how soon what was taken away is good no more."""

import base64
import datetime as dt
import json

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mercat.core.errors import Invalid, Unauthenticated
from mercat.core.ids import new_id
from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from mercat.domain.access import tokens
from mercat.domain.access.models import ApiKey, SigningKey, UserSession
from mercat.domain.access.remembering import KEPT_S, memory_of
from tests.domain.access.people import TERMINAL, actor_for, add_user, ago, put, sign_in

KEY, OTHER = b"k" * 32, b"o" * 32
AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


def make_key(runtime: Runtime, owner: str = "ann", *scopes: str, **more: object) -> access.NewKey:
    draft = access.KeyDraft("nightly", scopes or ("viewer",), **more)
    return access.create_key(runtime, TERMINAL, draft, owner=owner)


def test_a_key_may_what_its_scopes_and_its_owners_role_both_allow(runtime: Runtime) -> None:
    ann = add_user(runtime, role="operator")
    key = make_key(runtime, "ann", "catalog.read", "catalog.edit", rate_limit_per_minute=60)

    principal = access.actor_of(runtime, key.secret)
    assert principal.actor.permissions == {"catalog.read", "catalog.edit"}
    assert (principal.user_id, principal.key_id, principal.rate_limit_per_minute) == (ann.id, key.key.id, 60)
    assert principal.actor.via == f"key {key.key.prefix}"

    access.set_role(runtime, TERMINAL, "ann", "viewer")
    assert access.actor_of(runtime, key.secret).actor.permissions == {"catalog.read"}


def test_a_key_says_when_it_was_last_used(runtime: Runtime) -> None:
    add_user(runtime)
    key = make_key(runtime)
    other = Runtime(runtime.settings)

    def last_used() -> dt.datetime | None:
        access.settle(runtime)
        access.settle(other)
        with runtime.read(TERMINAL) as unit:
            return access.list_keys(unit).data[0].last_used_at

    assert last_used() is None
    access.actor_of(runtime, key.secret)
    first = last_used()
    assert first is not None
    # Another process a moment later writes nothing; a minute later it does.
    access.actor_of(other, key.secret)
    assert last_used() == first
    put(runtime, ApiKey, last_used_at=ago(runtime, seconds=61))
    memory_of(other).forget()
    access.actor_of(other, key.secret)
    assert last_used() > first
    other.close()


def test_who_was_seen_just_now_is_known_from_memory_until_that_is_taken_away(runtime: Runtime) -> None:
    add_user(runtime)
    key = make_key(runtime)

    assert access.known_actor(runtime, key.secret) is None
    seen = access.actor_of(runtime, key.secret)
    assert access.known_actor(runtime, key.secret) == seen
    assert access.known_actor(runtime, key.secret, address="192.0.2.7").actor.address == "192.0.2.7"
    assert access.known_actor(runtime, "mk_other") is None
    access.revoke_key(runtime, TERMINAL, key.key.prefix)
    assert access.known_actor(runtime, key.secret) is None


@pytest.mark.parametrize("taking", ["revoke", "disable", "expire"])
def test_a_key_that_was_taken_away_opens_nothing_at_once(runtime: Runtime, taking: str) -> None:
    add_user(runtime)
    key = make_key(runtime)
    access.actor_of(runtime, key.secret)

    if taking == "revoke":
        access.revoke_key(runtime, TERMINAL, key.key.prefix)
    elif taking == "disable":
        access.disable(runtime, TERMINAL, "ann")
    else:
        put(runtime, ApiKey, expires_at=ago(runtime, seconds=1))
        memory_of(runtime).forget()

    with pytest.raises(Unauthenticated):
        access.actor_of(runtime, key.secret)
    access.settle(runtime)


def test_another_process_refuses_after_five_seconds(runtime: Runtime) -> None:
    add_user(runtime)
    key, session = make_key(runtime), sign_in(runtime)
    other = Runtime(runtime.settings)
    seconds = [100.0]
    memory_of(other).clock = lambda: seconds[0]
    for bearer in (key.secret, session.access):
        access.actor_of(other, bearer)

    access.disable(runtime, TERMINAL, "ann")

    seconds[0] += KEPT_S - 0.01
    access.actor_of(other, key.secret)
    seconds[0] += 0.02
    for bearer in (key.secret, session.access):
        with pytest.raises(Unauthenticated):
            access.actor_of(other, bearer)
    access.settle(other)
    other.close()


def test_what_was_looked_up_before_a_change_is_not_remembered_after_it(sqlite_runtime: Runtime) -> None:
    memory = memory_of(sqlite_runtime)
    add_user(sqlite_runtime)
    key = make_key(sqlite_runtime)
    principal = access.actor_of(sqlite_runtime, key.secret)
    mark = memory.mark()

    memory.forget()
    memory.keep("late", principal, mark=mark, most_s=9)

    assert memory.find("late") is None
    access.settle(sqlite_runtime)


def test_an_access_token_is_over_after_a_quarter_of_an_hour(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    ann = add_user(runtime)
    session = sign_in(runtime)
    with runtime.read() as unit:
        [key] = unit.session.query(SigningKey).all()
        secret = base64.b64decode(runtime.secrets.open(key.secret, f"signing_keys.secret:{key.id}")["key"])

        def token_of(minutes: float) -> str:
            at = unit.now - dt.timedelta(minutes=minutes)
            return tokens.access_token(key.id, secret, user_id=ann.id, session_id=session.session_id, at=at)

        young, over = token_of(14.9), token_of(15.1)

    assert session.expires_in == 900
    assert access.actor_of(runtime, young).user_id == ann.id
    with pytest.raises(Unauthenticated):
        access.actor_of(runtime, over)


def test_signing_keys_are_exchanged_without_ending_a_session(runtime: Runtime) -> None:
    add_user(runtime)
    before = sign_in(runtime)
    made = access.rotate_signing(runtime, TERMINAL)

    after = access.refresh(runtime, before.refresh)

    assert jwt.get_unverified_header(after.access)["kid"] == str(made)
    assert jwt.get_unverified_header(before.access)["kid"] != str(made)
    for each in (before, after):
        assert access.actor_of(runtime, each.access).session_id == before.session_id
    # A quarter of an hour after it was retired, the old one verifies no more.
    with runtime.read() as unit:
        old = unit.session.query(SigningKey.id).filter(SigningKey.retired_at.is_not(None)).scalar()
    put(runtime, SigningKey, old, retired_at=ago(runtime, minutes=16))
    memory_of(runtime).forget()
    with pytest.raises(Unauthenticated):
        access.actor_of(runtime, before.access)
    assert access.actor_of(runtime, after.access).session_id == before.session_id


def test_signing_keys_are_sealed_anew_with_the_other_secrets(runtime: Runtime) -> None:
    add_user(runtime)
    before = sign_in(runtime)
    old = runtime.secrets.path.read_text()
    with runtime.secrets.exchanging():
        assert access.reseal(runtime, TERMINAL) == 1

    assert runtime.secrets.path.read_text() != old
    memory_of(runtime).forget()
    assert access.actor_of(runtime, before.access).session_id == before.session_id


def _part(data: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def test_no_other_algorithm_type_audience_or_key_will_do() -> None:
    ids = {"user_id": new_id(), "session_id": new_id()}
    good = tokens.access_token(new_id(), KEY, at=AT, **ids)
    said = jwt.decode(good, KEY, algorithms=["HS256"], audience="mercat-api", options={"verify_exp": False})
    assert tokens.claims_of(good, KEY).user_id == ids["user_id"]
    assert (said["iss"], said["exp"] - said["iat"], len(said["jti"])) == ("mercat", 900, 22)

    head, body, _ = good.split(".")
    unsigned = f"{_part({'alg': 'none', 'typ': 'at+jwt', 'kid': str(new_id())})}.{body}."
    for bad in (unsigned, f"{head}.{_part(said | {'sub': str(new_id())})}.{good.split('.')[2]}", good[:-4]):
        with pytest.raises(Unauthenticated):
            tokens.claims_of(bad, KEY)
    with pytest.raises(Unauthenticated):
        tokens.claims_of(good, OTHER)
    with pytest.raises(Unauthenticated):
        tokens.key_id_of(unsigned)
    for wrong in ({"aud": "other"}, {"iss": "other"}, {"sub": "not an id"}, {"exp": 10**30}):
        with pytest.raises(Unauthenticated):
            tokens.claims_of(jwt.encode(said | wrong, KEY, headers={"typ": "at+jwt"}), KEY)
    for name in said:
        with pytest.raises(Unauthenticated):
            tokens.claims_of(jwt.encode({k: v for k, v in said.items() if k != name}, KEY), KEY)
    kid = str(new_id())
    assert tokens.key_id_of(jwt.encode(said, KEY, headers={"typ": "at+jwt", "kid": kid}))
    for header in ({"typ": "JWT", "kid": kid}, {"typ": "at+jwt", "kid": "x"}, {"typ": "at+jwt"}):
        with pytest.raises(Unauthenticated):
            tokens.key_id_of(jwt.encode(said, KEY, headers=header))


def test_a_token_of_another_users_session_is_refused(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    bob = add_user(runtime, "bob")
    add_user(runtime)
    session = sign_in(runtime)
    put(runtime, UserSession, session.session_id, user_id=bob.id)

    with pytest.raises(Unauthenticated):
        access.actor_of(runtime, session.access)


@given(st.text(max_size=300) | st.sampled_from(["mk_", "mr_x", "a.b.c", "." * 9, "mk_" + "A" * 43, "é" * 5000]))
def test_whatever_else_comes_is_refused_and_nothing_breaks(text: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens.claims_of(text, KEY)
    with pytest.raises(Unauthenticated):
        tokens.key_id_of(text)


@pytest.mark.parametrize("bearer", ["", "mk_nothing", "mk_\x00é", "a.b.c", "x" * 5000, "\ud800", "mr_1"])
def test_what_nobody_ever_got_lets_nobody_in(runtime: Runtime, bearer: str) -> None:
    with pytest.raises(Unauthenticated):
        access.actor_of(runtime, bearer)


def test_settings_come_along_and_change_at_once(runtime: Runtime) -> None:
    ann = add_user(runtime)
    session = sign_in(runtime)
    assert access.actor_of(runtime, session.access).settings == access.SettingsView()

    wanted = access.SettingsView(per_page=20, timezone="Europe/Berlin")
    access.update_settings(runtime, actor_for(ann), wanted)

    assert access.actor_of(runtime, session.access).settings == wanted
    with runtime.read(actor_for(ann)) as unit:
        assert access.get_settings(unit) == wanted
    for wrong in (access.SettingsView(per_page=0), access.SettingsView(timezone="Mars/Base")):
        with pytest.raises(Invalid):
            access.update_settings(runtime, actor_for(ann), wrong)
