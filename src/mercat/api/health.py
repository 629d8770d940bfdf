"""Whether all is well, over HTTP: for people, for whoever balances load, and for Prometheus."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from mercat.api.answers import answer
from mercat.api.routes import Caller, House, Room, needs
from mercat.domain.operations import service as operations

router = Room("Health", prefix="")
_TEXT: dict[str, Any] = {"content": {"text/plain": {"schema": {"type": "string"}}}}


class Health(BaseModel):
    """`ok`, `degraded` (look at it) or `failing` (it does not work), as a whole and of each part."""

    state: Literal["ok", "degraded", "failing"]
    checks: dict[str, dict[str, Any]]


class Ready(BaseModel):
    """Whether requests can be served."""

    status: Literal["ok", "unavailable"]


@router.get("/health", response_model=Health, **needs("operations.health"))
def health(runtime: House, caller: Caller) -> Response:
    """Database, schema, queue, workers, disk, and how fresh feeds and stores are; 503 where something does not work."""
    found = operations.health(runtime, caller)
    return answer(found, 503 if found["state"] == operations.FAILING else 200)


@router.get("/health/ready", response_model=Ready, **needs("operations.health"))
def ready(runtime: House) -> Response:
    """Whether the database answers and its schema is of this version; 503 where not."""
    is_ready = operations.is_ready(runtime)
    return answer({"status": "ok" if is_ready else "unavailable"}, 200 if is_ready else 503)


@router.get(
    "/metrics",
    response_class=Response,
    **{**needs("operations.health"), "responses": {**needs("operations.health")["responses"], 200: _TEXT}},
)
def metrics(request: Request, runtime: House, caller: Caller) -> Response:
    """Figures for Prometheus. Requests are those of the process that answers; everything else is of the database."""
    text = operations.metrics(runtime, caller, request.app.state.meters)
    return Response(text, headers={"Content-Type": operations.CONTENT_TYPE})
