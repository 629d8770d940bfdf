"""The HTTP application, put together: the gate, the routes of every room, and what channels deliver."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, nullcontext
from functools import partial
from typing import Any, Literal, Protocol
from uuid import UUID

import anyio.to_thread
from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Match, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mercat.api import (
    account,
    alerts,
    auth,
    catalog,
    categories,
    change_sets,
    collections,
    configurations,
    database,
    feeds,
    health,
    imports,
    jobs,
    logs,
    market,
    market_lists,
    market_sources,
    operations,
    pictures,
    products,
    reports,
    stores,
    suggestions,
    suppliers,
    usage,
    users,
    webhooks_out,
)
from mercat.api.answers import answer
from mercat.api.describing import completed
from mercat.api.errors import Fault, Problem, add_handlers, problem
from mercat.api.gate import Gate, Identify, Limits
from mercat.api.pages import page
from mercat.api.rates import Rates
from mercat.api.recalling import Recall
from mercat.api.routes import PERMISSION, V1, Room, needs, open_to_all
from mercat.api.turns import Turns
from mercat.core.actor import Actor
from mercat.core.database.version import DataVersion
from mercat.core.errors import Conflict, MercatError, NotFound
from mercat.core.unit import Runtime
from mercat.domain.listings import service as listings
from mercat.domain.media.service import LARGEST_BYTES
from mercat.domain.operations.service import Meters, keeping_logs
from mercat.sdk.errors import Unauthorized, VendorError


class Alive(BaseModel):
    """It answers."""

    status: Literal["ok"]


CHANNEL = Actor("channel", "a channel's delivery")
# Routes that the description leaves out, by their methods.
_UNDESCRIBED: dict[str, dict[str, Any]] = {
    f"{V1}/docs": {"get": {}},
    f"{V1}/openapi.json": {"get": {}},
    "/oauth/{platform}/callback": {"get": {}},
    "/webhooks/{store_id}": {"post": {}},
}
_PARAMETER = re.compile(r"\{\w+\}")
# Addresses are looked for in this order, and products are asked for most.
ROOMS = (
    products.router,
    pictures.router,
    auth.router,
    account.router,
    users.router,
    catalog.router,
    categories.router,
    collections.router,
    change_sets.router,
    imports.router,
    suppliers.router,
    feeds.router,
    stores.router,
    market.router,
    market_lists.router,
    market_sources.router,
    jobs.router,
    operations.router,
    reports.router,
    database.router,
    usage.router,
    logs.router,
    configurations.router,
    webhooks_out.router,
    alerts.router,
    suggestions.router,
)
# Addresses that programs and channels ask, and never pages.
_MACHINES = ("/mcp", "/api/", "/webhooks/", "/oauth/", "/health", "/metrics")
# Requests that are worked on at the same moment: threads of Python take turns, and each keeps a connection with its memory.
_AT_ONCE = 10
# Shopify's largest deliveries, of products with very many variants, stay below this.
_LARGEST_DELIVERY = 5 * 1024 * 1024
# What takes whole files.
UPLOADS = (f"{V1}/imports", f"{V1}/feeds/inspect", f"{V1}/categories/import", f"{V1}/market/observations")
# Pictures of a product: one over the API, several of a form; besides them the form's own lines.
_PICTURES = (
    (re.compile(rf"{V1}/products/[^/]+/pictures"), LARGEST_BYTES + 64 * 1024),
    (re.compile(r"/products/[^/]+/pictures"), 20 * LARGEST_BYTES),
)
DELIVERIES = "/webhooks/"
ASSISTANT = "/mcp"


class Assistant(Protocol):
    """The door for assistants: an application of its own, which answers while it is running."""

    def running(self) -> AbstractAsyncContextManager[None]:
        """While this lasts, requests are answered."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""


class _Pages(Mount):
    """Another door behind the same gate: whatever is not for machines."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and scope["path"].startswith(_MACHINES):
            return Match.NONE, {}
        return super().matches(scope)


def make_app(
    runtime: Runtime,
    *,
    identify: Identify,
    recall: Identify | None = None,
    pages: ASGIApp | None = None,
    assistant: Assistant | None = None,
) -> FastAPI:
    """The application on a runtime. ``identify`` makes a principal of a credential and an address.

    ``recall`` is the same from memory: it never waits, and answers ``None`` for whom it does not remember. ``pages`` answers
    at every address that is not for machines, ``assistant`` at /mcp, both behind the same gate.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        version = DataVersion(runtime.engine)
        app.state.recall = Recall(version)
        anyio.to_thread.current_default_thread_limiter().total_tokens = _AT_ONCE
        with closing(version), keeping_logs(runtime):
            async with nullcontext() if assistant is None else assistant.running():
                yield

    settings = runtime.settings
    app = FastAPI(
        lifespan=lifespan,
        title="Mercat",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.runtime = runtime
    app.state.turns = Turns()
    # Until it starts: an application that nobody starts and ends holds no connection either.
    app.state.recall = None
    app.state.meters = meters = Meters()
    app.state.allowed = partial(_allowed, app)
    add_handlers(app)
    for room in (*ROOMS, _documents(app), health.router, _doors()):
        app.router.routes.extend(room.routes)
    if assistant is not None:
        app.router.routes.append(
            Route(ASSISTANT, assistant, methods=["GET", "POST", "DELETE"], include_in_schema=False)
        )
    if pages is not None:
        app.router.routes.append(_Pages("/", pages))
    limits = Limits(
        body=settings.http_body_mb * 1024 * 1024,
        upload=settings.http_upload_mb * 1024 * 1024,
        rate=settings.http_rate,
        failures=settings.http_failures,
        uploads=UPLOADS,
        bounds=_PICTURES,
        deliveries=(DELIVERIES,),
        browsed=(f"{V1}/docs",),
    )
    rates = Rates(runtime.settings.home / "rates")
    app.add_middleware(Gate, identify=identify, recall=recall, limits=limits, rates=rates, observe=meters.observe)
    if settings.http_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=[each.strip() for each in settings.http_origins.split(",")],
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"],
            expose_headers=[
                "ETag",
                "Location",
                "Retry-After",
                "X-Request-Id",
                "RateLimit-Remaining",
                "RateLimit-Reset",
            ],
        )
    return app


def _allowed(app: FastAPI, path: str) -> list[str]:
    """The methods of whatever routes there are at an address."""
    if not hasattr(app.state, "places"):
        paths = {**openapi_of(app)["paths"], **_UNDESCRIBED}
        app.state.places = [
            (re.compile(_PARAMETER.sub("([^/]+)", place.replace(".", "[.]")) + "$"), methods)
            for place, methods in paths.items()
        ]
    fitting = [(place.groups, methods) for place, methods in app.state.places if place.match(path)]
    # Of two that fit, the one that is spelled out is meant.
    fewest = min((groups for groups, _ in fitting), default=0)
    found = {each.upper() for groups, methods in fitting if groups == fewest for each in methods}
    return sorted(found | ({"HEAD"} if "GET" in found else set()))


def _documents(app: FastAPI) -> Room:
    router = Room("Documentation")
    made: list[bytes] = []

    @router.get("/openapi.json", include_in_schema=False, **needs(None))
    def openapi() -> Response:
        """The description of this API (OpenAPI 3.1)."""
        return answer(openapi_of(app))

    @router.get("/docs", include_in_schema=False, **needs(None))
    def docs() -> Response:
        """The same for people: a page that a browser opens with a key as the user name."""
        if not made:
            made.append(page(openapi_of(app)))
        return Response(made[0], media_type="text/html; charset=utf-8")

    return router


def openapi_of(app: FastAPI) -> dict[str, Any]:
    """The application's description, made once."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        parts = document.setdefault("components", {})
        parts["securitySchemes"] = {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "An access token, or an API key. The permission that a route needs is its scope.",
            }
        }
        refs = "#/components/schemas/{model}"
        parts.setdefault("schemas", {}).update(
            {each.__name__: each.model_json_schema(ref_template=refs) for each in (Fault, Problem)}
        )
        parts["schemas"]["Problem"].pop("$defs", None)
        app.openapi_schema = completed(document)
    return app.openapi_schema


def _doors() -> Room:
    """What is asked by machines that have no account: whether we live, and deliveries with a signature."""
    router = Room("Doors", prefix="")

    @router.get("/health/live", response_model=Alive, **open_to_all())
    async def live() -> Response:
        """Whether the process answers at all."""
        return answer({"status": "ok"})

    @router.get("/oauth/{platform}/callback", include_in_schema=False, **open_to_all(opens=True))
    def consented(platform: str, request: Request) -> Response:
        """A shop's owner comes back from the channel's page; only an answer that is signed and waited for is taken."""
        try:
            view = listings.finish_consent(request.app.state.runtime, platform, dict(request.query_params))
        except (MercatError, VendorError) as refused:
            status = 401 if isinstance(refused, Unauthorized) else 422
            return PlainTextResponse(f"The store was not connected: {refused.message}", status)
        return PlainTextResponse(f"{view.name} is connected. You can close this page.")

    @router.post(DELIVERIES + "{store_id:uuid}", include_in_schema=False, **open_to_all(streams=True))
    async def webhook(store_id: UUID, request: Request) -> Response:
        """A channel's delivery: its signature is checked, it is kept, and it is worked on later."""
        headers = dict(request.headers)
        runtime = request.app.state.runtime
        try:
            # Before the body is read: whoever knows no store keeps nothing of ours busy with bodies that never end.
            await run_in_threadpool(listings.expect_delivery, runtime, CHANNEL, store_id)
            body = await request.body()
            if len(body) > _LARGEST_DELIVERY:
                return problem(413, "too_large", "refused", request_id=request.scope["request_id"])
            is_new = await run_in_threadpool(listings.receive, runtime, CHANNEL, store_id, headers, body)
        except (MercatError, VendorError) as refused:
            # The reason is ours to know: whoever sends what we cannot check learns nothing from us.
            status, code = _refusal(refused)
            return problem(status, code, "refused", request_id=request.scope["request_id"])
        return answer({"taken": is_new})

    return router


def _refusal(refused: MercatError | VendorError) -> tuple[int, str]:
    if isinstance(refused, Unauthorized):
        return 401, "unauthenticated"
    if isinstance(refused, NotFound):
        return 404, "not_found"
    # A store that was removed: the channel may stop telling us.
    return (410, "conflict") if isinstance(refused, Conflict) else (400, "malformed")


__all__ = ["PERMISSION", "make_app", "openapi_of"]
