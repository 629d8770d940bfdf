"""The shop on HTTP: the Admin API, OAuth, uploads, results; and ``/__sandbox__/`` for whoever drives a test.

``GET /__sandbox__/credentials`` answers a caller on this machine with what a client needs to connect::

    {"base_url": "http://127.0.0.1:8300",          where everything is, in place of https://{domain}
     "domain": "mercat-sandbox.myshopify.com",     the shop's name in headers and bodies
     "api_version": "2026-10",
     "client_id": "...", "client_secret": "...",   for the client credentials grant and OAuth
     "api_secret": "...",                          the same secret: it signs webhooks and OAuth's way back
     "access_token": "shpat_...",                  a custom app's token, which does not expire
     "scopes": ["read_products", ...]}
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mercat.sandbox.shopify.controls import control_routes
from mercat.sandbox.shopify.executing import run, throttled
from mercat.sandbox.shopify.file_routes import file_routes
from mercat.sandbox.shopify.house import House
from mercat.sandbox.shopify.oauth_routes import oauth_routes
from mercat.sandbox.shopify.schema_version import VERSION

_UNKNOWN_TOKEN = b'{"errors":"[API] Invalid API key or access token (unrecognized login or wrong password)"}'
_SLOW_PIECES = 20
_SLOW_S = 0.05  # between two pieces


def app_of(house: House) -> ASGIApp:
    """A shop's house as an ASGI application."""
    admin = _Admin(house)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        house.bulk.stop()
        await house.courier.close()

    routes = [
        Route("/admin/api/{version}/graphql.json", admin.graphql, methods=["POST"]),
        *oauth_routes(house.access, house.options),
        *file_routes(house.shop),
        *control_routes(house),
    ]
    return _Breakable(Starlette(routes=routes, lifespan=lifespan))


class _Admin:
    def __init__(self, house: House) -> None:
        self.house = house

    async def graphql(self, request: Request) -> Response:
        """The Admin API, and what goes wrong with it."""
        if not served(request.path_params["version"]):
            return _json(b'{"errors":"Not Found"}', 404)
        given = request.headers.get("x-shopify-access-token")
        token = self.house.access.token(given)
        if token is None:
            return _json(_UNKNOWN_TOKEN, 401)
        try:
            body = msgspec.json.decode(await request.body())
        except msgspec.DecodeError:
            return _json(b'{"errors":"Bad Request: the body is no JSON"}', 400)
        fault = self.house.faults.call()
        if fault and (refused := await self._before(request, fault, given)):
            return refused
        encoded = msgspec.json.encode(run(self.house.shop, token, self.house.bucket, body))
        return await self._after(request, fault, encoded) if fault else _json(encoded)

    async def _before(self, request: Request, fault: str, given: str | None) -> Response | None:
        """Faults that keep the work from being done."""
        match fault:
            case "429":
                return _json(b'{"errors":"Exceeded rate limit. Reduce request rates."}', 429, {"Retry-After": "2.0"})
            case "500":
                return _json(b'{"errors":"Internal Server Error"}', 500)
            case "expired":
                self.house.access.expire(given)
                return _json(_UNKNOWN_TOKEN, 401)
            case "throttle":
                self.house.bucket.drain()
                return _json(msgspec.json.encode(throttled(self.house.bucket, 10)))
            case "timeout" | "drop":
                return await self._break(request, hang=fault == "timeout")
        return None

    async def _after(self, request: Request, fault: str, encoded: bytes) -> Response:
        """Faults that lose an answer, or delay it."""
        match fault:
            case "502":
                return Response("<html><body><h1>502 Bad Gateway</h1></body></html>", 502, media_type="text/html")
            case "timeout-written" | "drop-written":
                return await self._break(request, hang=fault == "timeout-written")
            case "slow":
                return StreamingResponse(_pieces(encoded), media_type="application/json", headers=_headers())
        return _json(encoded)

    async def _break(self, request: Request, *, hang: bool) -> Response:
        if hang:
            self.house.closing = self.house.closing or asyncio.Event()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.house.closing.wait(), self.house.options.hang_s)
        request.scope["sandbox.break"]()
        return Response(status_code=500)


class _Breakable:
    """Puts the way to break a connection in reach of whoever answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            transport = getattr(getattr(send, "__self__", None), "transport", None)
            scope["sandbox.break"] = transport.abort if transport else lambda: None
        await self.app(scope, receive, send)


def served(version: str) -> bool:
    """Whether a version is answered: the newest stable one, and older ones, which fall forward to it."""
    year, _, month = version.partition("-")
    known = year.isdigit() and len(year) == 4 and month in {"01", "04", "07", "10"}
    return known and version <= VERSION


def _headers() -> dict[str, str]:
    return {"X-Request-Id": str(uuid4()), "X-Shopify-API-Version": VERSION}


def _json(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, _headers() | (headers or {}), media_type="application/json")


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    size = max(1, len(body) // _SLOW_PIECES)
    for start in range(0, len(body), size):
        yield body[start : start + size]
        await asyncio.sleep(_SLOW_S)
