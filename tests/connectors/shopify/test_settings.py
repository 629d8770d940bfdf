"""What a merchant may fill in, and what opens a shop; and the way back of an owner who was asked to agree."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from mercat.connectors.shopify import ShopifySecrets, ShopifySettings, oauth
from mercat.sdk.errors import Unauthorized
from tests.connectors.shopify.scripted import Around, client, scripted


@pytest.mark.parametrize(
    ("stated", "domain", "origin"),
    [
        ("acme.myshopify.com", "acme.myshopify.com", "https://acme.myshopify.com"),
        (" https://Acme.myshopify.com/ ", "acme.myshopify.com", "https://acme.myshopify.com"),
        ("acme", "acme.myshopify.com", "https://acme.myshopify.com"),
        ("http://127.0.0.1:8099", "http://127.0.0.1:8099", "http://127.0.0.1:8099"),
        ("http://localhost:1", "http://localhost:1", "http://localhost:1"),
    ],
)
def test_a_shop_is_known_by_its_domain(stated: str, domain: str, origin: str) -> None:
    settings = ShopifySettings(domain=stated)

    assert (settings.domain, settings.origin) == (domain, origin)
    assert ShopifySettings(**settings.model_dump()) == settings


@pytest.mark.parametrize(
    "stated",
    [
        "",
        "acme.myshopify.com/admin",
        "ftp://acme.myshopify.com",
        "http://acme.myshopify.com",
        "http://127.0.0.1.evil.test",
        "user@acme.myshopify.com",
        "acme.myshopify.com?x",
    ],
)
def test_what_is_no_shop_is_refused(stated: str) -> None:
    with pytest.raises(ValidationError):
        ShopifySettings(domain=stated)


@pytest.mark.parametrize("secrets", [{}, {"client_id": "a"}, {"client_secret": "b"}, {"webhook_secret": "c"}])
def test_half_a_key_opens_nothing(secrets: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="client id and a client secret, or an access token"):
        ShopifySecrets(**secrets)


def test_secrets_are_not_printed() -> None:
    secrets = ShopifySecrets(client_id="i-1", client_secret="s-2", access_token="t-3", previous_secret="p-4")

    assert not [each for each in ("i-1", "s-2", "t-3", "p-4") if each in repr(secrets) + str(secrets)]


def test_webhooks_are_signed_by_todays_secret_or_the_one_before() -> None:
    assert ShopifySecrets(client_id="i", client_secret="s").signing() == ("s",)
    assert ShopifySecrets(access_token="t", webhook_secret="w", previous_secret="p").signing() == ("w", "p")
    assert ShopifySecrets(access_token="t").signing() == ()


ANSWER = {"code": "c-1", "shop": "acme.myshopify.com", "state": "s-1", "timestamp": "1000", "host": "YWRtaW4"}


def answered(**changed: str) -> dict[str, str]:
    told = ANSWER | changed
    return told | {"hmac": oauth.signatures(told, "hush")[0]}


def check(parameters: dict[str, str]) -> str:
    return oauth.checked_code(parameters, state="s-1", shop="acme.myshopify.com", secret="hush", now_s=1030)


def test_the_owner_is_sent_to_their_shop_with_a_state() -> None:
    url = urlsplit(
        oauth.authorize_url(
            "https://acme.myshopify.com", client_id="id", redirect_uri="https://hub.test/back", state="s-1"
        )
    )

    asked = parse_qs(url.query)
    assert (url.netloc, url.path) == ("acme.myshopify.com", "/admin/oauth/authorize")
    assert (asked["state"], asked["redirect_uri"], asked["client_id"]) == (["s-1"], ["https://hub.test/back"], ["id"])
    assert asked["scope"] == [",".join(oauth.SCOPES)]


def test_a_genuine_answer_gives_its_code() -> None:
    assert check(answered()) == "c-1"


@pytest.mark.parametrize(
    "parameters",
    [
        ANSWER,
        answered() | {"hmac": "0" * 64},
        answered() | {"code": "c-2"},
        answered() | {"hmac": "é"},
        answered(state="s-2"),
        answered(state=""),
        answered(shop="evil.myshopify.com"),
        answered(timestamp="900"),
        answered(timestamp="soon"),
        answered(code=""),
        {},
    ],
)
def test_an_answer_that_is_not_right_in_everything_is_refused(parameters: dict[str, str]) -> None:
    with pytest.raises(Unauthorized):
        check(parameters)


def test_an_empty_state_lets_nobody_in() -> None:
    with pytest.raises(Unauthorized):
        oauth.checked_code(answered(state=""), state="", shop=ANSWER["shop"], secret="hush", now_s=1030)


def test_a_code_is_exchanged_for_a_token() -> None:
    with scripted() as script:
        script.answers.append((200, {"access_token": "lasting", "scope": "write_products"}))
        token = oauth.exchange_code(client(script.address, Around()), "c-1", client_id="id", client_secret="hush")

    assert token.value == "lasting"
    assert script.asked[0].body == {"client_id": "id", "client_secret": "hush", "code": "c-1"}
