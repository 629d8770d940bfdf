"""Routes of pages: each names its permission and is judged by it first. What a page needs to know comes in by dependency."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from mercat.core.actor import Actor
from mercat.core.errors import Forbidden, Unauthenticated
from mercat.core.list_queries import PER_PAGE, preferred_per_page
from mercat.core.unit import Runtime
from mercat.web.guard import FORGED
from mercat.web.pages import Page

PERMISSION = "x-permission"
_OPEN = "x-open"
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def needs(permission: str | None) -> dict[str, Any]:
    """What a route says of itself: ``@router.get(path, **needs("catalog.read"))``. ``None``: whoever is signed in."""
    return {"openapi_extra": {PERMISSION: permission}, "response_class": Response}


def open_to_all() -> dict[str, Any]:
    """A route for those who are not signed in."""
    return {"openapi_extra": {_OPEN: True}, "response_class": Response}


class Route(APIRoute):
    """Judged before anything is read."""

    def get_route_handler(self) -> _Handler:
        """The handler behind its permission."""
        handle = super().get_route_handler()
        extra = self.openapi_extra or {}
        permission = extra.get(PERMISSION)

        async def guarded(request: Request) -> Response:
            if request.scope.get(FORGED):
                message = "this form was not sent by a page of this Mercat: open the page here and send it again"
                raise Forbidden(message)
            if not extra.get(_OPEN):
                principal = request.scope.get("principal")
                if principal is None:
                    message = "sign in first"
                    raise Unauthenticated(message)
                if permission is not None:
                    principal.actor.require(permission)
                preferred_per_page.set(principal.settings.per_page or PER_PAGE)
            return await handle(request)

        return guarded


class Pages(APIRouter):
    """The pages of a room."""

    def __init__(self) -> None:
        super().__init__(route_class=Route, include_in_schema=False)


async def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


async def _caller(request: Request) -> Actor:
    actor: Actor = request.scope["principal"].actor
    return actor


async def _page(request: Request) -> Page:
    return Page(request)


House = Annotated[Runtime, Depends(_runtime)]
Caller = Annotated[Actor, Depends(_caller)]
Shown = Annotated[Page, Depends(_page)]
