"""Everything that goes wrong, by name and by seed; and webhooks, which go wrong in their own ways."""

from __future__ import annotations

import queue
import random
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import msgspec
import pytest

from mercat.sandbox.shopify import Options
from mercat.sandbox.shopify.delivery import sign
from mercat.sandbox.shopify.faults import CALLS, Faults, parse

from .conftest import PRODUCT_SET, Client

WRITTEN = {"502", "timeout-written", "drop-written", "slow"}
LAMP = {"input": {"title": "Lamp"}}
SUBSCRIBE = """mutation ($topic: WebhookSubscriptionTopic!, $sub: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $sub) {
    webhookSubscription { id } userErrors { message } } }"""


@pytest.fixture
def options() -> Options:
    return Options(plan="plus", hang_s=0.2, webhook_retry_s=0.01, bulk_start_after_s=0.0)


@pytest.mark.parametrize("fault", CALLS)
def test_a_fault_is_what_it_says(client: Client, fault: str) -> None:
    client.shop.tell("faults", next=[fault])
    try:
        answer: httpx2.Response | None = client.post(PRODUCT_SET, LAMP)
    except httpx2.TransportError:
        answer = None
    lost = {"timeout", "timeout-written", "drop", "drop-written"}
    assert (answer is None) is (fault in lost)
    if answer is not None:
        expected = {"429": 429, "500": 500, "502": 502, "expired": 401}.get(fault, 200)
        assert answer.status_code == expected
    if fault == "429" and answer is not None:
        assert answer.headers["Retry-After"] == "2.0"
    if fault == "throttle" and answer is not None:
        assert answer.json()["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert len(client.shop.state["products"]) == (1 if fault in WRITTEN else 0)
    assert client.shop.ask("calls")["faults"] == {fault: 1}


def test_a_slow_answer_is_whole_in_the_end(client: Client) -> None:
    client.shop.tell("faults", next=["slow"])
    assert client.done(PRODUCT_SET, LAMP)["product"]["handle"] == "lamp"


def test_the_same_seed_brings_the_same_faults() -> None:
    rates = {"500": 0.2, "502": 0.1}
    first, again, other = (Faults(random.Random(seed), rates) for seed in (1, 1, 2))
    drawn = [first.call() for _ in range(200)]
    assert drawn == [again.call() for _ in range(200)]
    assert drawn != [other.call() for _ in range(200)]
    assert set(drawn) == {None, "500", "502"}


@pytest.mark.parametrize("text", ["500", "500=2", "500=x", "none=1%", "500=60%,502=60%", "500=-1%"])
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"fault"):
        parse(text)


def test_rates_are_written_as_shares_or_in_percent() -> None:
    assert parse("500=5%, 502=0.02,") == {"500": 0.05, "502": 0.02}


class Receiver:
    """A client's end: notes what comes, and answers what it is told."""

    def __init__(self) -> None:
        self.got: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.put(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"

    def next(self) -> tuple[dict[str, str], dict[str, Any]]:
        headers, body = self.got.get(timeout=20)
        return headers, msgspec.json.decode(body)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join(5)


def subscribe(client: Client, receiver: Receiver, topic: str, **more: Any) -> str:
    payload = client.done(SUBSCRIBE, {"topic": topic, "sub": {"uri": receiver.url, **more}})
    return str(payload["webhookSubscription"]["id"])


def test_a_webhook_is_signed_over_its_raw_body(client: Client, receiver: Receiver) -> None:
    subscribe(client, receiver, "PRODUCTS_CREATE")
    product = client.product(title="Größe")
    headers, raw = receiver.got.get(timeout=20)
    assert headers["x-shopify-hmac-sha256"] == sign(raw, client.shop.credentials["api_secret"])
    assert headers["x-shopify-topic"] == "products/create"
    assert headers["x-shopify-shop-domain"] == "mercat-sandbox.myshopify.com"
    assert {"x-shopify-webhook-id", "x-shopify-event-id", "x-shopify-triggered-at"} <= set(headers)
    body = msgspec.json.decode(raw)
    assert (body["admin_graphql_api_id"], body["title"]) == (product["id"], "Größe")


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("PRODUCTS_UPDATE", "products/update"),
        ("PRODUCTS_DELETE", "products/delete"),
        ("INVENTORY_LEVELS_UPDATE", "inventory_levels/update"),
        ("COLLECTIONS_CREATE", "collections/create"),
        ("BULK_OPERATIONS_FINISH", "bulk_operations/finish"),
    ],
)
def test_news_of_every_kind_goes_out(client: Client, receiver: Receiver, topic: str, name: str) -> None:
    subscribe(client, receiver, topic)
    product = client.product(handle="lamp")
    client.set({"handle": "lamp"}, handle="lamp", title="Lamp two")
    client.ask('mutation { collectionCreate(collection: {title: "C"}) { userErrors { message } } }')
    client.ask(
        'mutation { bulkOperationRunQuery(groupObjects: false, query: "{ products { nodes { id } } }") { userErrors { code } } }'
    )
    row = {"inventoryItemId": product["variants"]["nodes"][0]["inventoryItem"]["id"], "quantity": 5}
    row |= {"locationId": client.shop.state["locations"][0]["id"], "changeFromQuantity": 0}
    stock = """mutation ($i: InventorySetQuantitiesInput!) {
      inventorySetQuantities(input: $i) @idempotent(key: "k") { userErrors { code } } }"""
    client.done(stock, {"i": {"name": "available", "reason": "correction", "quantities": [row]}})
    client.ask(
        "mutation ($id: ID!) { productDelete(input: {id: $id}) { userErrors { message } } }", {"id": product["id"]}
    )
    headers, _ = receiver.next()
    assert headers["x-shopify-topic"] == name


def test_only_the_fields_that_are_asked_for_are_told(client: Client, receiver: Receiver) -> None:
    subscribe(client, receiver, "PRODUCTS_CREATE", includeFields=["id", "title"])
    client.product()
    assert set(receiver.next()[1]) == {"id", "title"}


def test_a_webhook_that_is_not_taken_comes_again_the_same(client: Client, receiver: Receiver) -> None:
    receiver.answers = [500, 301]
    subscribe(client, receiver, "PRODUCTS_CREATE")
    client.product()
    tries = [receiver.got.get(timeout=20) for _ in range(3)]
    assert len({headers["x-shopify-webhook-id"] for headers, _ in tries}) == 1
    assert len({body for _, body in tries}) == 1


def test_a_subscription_that_never_answers_is_deleted(client: Client, receiver: Receiver) -> None:
    receiver.answers = [500] * 9
    subscribe(client, receiver, "PRODUCTS_CREATE")
    client.product()
    for _ in range(9):
        receiver.got.get(timeout=20)
    for _ in range(1000):
        if not client.shop.state["webhooks"]:
            break
    assert client.shop.state["webhooks"] == []


def test_a_webhook_may_come_twice_or_late_or_not_at_all(client: Client, receiver: Receiver) -> None:
    subscribe(client, receiver, "PRODUCTS_CREATE")
    client.shop.tell("faults", rates={"webhook-duplicate": 1.0})
    client.product(title="Twice")
    twice = [receiver.next() for _ in range(2)]
    assert len({headers["x-shopify-webhook-id"] for headers, _ in twice}) == 1
    client.shop.tell("faults", rates={"webhook-lost": 1.0})
    client.product(title="Lost")
    for _ in range(1000):
        if client.shop.ask("calls")["faults"].get("webhook-lost"):
            break
    client.shop.tell("faults", rates={"webhook-reorder": 1.0})
    for title in ("First", "Second"):
        client.product(title=title)
    assert sorted(receiver.next()[1]["title"] for _ in range(2)) == ["First", "Second"]


def test_a_topic_without_subscriptions_can_be_sent_by_hand(client: Client, receiver: Receiver) -> None:
    client.shop.tell("webhooks", topic="customers/redact", body={"shop_id": 1}, uri=receiver.url)
    headers, body = receiver.next()
    assert (headers["x-shopify-topic"], body) == ("customers/redact", {"shop_id": 1})


def test_subscriptions_are_listed_changed_and_taken_back(client: Client, receiver: Receiver) -> None:
    gid = subscribe(client, receiver, "PRODUCTS_CREATE")
    again = client.ask(SUBSCRIBE, {"topic": "PRODUCTS_CREATE", "sub": {"uri": receiver.url}})
    assert again["userErrors"] == [{"message": "Address for this topic has already been taken"}]
    for uri in ("http://shop.test/", "nowhere"):
        assert client.ask(SUBSCRIBE, {"topic": "PRODUCTS_UPDATE", "sub": {"uri": uri}})["userErrors"]
    update = """mutation ($id: ID!, $sub: WebhookSubscriptionInput!) {
      webhookSubscriptionUpdate(id: $id, webhookSubscription: $sub) { webhookSubscription { uri } userErrors { message } } }"""
    client.done(update, {"id": gid, "sub": {"uri": "https://hub.test/new"}})
    listed = "{ webhookSubscriptions(first: 5, topics: [PRODUCTS_CREATE]) { nodes { id uri } } }"
    assert client.ask(listed)["nodes"] == [{"id": gid, "uri": "https://hub.test/new"}]
    delete = "mutation ($id: ID!) { webhookSubscriptionDelete(id: $id) { userErrors { message } } }"
    client.done(delete, {"id": gid})
    assert client.ask(delete, {"id": gid})["userErrors"]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("faults", {"rates": {"none": 1}}),
        ("faults", {"rates": []}),
        ("faults", {"next": ["none"]}),
        ("clock", {"forward_s": "soon"}),
        ("scopes", {"scopes": ["read_everything"]}),
        ("webhooks", {"topic": "x"}),
        ("state?only=none", None),
    ],
)
def test_a_control_says_what_it_cannot_do(client: Client, name: str, given: dict[str, Any] | None) -> None:
    url = f"{client.shop.url}/__sandbox__/{name}"
    answer = client.http.get(url) if given is None else client.http.post(url, json=given)
    assert answer.status_code == 400
    assert answer.json()["error"]
