"""A delivery is believed only where one of our secrets signed it, and is not read before."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mercat.connectors.shopify.webhooks import is_genuine, notice
from mercat.sdk.errors import Rejected, Unauthorized
from tests.connectors.shopify.loopback import Desk, channel, loopback

SECRETS = ("todays", "yesterdays")
PRODUCT = json.dumps({"admin_graphql_api_id": "gid://shopify/Product/7", "id": 7}).encode()


def signed(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def headers(body: bytes, secret: str = "todays", topic: str = "products/update") -> dict[str, str]:
    return {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": signed(body, secret),
        "X-Shopify-Shop-Domain": "acme.myshopify.com",
        "X-Shopify-Webhook-Id": "d-1",
        "X-Shopify-Triggered-At": "2026-11-21T10:00:00.5Z",
    }


@pytest.mark.parametrize("secret", SECRETS)
def test_todays_secret_and_the_one_before_are_believed(secret: str) -> None:
    told = notice(headers(PRODUCT, secret), PRODUCT, SECRETS)

    assert (told.delivery_id, told.topic, told.subject) == ("d-1", "products/update", "gid://shopify/Product/7")
    assert told.happened_at == dt.datetime(2026, 11, 21, 10, 0, 0, 500_000, dt.UTC)


def test_header_names_are_compared_without_case_and_in_both_families() -> None:
    plain = {name.lower().removeprefix("x-"): value for name, value in headers(PRODUCT).items()}

    assert notice(plain, PRODUCT, SECRETS).delivery_id == "d-1"


@pytest.mark.parametrize("body", [PRODUCT, b"", b"{", b"\xff\x00"])
@pytest.mark.parametrize("signature", ["", "x", "é", signed(PRODUCT, "somebody"), signed(b"other", "todays")])
def test_a_wrong_signature_is_refused_whatever_the_body(signature: str, body: bytes) -> None:
    with pytest.raises(Unauthorized):
        notice(headers(body) | {"X-Shopify-Hmac-Sha256": signature}, body, SECRETS)


def test_without_a_secret_nothing_is_believed() -> None:
    with pytest.raises(Unauthorized, match="client secret"):
        notice(headers(PRODUCT, ""), PRODUCT, ())


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"updated_at": 7}'])
def test_a_genuine_delivery_that_cannot_be_read_is_rejected(body: bytes) -> None:
    with pytest.raises(Rejected):
        notice(headers(body), body, SECRETS)


@pytest.mark.parametrize("missing", ["X-Shopify-Topic", "X-Shopify-Webhook-Id"])
def test_a_delivery_without_topic_or_id_is_rejected(missing: str) -> None:
    with pytest.raises(Rejected):
        notice({name: value for name, value in headers(PRODUCT).items() if name != missing}, PRODUCT, SECRETS)


@pytest.mark.parametrize(
    ("topic", "payload", "subject"),
    [
        ("products/delete", {"id": 7}, "gid://shopify/Product/7"),
        ("collections/delete", {"id": 8}, "gid://shopify/Collection/8"),
        (
            "inventory_levels/update",
            {"inventory_item_id": 3, "location_id": 5, "available": 2},
            "gid://shopify/InventoryItem/3",
        ),
        (
            "bulk_operations/finish",
            {"admin_graphql_api_id": "gid://shopify/BulkOperation/9"},
            "gid://shopify/BulkOperation/9",
        ),
        ("app/uninstalled", {"id": 1, "name": "Acme"}, None),
        ("customers/redact", {"shop_id": 1, "customer": {"id": 2}}, None),
    ],
)
def test_what_a_delivery_is_about(topic: str, payload: dict[str, object], subject: str | None) -> None:
    body = json.dumps(payload).encode()

    assert notice(headers(body, topic=topic), body, SECRETS).subject == subject


def test_the_products_own_time_is_when_it_happened() -> None:
    body = json.dumps({"id": 7, "updated_at": "2026-11-20T09:00:00+01:00"}).encode()

    assert notice(headers(body), body, SECRETS).happened_at == dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)


def test_what_the_shop_delivers_is_believed() -> None:
    received: Queue[tuple[dict[str, str], bytes]] = Queue()

    class Hub(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.put((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as hub, loopback() as shop:
        thread = Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        address = f"http://127.0.0.1:{hub.server_address[1]}/webhooks"
        shop.shop.tell("webhooks", topic="products/delete", body={"id": 7}, uri=address)
        told, body = received.get(timeout=20)
        found = channel(shop, Desk().surroundings()).notice(told, body)
        hub.shutdown()
        thread.join()

    assert (found.topic, found.subject) == ("products/delete", "gid://shopify/Product/7")
    assert found.delivery_id
    assert found.happened_at is not None


@given(st.binary(max_size=50), st.binary(max_size=50), st.text(min_size=1, max_size=8))
def test_a_signature_fits_its_own_body_and_secret_only(body: bytes, other: bytes, secret: str) -> None:
    assert is_genuine(body, signed(body, secret), (secret,))
    assert is_genuine(other, signed(body, secret), (secret,)) == (body == other)
    assert not is_genuine(body, signed(body, secret), (secret + "x",))
