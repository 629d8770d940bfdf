"""Failures over HTTP: one shape (RFC 9457, problem details), a stable code, the field, and what to do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from mercat.core.errors import Conflict, Forbidden, Invalid, MercatError, NotFound, TooManyTries, Unauthenticated
from mercat.core.log import get_logger
from mercat.core.redaction import scrub
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized, Unavailable, VendorError

log = get_logger(__name__)
PROBLEM = "application/problem+json"
_LATER_S = 30
# Where pydantic speaks of inputs of its own, and not of what was sent.
_WORDS = {"extra_forbidden": "there is no parameter or field of this name", "missing": "it has to be given"}
# The first that fits is taken, so the narrower stand before the wider.
_KINDS: tuple[tuple[type[Exception], int, str], ...] = (
    (Unauthenticated, 401, "unauthenticated"),
    (Forbidden, 403, "forbidden"),
    (NotFound, 404, "not_found"),
    (Conflict, 409, "conflict"),
    (Invalid, 422, "invalid"),
    (TooManyTries, 429, "rate_limited"),
    (Rejected, 422, "rejected"),
    (RateLimited, 503, "channel_rate_limited"),
    (Unauthorized, 502, "channel_unauthorized"),
    (Unavailable, 503, "channel_unavailable"),
    (OperationalError, 503, "database_unavailable"),
)
CODES = {
    "unauthenticated": "Send a token or an API key as `Authorization: Bearer …`.",
    "forbidden": "The token or key does not allow this: ask an administrator for the permission that is named.",
    "not_found": "Check the id or the name.",
    "no_route": "There is nothing at this address: /api/v1/openapi.json lists what there is.",
    "method_not_allowed": "The address is right and the method is not: `Allow` lists those that are.",
    "conflict": "The world moved since this was decided: read it again, then decide again.",
    "stale": "It was changed since it was read: `current` is what it is now.",
    "invalid": "Mend what `errors` names and send it again.",
    "rejected": "The file, the feed or the channel cannot work with this as it is; the detail says why.",
    "malformed": "The request cannot be read: the detail says where.",
    "too_large": "Send less at once, or ask for a higher limit.",
    "too_slow": "The body came too slowly: send it again over a better line.",
    "unsupported_media_type": "Send the type that is documented.",
    "rate_limited": "Wait as long as `Retry-After` says.",
    "idempotency_key_reused": "The key was used for another request: take a new one.",
    "idempotency_key_in_use": "The first request with this key is still at work: ask again in a moment.",
    "channel_rate_limited": "The channel asks to wait as long as `Retry-After` says.",
    "channel_unauthorized": "The channel no longer takes the credentials: connect the store again.",
    "channel_unavailable": "The channel does not answer as it should: try again later.",
    "database_unavailable": "The database does not answer: try again later.",
    "overloaded": "Too many ask at once: try again in a moment.",
    "internal": "This is a fault of ours: the request id finds it in the logs.",
}


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    field: str = Field(description="where it is, with dots: `body.values.price`")
    message: str


class Problem(BaseModel):
    """What went wrong, for people and for programs (RFC 9457)."""

    type: str = Field(description="an address that stands for the code", examples=["urn:mercat:problem:not_found"])
    title: str
    status: int
    code: str = Field(description="stable: programs decide by it", examples=["not_found"])
    detail: str = Field(description="what is wrong with this request, and the mend")
    hint: str = Field(description="what one does about this code")
    request_id: str | None = None
    field: str | None = None
    permission: str | None = Field(None, description="the one that is missing")
    current: Any = Field(None, description="what it is now, where it was changed meanwhile")
    errors: list[Fault] = Field([], description="every fault that was found")


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    request_id: str | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """An answer of the one shape. ``more``: field, permission, current."""
    document: dict[str, Any] = {
        "type": f"urn:mercat:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": scrub(detail),
        "hint": CODES[code],
    }
    if request_id is not None:
        document["request_id"] = request_id
    document.update({name: value for name, value in more.items() if value is not None})
    if errors:
        document["errors"] = list(errors)
    given = dict(headers or {})
    if status == HTTPStatus.UNAUTHORIZED:
        given.setdefault("WWW-Authenticate", 'Bearer realm="mercat"')
    return Response(msgspec.json.encode(document), status, media_type=PROBLEM, headers=given)


class Refused(HTTPException):
    """A door's own refusal, with its status and code."""

    def __init__(
        self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(status, detail, headers)
        self.status, self.code, self.more = status, code, more

    def response(self, request_id: str | None = None) -> Response:
        """As it is answered."""
        return problem(self.status, self.code, self.detail, request_id=request_id, headers=self.headers, **self.more)


def stale(detail: str, current: Any) -> Refused:
    """Somebody changed it since the client read it."""
    return Refused(409, "stale", detail, current=current)


def add_handlers(app: FastAPI) -> None:
    """Answer every failure in the one shape."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)
    for kind, _, _ in _KINDS:
        app.add_exception_handler(kind, _known)
    app.add_exception_handler(Exception, _unforeseen)


def _id(request: Request) -> str | None:
    return request.scope.get("request_id")


async def _refused(request: Request, refused: Any) -> Response:
    answered: Response = refused.response(_id(request))
    return answered


async def _known(request: Request, failed: Any) -> Response:
    status, code = next((status, code) for kind, status, code in _KINDS if isinstance(failed, kind))
    if isinstance(failed, OperationalError):
        log.warning("database_unavailable", error=str(failed.orig))
        return problem(
            status,
            code,
            "the database does not answer",
            request_id=_id(request),
            headers={"Retry-After": str(_LATER_S)},
        )
    headers = {}
    if status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        headers["Retry-After"] = str(max(1, math.ceil(getattr(failed, "after_s", _LATER_S))))
    facts = failed.facts
    field = facts.get("field") or getattr(failed, "field", None)
    return problem(
        status,
        code,
        failed.message,
        request_id=_id(request),
        headers=headers,
        field=field,
        permission=facts.get("permission"),
        errors=facts.get("errors") or (),
    )


async def _unreadable(request: Request, wrong: Any) -> Response:
    faults = wrong.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return problem(400, "malformed", f"the body is no JSON: {faults[0]['ctx']['error']}", request_id=_id(request))
    errors = [{"field": _place(fault["loc"]), "message": _WORDS.get(fault["type"], fault["msg"])} for fault in faults]
    first = errors[0]
    detail = f"{first['field']}: {first['message']}" + (f" (and {len(errors) - 1} more)" if len(errors) > 1 else "")
    return problem(422, "invalid", detail, request_id=_id(request), field=first["field"], errors=errors)


def _place(where: Sequence[Any]) -> str:
    return ".".join(str(part) for part in where) or "body"


async def _gone(request: Request, _gone: Any) -> Response:
    # Nobody reads this any more; it is not a failure of ours either.
    return problem(400, "malformed", "the client went away before the body was whole", request_id=_id(request))


async def _http(request: Request, failed: Any) -> Response:
    if failed.status_code == HTTPStatus.NOT_FOUND and request.scope.get("principal") is None:
        # A stranger learns nothing, not even what there is.
        return problem(401, "unauthenticated", "no credentials: send a token or an API key", request_id=_id(request))
    if failed.status_code == HTTPStatus.NOT_FOUND:
        return problem(404, "no_route", f"there is nothing at {request.url.path}", request_id=_id(request))
    if failed.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"{request.method} is not possible at {request.url.path}"
        allowed = {"Allow": ", ".join(request.app.state.allowed(request.scope["path"]))}
        return problem(405, "method_not_allowed", detail, request_id=_id(request), headers=allowed)
    return problem(400, "malformed", str(failed.detail), request_id=_id(request), headers=failed.headers)


async def _unforeseen(request: Request, failed: Exception) -> Response:
    log.error("request_failed", path=request.url.path, exc_info=failed)
    if isinstance(failed, MercatError | VendorError):
        return problem(422, "rejected", failed.message, request_id=_id(request))
    return problem(500, "internal", "something went wrong that nobody foresaw", request_id=_id(request))
