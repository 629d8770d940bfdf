"""Passwords that will do, waits that double, permissions that are listed."""

import ast
import datetime as dt
import itertools
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mercat.core.actor import Actor
from mercat.core.errors import Forbidden, Invalid, TooManyTries
from mercat.domain.access import hashing, passwords
from mercat.domain.access.backing_off import ACCOUNT, ADDRESS, Count, counted, taken_back
from mercat.domain.access.names import checked_email, checked_username, folded
from mercat.domain.access.permissions import PERMISSIONS, ROLES, expanded, refuse_beyond
from tests.architecture.house import Module, last_name, modules, nodes
from tests.domain.access.conftest import Busy

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "password",
    [
        "", "short", "123456789", "1234567890", "0987654321", "aaaaaaaaaaaa", "ababababab", "abcabcabcabc", "qwertyuiop",
        "poiuytrewq", "password123", "Password123!", "P4ssw0rd!!", "p@$$w0rd2026", "passwordpassword", "letmein12345",
        "!!!welcome!!!", "iloveyou1234", "dragon1990!!", "abcdefghij", "ann@example.com", "anna.smith1",
    ],
)  # fmt: skip
def test_a_password_that_strangers_try_first_will_not_do(password: str) -> None:
    with pytest.raises(Invalid):
        passwords.checked(password, "anna.smith", "ann@example.com")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "k9#fQz!mP2",
        "vier grüne Lampen",
        "パスワードは秘密です。長い",
        "4915112345678",
        "a" * 3 + "bcq93k;lx",
    ],
)
def test_a_long_enough_password_of_ones_own_will_do(password: str) -> None:
    assert passwords.checked(password, "anna.smith", "ann@example.com")


@given(st.text(min_size=0, max_size=300))
def test_a_password_is_judged_whatever_it_holds_and_one_spelling_is_kept(text: str) -> None:
    try:
        kept = passwords.checked(text, "ann")
    except Invalid:
        return
    assert passwords.normal(kept) == kept
    assert len(kept) >= passwords.SHORTEST


def test_a_hash_fits_its_password_and_no_other() -> None:
    kept = hashing.hashed("slow green lamp 7")
    assert kept != hashing.hashed("slow green lamp 7")
    assert hashing.verified(kept, "slow green lamp 7")
    assert not hashing.verified(kept, "slow green lamp 8")
    assert not hashing.verified(None, "slow green lamp 7")
    assert not hashing.verified("$argon2id$broken", "x")
    assert not hashing.verified("$2b$broken", "x")
    assert not hashing.is_outdated(kept)
    assert hashing.is_outdated("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$" + "A" * 43)


def test_a_name_that_nobody_has_costs_as_much_as_one_that_somebody_has() -> None:
    def cost_s(kept: str | None) -> float:
        started = time.process_time()
        for _ in range(5):
            hashing.verified(kept, "wrong")
        return time.process_time() - started

    kept = hashing.hashed("slow green lamp 7")
    hashing.verified(None, "warm")

    assert 0.5 < cost_s(None) / cost_s(kept) < 2


def test_no_more_than_a_few_threads_ever_hash(busy: Busy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each thread keeps the memory that it once hashed in: with as many as there are requests, a flood would eat it all."""
    monkeypatch.setattr(hashing, "_LONGEST_WAIT_S", 0.05)

    with busy() as held:
        for _ in range(hashing.AT_ONCE * 2):
            with pytest.raises(TooManyTries):
                hashing.verified(None, "x")
        working = [each.name for each in threading.enumerate() if each.name.startswith("mercat-hashing")]

    assert sorted(working) == sorted(held)
    assert len(held) == hashing.AT_ONCE


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    count, waits = Count(), []
    for _ in range(13):
        count = counted(count, ACCOUNT, NOW)
        waits.append(count.wait_s(NOW))

    assert waits == [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900, 900]
    assert counted(Count(10**9, NOW), ACCOUNT, NOW).wait_s(NOW) == 900
    assert counted(count, ACCOUNT, NOW + dt.timedelta(days=1, seconds=1)) == Count(
        1, NOW + dt.timedelta(days=1, seconds=1)
    )
    assert counted(Count(), ADDRESS, NOW).locked_until is None


@given(st.lists(st.booleans(), max_size=60))
def test_a_success_takes_back_its_own_try_and_no_other(failures: list[bool]) -> None:
    """From an address where somebody has an account, guesses at others count as they would without it."""
    with_successes, without = Count(), Count()
    for is_failure in failures:
        with_successes = counted(with_successes, ADDRESS, NOW)
        if is_failure:
            without = counted(without, ADDRESS, NOW)
        else:
            with_successes = taken_back(with_successes, ADDRESS)
    assert with_successes.failures == without.failures
    assert (with_successes.locked_until is None) == (without.locked_until is None) or with_successes.failures >= 30


@given(st.text(max_size=300))
def test_names_fold_to_what_every_database_takes(name: str) -> None:
    once = folded(name)
    assert "\x00" not in once
    once.encode()
    assert len(once) <= 254


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{1,63}", fullmatch=True))
def test_a_user_name_is_never_taken_for_an_address(name: str) -> None:
    assert "@" not in checked_username(name)
    assert folded(name) == name.lower()
    with pytest.raises(Invalid):
        checked_email(name)


def required(module: Module) -> set[str]:
    """What a module requires of an actor, by literal or by the name of a constant of its own."""
    constants = {
        target.id: node.value.value
        for node in module.tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: set[str] = set()
    for call in nodes(ast.Call, of=module):
        given = [each.value for each in call.keywords if each.arg == "permission"]
        if last_name(call.func) in {"require", "may", "needs"}:
            given += call.args[:1]
        for leaf in (leaf for each in given for leaf in ast.walk(each)):
            if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) and "." in leaf.value:
                found.add(leaf.value)
            elif isinstance(leaf, ast.Name) and isinstance(constants.get(leaf.id), str):
                found.add(constants[leaf.id])
    return found


# Required by the doors, for what services show to whoever asks.
ASKED_FOR_BY_DOORS = {"catalog.read", "suppliers.read", "operations.read"}


def test_every_permission_that_is_required_is_listed_and_every_listed_one_is_required() -> None:
    wanted = {name for module in modules() for name in required(module)}

    assert wanted - PERMISSIONS.keys() == set()
    assert PERMISSIONS.keys() - wanted - ASKED_FOR_BY_DOORS == set()
    assert all(line and not line.endswith(".") for line in PERMISSIONS.values())


def test_each_role_may_what_the_one_before_it_may_and_more() -> None:
    held = list(ROLES.values())

    assert list(ROLES) == ["viewer", "operator", "approver", "admin"]
    assert all(lower < higher for lower, higher in itertools.pairwise(held))
    assert ROLES["admin"] == set(PERMISSIONS)
    assert all(name.endswith((".read", ".export", ".health", ".own")) for name in ROLES["viewer"])


def test_scopes_are_permissions_or_a_role() -> None:
    assert expanded(["catalog.edit", "viewer"]) == sorted({*ROLES["viewer"], "catalog.edit"})
    for wrong in ([], ["*"], ["catalog"], ["owner"]):
        with pytest.raises(Invalid):
            expanded(wrong)
    with pytest.raises(Forbidden):
        refuse_beyond(Actor("user", "ann", ROLES["viewer"]), ["catalog.edit"])
