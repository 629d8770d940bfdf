"""Routes: each names its permission, and is judged by it before its body is read; unsafe ones may be sent twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Annotated, Any, NoReturn

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, request_response
from starlette.types import Scope

from mercat.api.answers import entity_tag, is_known, tagged
from mercat.api.errors import Problem, Refused, stale
from mercat.api.once import answer_once, refuse_key
from mercat.api.reading import plain_reader
from mercat.api.recalling import Recall
from mercat.core.actor import Actor
from mercat.core.errors import Unauthenticated
from mercat.core.list_queries import PER_PAGE, preferred_per_page
from mercat.core.unit import Runtime
from mercat.domain.access.service import SettingsView

V1 = "/api/v1"
PERMISSION = "x-permission"
# The body is a file: it is not read for the sake of comparing it.
STREAMS = "x-streams"
# What is sent or answered opens something: neither is kept, not even as a digest.
OPENS = "x-opens"
# It compares ``If-Match`` with its thing's own revision, in the transaction that changes it.
REVISED = "x-revised"
# Asked for again and again, and made of nothing but the database: answered from memory while nothing is committed.
RECALLS = "x-recalls"
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]
# How what stands at an address is read, for those that change it there.
_readers: dict[str, _Handler] = {}
_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_REFUSALS = {
    401: "No or no valid credentials",
    403: "The permission is missing",
    404: "It is not there",
    409: "It moved meanwhile",
    422: "The input is wrong",
    429: "Asked too often",
}


def needs(
    permission: str | None,
    *,
    refusals: tuple[int, ...] = (401, 403, 404, 409, 422, 429),
    opens: bool = False,
    recalls: bool = False,
    revised: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """What a route says of itself: ``@router.get(path, **needs("catalog.read"))``. ``None``: whoever is signed in.

    ``opens``: what is sent or answered opens something. ``recalls``: nothing but the database, the address and whoever asks
    makes a difference to the answer. ``revised``: it compares ``If-Match`` with its thing's own revision. ``more`` goes into its description.
    """
    listed: dict[int | str, dict[str, Any]] = {
        status: {"description": _REFUSALS[status], "content": _PROBLEM} for status in refusals
    }
    listed["default"] = {"description": "Any other failure", "content": _PROBLEM}
    extra = {
        PERMISSION: permission,
        "security": [{"bearer": [permission] if permission else []}],
        **more,
        **({OPENS: True} if opens else {}),
        **({RECALLS: True} if recalls else {}),
        **({REVISED: True} if revised else {}),
    }
    return {"openapi_extra": extra, "responses": listed}


def open_to_all(*, opens: bool = False, streams: bool = False) -> dict[str, Any]:
    """A route for those who have no credentials yet. ``opens``: what is sent or answered opens something.

    ``streams``: the route reads its body itself, when it knows that it wants it.
    """
    listed: dict[int | str, dict[str, Any]] = {"default": {"description": "Any failure", "content": _PROBLEM}}
    extra = {name: True for name, holds in ((OPENS, opens), (STREAMS, streams)) if holds}
    return {"openapi_extra": {"security": [], **extra}, "responses": listed}


class ExactRequest(Request):
    """Reads JSON numbers with a point as decimals: money never passes through a float."""

    async def json(self) -> Any:
        """The body. Raises ``json.JSONDecodeError``."""
        if not hasattr(self, "_json"):
            body = (await self.body()).decode("utf-8", "surrogateescape")
            self._json = json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
        return self._json


def _refuse_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is no number of JSON", name, 0)


class Route(APIRoute):
    """Judged by permission first; then, if it changes anything, done once for an idempotency key."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **said: Any) -> None:
        # Every address is held against some hundred routes: nearly all of them begin otherwise.
        self._stem = path.partition("{")[0]
        super().__init__(path, endpoint, **said)
        if plain_reader(self, GIVEN) is not None:
            # Without the stacks that FastAPI keeps for dependencies that end after the answer: there are none.
            self.app = request_response(self.get_route_handler())

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether an address is this one."""
        return super().matches(scope) if scope["path"].startswith(self._stem) else (Match.NONE, {})

    def get_route_handler(self) -> _Handler:
        """The handler with what stands before and after it."""
        handle = plain_reader(self, GIVEN) or super().get_route_handler()
        extra = self.openapi_extra or {}
        permission, is_open = extra.get(PERMISSION), extra.get("security") == []
        if "GET" in (self.methods or ()):
            _readers[self.path] = handle
            answer = _reading(handle, is_recalled=bool(extra.get(RECALLS)))
        else:
            answer = self._changing(handle, extra)

        async def guarded(request: Request) -> Response:
            preferred_per_page.set(settings_of(request).per_page or PER_PAGE)
            if not is_open:
                actor = caller_of(request)
                if permission is not None:
                    actor.require(permission)
            return await answer(request)

        return guarded

    def _changing(self, handle: _Handler, extra: dict[str, Any]) -> _Handler:
        has_large_body, is_secret, knows_revision = (bool(extra.get(each)) for each in (STREAMS, OPENS, REVISED))

        async def change(request: Request) -> Response:
            reader = _readers.get(self.path)
            if reader is not None and not knows_revision:
                await _refuse_moved(request, reader)
            return await handle(request)

        async def answer(request: Request) -> Response:
            request = ExactRequest(request.scope, request.receive)
            if not has_large_body:
                # Here and not by FastAPI, which answers whatever goes wrong meanwhile as a fault of the JSON.
                await request.body()
            if is_secret:
                refuse_key(request)
                return await change(request)
            return await answer_once(request, change, has_large_body=has_large_body)

        return answer


def _reading(handle: _Handler, *, is_recalled: bool) -> _Handler:
    async def in_turn(request: Request) -> Response:
        async with request.app.state.turns.turn():
            return await handle(request)

    async def answer(request: Request) -> Response:
        recall: Recall | None = request.app.state.recall if is_recalled else None
        response = await (in_turn(request) if recall is None else recall.answer(request, lambda: in_turn(request)))
        return tagged(request, response)

    return answer


class Room(APIRouter):
    """The routes of a room. Their addresses are whole: an application takes them over as they are.

    FastAPI's own way to include a router looks through all routes twice, and took a third of a request's time.
    """

    def __init__(self, tag: str, *, prefix: str = V1) -> None:
        super().__init__(
            prefix=prefix, tags=[tag], route_class=Route, generate_unique_id_function=lambda route: route.name
        )


async def _refuse_moved(request: Request, reader: _Handler) -> None:
    """Raises ``Refused`` where ``If-Match`` names another state than what is read at the same address now (RFC 9110, 13.1.1)."""
    wanted = request.headers.get("if-match", "*")
    if wanted.strip() == "*":
        return
    current = entity_tag(await reader(request))
    if not is_known(wanted, current):
        raise stale("it was changed since: read it again, then decide again", {"etag": current})


def caller_of(request: Request) -> Actor:
    """Whoever asks. Raises ``Unauthenticated``."""
    principal = request.scope.get("principal")
    if principal is None:
        message = "no credentials: send a token or an API key"
        raise Unauthenticated(message)
    actor: Actor = principal.actor
    return actor


def settings_of(request: Request) -> SettingsView:
    """What whoever asks prefers; a stranger has the defaults."""
    principal = request.scope.get("principal")
    settings: SettingsView = principal.settings if principal is not None else SettingsView()
    return settings


async def _settings(request: Request) -> SettingsView:
    return settings_of(request)


async def _caller(request: Request) -> Actor:
    return caller_of(request)


def runtime_of(request: Request) -> Runtime:
    """What the process works with."""
    runtime: Runtime = request.app.state.runtime
    return runtime


async def _runtime(request: Request) -> Runtime:
    return runtime_of(request)


# What these give to a function, without FastAPI's machinery between.
GIVEN: dict[Callable[..., Any], Callable[[Request], Any]] = {
    _caller: caller_of,
    _runtime: runtime_of,
    _settings: settings_of,
}
Caller = Annotated[Actor, Depends(_caller)]
House = Annotated[Runtime, Depends(_runtime)]
Preferred = Annotated[SettingsView, Depends(_settings)]

__all__ = ["Caller", "ExactRequest", "House", "Problem", "Refused", "Room", "Route", "needs", "open_to_all"]
