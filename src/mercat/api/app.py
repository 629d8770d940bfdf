"""The HTTP application: deliveries of channels, and health."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from mercat.core.actor import Actor
from mercat.core.errors import Conflict, MercatError, NotFound
from mercat.core.unit import Runtime
from mercat.domain.listings import service as listings
from mercat.sdk.errors import Unauthorized, VendorError

CHANNEL = Actor("channel", "a channel's delivery")
# Shopify's largest deliveries, of products with very many variants, stay below this.
_LARGEST_BODY = 5 * 1024 * 1024


def make_app(runtime: Runtime) -> FastAPI:
    """The application on a runtime. It documents itself at /docs."""
    app = FastAPI(title="Mercat", docs_url="/docs", redoc_url=None)

    @app.get("/health")
    def health() -> dict[str, str]:
        """Whether the database answers."""
        with runtime.read(CHANNEL) as unit:
            listings.list_stores(unit)
        return {"status": "ok"}

    @app.post("/webhooks/{store_id}", status_code=200)
    async def webhook(store_id: UUID, request: Request) -> Response:
        """A channel's delivery: its signature is checked, it is kept, and it is worked on later."""
        body = await _bounded(request)
        if body is None:
            return _refusal(413, "the body is too large")
        headers = dict(request.headers)
        try:
            is_new = await run_in_threadpool(listings.receive, runtime, CHANNEL, store_id, headers, body)
        except (MercatError, VendorError) as refused:
            # The reason is ours to know: whoever sends what we cannot check learns nothing from us.
            return _refusal(_status_of(refused), "refused")
        return JSONResponse({"taken": is_new})

    return app


async def _bounded(request: Request) -> bytes | None:
    """The whole body, unless it is too large; whatever its headers say of it."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            return None
    return bytes(body)


def _status_of(refused: MercatError | VendorError) -> int:
    if isinstance(refused, Unauthorized):
        return 401
    if isinstance(refused, NotFound):
        return 404
    # A store that was removed: the channel may stop telling us.
    return 410 if isinstance(refused, Conflict) else 400


def _refusal(status: int, reason: str) -> JSONResponse:
    content: dict[str, Any] = {"error": reason}
    return JSONResponse(content, status_code=status)
