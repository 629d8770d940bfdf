"""Amazon's own sandbox pairs replayed over HTTP: refusals have their kind, answers lose nothing, and little is asked twice."""

from __future__ import annotations

import datetime as dt
import json
import lzma
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import pytest

from mercat.connectors.amazon.client import RETRIED, Client, failure
from mercat.connectors.amazon.settings import AmazonSecrets, AmazonSettings
from mercat.connectors.amazon.wire import Found, Item, OfferBody, observed
from mercat.sdk.channels import Call, Surroundings
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized, Unavailable, VendorError
from mercat.sdk.marketplaces import MARKETPLACES
from tests.shared_data import shared

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
KINDS = {400: Rejected, 401: Unauthorized, 403: Unauthorized, 404: Rejected, 408: Unavailable, 409: Rejected}
KINDS |= {413: Rejected, 415: Rejected, 422: Rejected, 429: RateLimited, 500: Unavailable, 503: Unavailable}


def pairs() -> list[dict[str, Any]]:
    path = shared("data/webhooks/spapi/sandbox_given60.jsonl.xz")
    return [json.loads(line, parse_float=Decimal) for line in lzma.decompress(path.read_bytes()).splitlines()]


class Shelf:
    """What stands under each number, and how often it was asked for."""

    def __init__(self, answers: list[tuple[int, bytes]]) -> None:
        self.answers = answers
        self.asked: Counter[int] = Counter()


@contextmanager
def standing(shelf: Shelf) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path == "/auth/o2/token":
                status, body = 200, b'{"access_token": "Atza|t", "expires_in": 3600}'
            else:
                number = int(self.path.rsplit("/", 1)[1].split("?")[0])
                shelf.asked[number] += 1
                status, body = shelf.answers[number]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815  # the library looks for these names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def client_at(address: str, calls: list[Call], pauses: list[float]) -> Client:
    around = Surroundings(
        load_token=lambda: None,
        save_token=lambda _: None,
        called=calls.append,
        pause=pauses.append,
        allow_private=True,
        now=lambda: NOW,
    )
    secrets = AmazonSecrets.model_validate({"client_id": "c", "client_secret": "s", "refresh_token": "r"})
    return Client(AmazonSettings(address=address), secrets, around)


def outcome(client: Client, pair: dict[str, Any], number: int) -> tuple[Any, VendorError | None]:
    try:
        return client.call(pair["operationId"], pair["method"].upper(), f"/pairs/{number}"), None
    except VendorError as failed:
        return None, failed


@pytest.mark.shared
def test_every_pair_is_answered_as_it_should_be() -> None:
    given = pairs()
    bodies = [
        (int(each["status"]), msgspec.json.encode(each["response"]) if each["response"] else b"") for each in given
    ]
    shelf, calls, pauses = Shelf([(s, b"" if s == 204 else body) for s, body in bodies]), [], []  # type: ignore[var-annotated]
    statuses: Counter[int] = Counter()
    with standing(shelf) as address:
        client = client_at(address, calls, pauses)
        with client.session():
            for number, each in enumerate(given):
                status = int(each["status"])
                statuses[status] += 1
                answer, failed = outcome(client, each, number)
                if failed is not None:
                    assert type(failed) is KINDS[status], (each["operationId"], status)
                    assert failed.facts["status"] == status
                else:
                    assert status < 300
                    wanted = each["response"] if status != 204 and each["response"] else None
                    # Compared as JSON: decimals to the last digit.
                    assert msgspec.json.encode(answer) == msgspec.json.encode(wanted), each["operationId"]
                assert shelf.asked[number] == (3 if status in RETRIED else 1), (each["operationId"], status)
    assert len(given) == sum(statuses.values()) == 531
    assert {200, 204, 400, 403, 404, 422, 429, 500, 503} <= statuses.keys()
    assert sum(call.endpoint == "token" for call in calls) == 1


@pytest.mark.parametrize("status", KINDS)
def test_a_refusal_that_says_nothing_has_its_kind_too(status: int) -> None:
    for content in (b"", b"<html>", b'{"errors": 7}', b'{"errors": [{"code": "X", "message": "why"}]}'):
        failed = failure("searchCatalogItems", status, content, None)
        assert type(failed) is KINDS[status]
        assert ("why" in failed.message) == (b"why" in content)


@pytest.mark.shared
def test_catalogue_items_and_offers_become_observations() -> None:
    us = MARKETPLACES["US"]
    met = Counter[str]()
    for each in pairs():
        if each["status"] != "200":
            continue
        if each["operationId"] in {"searchCatalogItems", "getCatalogItem"} and "2022-04-01" in each["file"]:
            answer = each["response"]
            items = msgspec.convert(answer, Found).items if "items" in answer else [msgspec.convert(answer, Item)]
            raw = answer.get("items", [answer])
            for item, told in zip(items, raw, strict=True):
                seen = observed(item, None, us, NOW)
                ranks = next(r for r in told["salesRanks"] if r["marketplaceId"] == us.id)
                wanted = [
                    r["rank"] for r in (*ranks.get("displayGroupRanks", ()), *ranks.get("classificationRanks", ()))
                ]
                assert isinstance(seen.ranks, list)
                assert [r.rank for r in seen.ranks] == wanted
                assert seen.sales_rank == ranks["displayGroupRanks"][0]["rank"]
                assert seen.facts is not None
                assert seen.facts.title == told["summaries"][0]["itemName"]
                assert seen.facts.gtins
                met["items"] += 1
        if each["operationId"] in {"getItemOffers", "getListingOffers"}:
            payload = msgspec.convert(each["response"], OfferBody, strict=False).payload
            assert payload is not None
            seen = observed(Item(asin="B00V5DG6IQ"), payload, us, NOW)
            lowest = each["response"]["payload"]["Summary"]["LowestPrices"][0]["ListingPrice"]["Amount"]
            assert Decimal(str(seen.price)) == Decimal(str(lowest))
            assert seen.in_stock is True
            met["offers"] += 1
    assert met["items"] >= 2
    assert met["offers"] >= 1
