"""A server on loopback that answers what it was told to, in order, and keeps what it was asked."""

from __future__ import annotations

import datetime as dt
import json
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from mercat.connectors.shopify import ShopifySecrets, ShopifySettings
from mercat.connectors.shopify.client import Client
from mercat.sdk.channels import Call, Surroundings, Token

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
BUCKET = {"maximumAvailable": 2000.0, "currentlyAvailable": 1990.0, "restoreRate": 100.0}
SHOP = {
    "shop": {
        "name": "Acme",
        "myshopifyDomain": "acme.myshopify.com",
        "currencyCode": "EUR",
        "ianaTimezone": "Europe/Berlin",
        "plan": {"publicDisplayName": "Basic"},
    },
    "currentAppInstallation": {"accessScopes": [{"handle": "write_products"}]},
}
GRANT = {"access_token": "fetched-token", "scope": "write_products", "expires_in": 86399}


def answer(data: Any, *, cost: float = 10.0, **bucket: float) -> tuple[int, Any]:
    """A good answer with what it cost."""
    told = {"requestedQueryCost": cost, "actualQueryCost": cost, "throttleStatus": BUCKET | bucket}
    return 200, {"data": data, "extensions": {"cost": told}}


def faulty(code: str, *, cost: float = 10.0, **bucket: float) -> tuple[int, Any]:
    """An answer that failed: with HTTP 200, as GraphQL does."""
    told = {"requestedQueryCost": cost, "actualQueryCost": None, "throttleStatus": BUCKET | bucket}
    return 200, {"errors": [{"message": code.title(), "extensions": {"code": code}}], "extensions": {"cost": told}}


@dataclass
class Asked:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class Script:
    """What is to be answered, and what was asked."""

    address: str
    answers: deque[tuple[int, Any]] = field(default_factory=deque)
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def tokens(self) -> list[str | None]:
        """The access token of each request, in order."""
        return [each.headers.get("X-Shopify-Access-Token") for each in self.asked]


@contextmanager
def scripted() -> Iterator[Script]:
    """A server for as long as this lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            script.asked.append(Asked(self.path, self.headers, json.loads(self.rfile.read(length))))
            status, body = script.answers.popleft()
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in script.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        script = Script(f"http://127.0.0.1:{server.server_address[1]}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield script
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Around:
    """What a channel is given in a test, and what it did with it."""

    token: Token | None = None
    paused: list[float] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def save(self, token: Token) -> None:
        self.token = token

    def surroundings(self) -> Surroundings:
        return Surroundings(
            load_token=lambda: self.token,
            save_token=self.save,
            called=self.calls.append,
            pause=self.paused.append,
            allow_private=True,
            now=lambda: NOW,
        )


def client(address: str, around: Around, **secrets: str) -> Client:
    """A client of the shop at this address."""
    opens = secrets or {"client_id": "id", "client_secret": "hush"}
    return Client(ShopifySettings(domain=address), ShopifySecrets(**opens), around.surroundings())
