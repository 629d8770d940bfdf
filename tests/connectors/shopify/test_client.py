"""Tokens, the bucket of points, and what each failure of the shop means."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from mercat.connectors.shopify.operations import COLLECTION_FIND, PRODUCT_SET, SHOP
from mercat.sdk.channels import Token
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized, Unavailable, VendorError
from tests.connectors.shopify import scripted as told
from tests.connectors.shopify.scripted import GRANT, NOW, Around, Script, answer, client, faulty, scripted


@pytest.fixture
def script() -> Iterator[Script]:
    with scripted() as made:
        yield made


@pytest.fixture
def around() -> Around:
    return Around(token=Token(value="kept-token", expires_at=NOW + dt.timedelta(hours=5)))


def ask(script: Script, around: Around, **secrets: str) -> Any:
    asking = client(script.address, around, **secrets)
    with asking.session():
        return asking.call(SHOP)


def test_a_kept_token_is_used_while_it_is_good(script: Script, around: Around) -> None:
    script.answers.append(answer(told.SHOP))

    assert ask(script, around).shop.name == "Acme"
    assert script.tokens() == ["kept-token"]
    assert script.asked[0].path == "/admin/api/2026-10/graphql.json"


@pytest.mark.parametrize("left", [dt.timedelta(minutes=4), dt.timedelta(0), -dt.timedelta(days=1)])
def test_a_token_that_runs_out_soon_is_fetched_anew_and_kept(
    script: Script, around: Around, left: dt.timedelta
) -> None:
    around.token = Token(value="old", expires_at=NOW + left)
    script.answers += [(200, GRANT), answer(told.SHOP)]

    ask(script, around)

    assert script.asked[0].body == {"client_id": "id", "client_secret": "hush", "grant_type": "client_credentials"}
    assert script.tokens() == [None, "fetched-token"]
    assert around.token == Token(value="fetched-token", expires_at=NOW + dt.timedelta(seconds=86399))


def test_a_refused_token_is_renewed_once(script: Script, around: Around) -> None:
    script.answers += [(401, {"errors": "[API] Invalid API key"}), (200, GRANT), answer(told.SHOP)]

    ask(script, around)

    assert script.tokens() == ["kept-token", None, "fetched-token"]


def test_a_new_token_that_is_refused_is_the_end_of_it(script: Script, around: Around) -> None:
    script.answers += [(401, {"errors": "no"}), (200, GRANT), (401, {"errors": "no"})]

    with pytest.raises(Unauthorized, match="connect the shop anew"):
        ask(script, around)
    assert len(script.asked) == 3


def test_a_custom_apps_token_cannot_be_renewed(script: Script, around: Around) -> None:
    script.answers.append((401, {"errors": "no"}))

    with pytest.raises(Unauthorized):
        ask(script, around, access_token="shpat_1")
    assert script.tokens() == ["shpat_1"]


def test_an_app_that_the_shop_does_not_know_gets_no_token(script: Script) -> None:
    script.answers.append((400, {"error": "application_cannot_be_found"}))

    with pytest.raises(Unauthorized, match="client id and the client secret"):
        ask(script, Around())


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (402, b"", Unauthorized),
        (403, b"", Unauthorized),
        (404, b"", Rejected),
        (423, b"", Unauthorized),
        (430, b"", RateLimited),
        (500, b"", Unavailable),
        (502, b"<html>", Unavailable),
        (503, b"", Unavailable),
        (200, b"<html>", Unavailable),
        (200, b'{"data": {"shop": 1}}', Unavailable),
        (*faulty("ACCESS_DENIED"), Unauthorized),
        (*faulty("INTERNAL_SERVER_ERROR"), Unavailable),
        (*faulty("MAX_COST_EXCEEDED"), Rejected),
        (200, {"data": told.SHOP, "errors": [{"message": "half of it"}]}, Rejected),
    ],
)
def test_a_failure_is_named_by_what_recovers_it(
    script: Script, around: Around, status: int, body: Any, error: type[VendorError]
) -> None:
    script.answers.append((status, body))

    with pytest.raises(VendorError) as raised:
        ask(script, around)

    assert type(raised.value) is error
    assert raised.value.message
    assert around.calls[-1].status == status


def test_too_many_requests_say_how_long_to_wait(script: Script, around: Around) -> None:
    script.headers["Retry-After"] = "7"
    script.answers.append((429, b""))

    with pytest.raises(RateLimited) as raised:
        ask(script, around)
    assert raised.value.after_s == 7


def test_a_shop_that_is_not_there_is_unavailable(around: Around) -> None:
    with scripted() as gone:
        address = gone.address
    asking = client(address, around)

    with asking.session(), pytest.raises(Unavailable):
        asking.call(SHOP)
    assert around.calls[-1].status == 0


def test_throttled_waits_for_what_was_asked_and_asks_again(script: Script, around: Around) -> None:
    script.answers += [faulty("THROTTLED", cost=300, currentlyAvailable=50), answer(told.SHOP)]

    assert ask(script, around).shop.name == "Acme"
    assert around.paused == [pytest.approx(2.5, abs=0.2)]


def test_a_shop_that_goes_on_throttling_is_left_alone(script: Script, around: Around) -> None:
    script.answers += [faulty("THROTTLED", cost=300, currentlyAvailable=50)] * 6

    with pytest.raises(RateLimited) as raised:
        ask(script, around)
    assert raised.value.after_s == pytest.approx(2.5, abs=0.3)


def test_it_waits_before_it_sends_what_the_bucket_does_not_hold(script: Script, around: Around) -> None:
    nothing = {"collectionByIdentifier": None}
    script.answers += [answer(nothing, cost=3, currentlyAvailable=2), answer(nothing, cost=3)]
    asking = client(script.address, around)

    with asking.session():
        asking.call(COLLECTION_FIND)
        asking.call(COLLECTION_FIND)

    assert len(around.paused) == 1
    assert 0 < around.paused[0] < 1


def test_every_request_is_told_with_its_cost(script: Script, around: Around) -> None:
    script.answers.append(answer(told.SHOP, cost=4))

    ask(script, around)

    (call,) = around.calls
    assert (call.service, call.endpoint, call.status, call.cost) == ("shopify", "Shop", 200, 4)
    assert call.limit_remaining == pytest.approx(1990, abs=10)
    assert call.limit_resets_s == pytest.approx(0.1, abs=0.1)
    assert call.latency_ms > 0


def test_the_size_of_what_is_sent_is_part_of_the_guess(script: Script, around: Around) -> None:
    set_nothing = {"productSet": {"product": None, "userErrors": []}}
    script.answers.append(answer(set_nothing, cost=2 * (PRODUCT_SET.cost + 100)))
    asking = client(script.address, around)

    with asking.session():
        asking.call(PRODUCT_SET, {}, size=100)

    assert asking.bucket.predict("ProductSet", 200) == pytest.approx(400 + 20)
