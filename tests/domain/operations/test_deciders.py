"""What is decided without a database: when to try again, what a signature is, what is hidden."""

import base64
import datetime as dt
import hashlib
import hmac
import random
import re

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mercat.core.errors import Invalid
from mercat.core.ids import first_id, new_id
from mercat.core.redaction import hide, scrub
from mercat.domain.operations.endpoints import checked_address
from mercat.domain.operations.retrying import MOST_TRIES, WAITS_S, is_to_be_switched_off, wait_after
from mercat.domain.operations.signing import new_secret, signature, signed_headers

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


@given(st.integers(1, 20), st.none() | st.floats(0, 1e9), st.randoms(use_true_random=False))
def test_waits_grow_keep_to_the_schedule_and_end(tries: int, told_s: float | None, dice: random.Random) -> None:
    wait = wait_after(tries, told_s, dice)

    assert (wait is None) == (tries >= MOST_TRIES)
    if wait is not None:
        planned = WAITS_S[tries - 1]
        assert wait >= 0.9 * planned
        assert wait >= min(told_s or 0, 86_400)
        assert wait <= max(1.1 * planned, 86_400)


def test_the_schedule_is_the_standards() -> None:
    passed = [sum(WAITS_S[:tries]) for tries in range(MOST_TRIES)]

    assert passed == [0, 5, 305, 2105, 9305, 27305, 63305, 113705, 185705, 272105]


@pytest.mark.parametrize(
    ("since_days", "days", "is_enough"),
    [(None, 5, False), (4.9, 5, False), (5, 5, True), (400, 0, False), (1, 1, True)],
)
def test_days_of_failure(since_days: float | None, days: int, is_enough: bool) -> None:
    since = None if since_days is None else NOW - dt.timedelta(days=since_days)

    assert is_to_be_switched_off(since, NOW, days) is is_enough


def test_a_secret_is_as_the_specification_says() -> None:
    secret = new_secret()

    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]+=*", secret)
    assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"))) <= 64
    assert secret != new_secret()


@given(st.binary(min_size=24, max_size=64), st.uuids(), st.integers(0, 2**33), st.binary(max_size=200))
def test_a_signature_is_right_for_its_secret_id_time_and_body_and_for_nothing_else(
    key: bytes, delivery: object, timestamp: int, body: bytes
) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    right = signature(secret, str(delivery), timestamp, body)

    wanted = hmac.new(key, f"{delivery}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    assert right == "v1," + base64.b64encode(wanted).decode()
    others = {
        signature(new_secret(), str(delivery), timestamp, body),
        signature(secret, f"{delivery}0", timestamp, body),
        signature(secret, str(delivery), timestamp + 1, body),
        signature(secret, str(delivery), timestamp, body + b" "),
    }
    assert right not in others


def test_each_secret_in_force_signs() -> None:
    one, other = new_secret(), new_secret()
    headers = signed_headers([one, other], "d", 7, b"{}")

    assert headers["webhook-signature"].split(" ") == [signature(each, "d", 7, b"{}") for each in (one, other)]
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("d", "7")


@given(st.text("abcXYZ019_-+/=.$^*[](){}|\\", min_size=8, max_size=60), st.text(max_size=40), st.text(max_size=40))
def test_a_secret_that_was_opened_is_hidden_wherever_it_is(secret: str, before: str, after: str) -> None:
    secret = f"Q7{secret}"
    hide(secret)

    assert secret not in scrub(f"{before}{secret}{after}")


@pytest.mark.parametrize("plain", ["short", "", "postgres", "administrator"])
def test_plain_words_are_not_taken_for_secrets(plain: str) -> None:
    hide(plain)

    assert scrub(f"the {plain} said") == f"the {plain} said"


@given(st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC)))  # noqa: DTZ001  # hypothesis wants them bare
def test_an_id_of_an_instant_lies_below_all_that_are_born_then(moment: dt.datetime) -> None:
    bound = first_id(moment)

    assert first_id(moment + dt.timedelta(milliseconds=2)) > bound
    assert (bound < new_id()) == (moment < dt.datetime.now(dt.UTC))


_PARTS = st.one_of(st.text(max_size=30), st.text("abc.:/@#?[]%0189- \\", max_size=30))


@given(st.sampled_from(["https://", "http://", "https:", "//", ""]), _PARTS, _PARTS, st.booleans())
def test_any_text_is_either_an_address_to_send_to_or_refused_in_words(
    scheme: str, host: str, path: str, allow_private: bool
) -> None:
    try:
        url, name, port = checked_address(f"{scheme}{host}/{path}", allow_private=allow_private)
    except Invalid:
        return
    request = httpx2.Request("POST", url)
    assert request.url.scheme == "https" or allow_private
    assert name
    assert 0 <= port < 65_536
    assert not request.url.userinfo
