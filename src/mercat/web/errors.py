"""Failures as pages: what is wrong, whether anything was changed, and where to go on."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mercat.core.errors import Conflict, Forbidden, Invalid, MercatError, NotFound, TooManyTries, Unauthenticated
from mercat.core.log import get_logger
from mercat.sdk.errors import VendorError
from mercat.web.pages import Page

log = get_logger(__name__)
# The first that fits is taken.
_KINDS: tuple[tuple[type[Exception], int], ...] = (
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Invalid, 422),
    (TooManyTries, 429),
    (MercatError, 422),
    (VendorError, 502),
)
_TITLES = {
    400: "That address or form cannot be read",
    403: "You may not see or do this",
    404: "There is nothing here",
    405: "That does not work here",
    408: "That took too long to arrive",
    409: "It changed in the meantime",
    413: "That is too large",
    422: "Something is not right yet",
    429: "Too many tries",
    500: "Something broke on our side",
    502: "The other side did not answer as it should",
    503: "The database does not answer",
}
_NEXT = {
    403: "Ask an administrator for what is missing, or go back.",
    404: "It may have been moved or removed. Search finds what there is.",
    409: "Look again, then decide again. Nothing was changed.",
    500: "Nothing was changed. The request's number finds it in the log.",
    503: "Nothing was changed. Try again in a moment.",
}


def add_handlers(app: FastAPI) -> None:
    """Answer every failure with a page."""
    app.add_exception_handler(Unauthenticated, _unknown)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _silent)
    app.add_exception_handler(MercatError, _known)
    app.add_exception_handler(VendorError, _known)
    app.add_exception_handler(Exception, _unforeseen)


def show_problem(request: Request, status: int, detail: str) -> Response:
    """The page of a failure, in the layout where somebody is signed in."""
    page = Page(request)
    response = page.show(
        "problem.html",
        status=status,
        title=_TITLES.get(status, "That did not work"),
        detail=detail,
        following=_NEXT.get(status, ""),
        code=status,
        request_id=request.scope.get("request_id", ""),
    )
    if page.is_swap:
        response.headers["X-Detail"] = quote(detail)
    return response


async def _known(request: Request, failed: Any) -> Response:
    status = next(status for kind, status in _KINDS if isinstance(failed, kind))
    return show_problem(request, status, failed.message)


async def _unknown(request: Request, _failed: Any) -> Response:
    """To the sign-in, and back here afterwards. A form that was sent meanwhile is not sent again by itself."""
    query = f"?{request.url.query}" if request.url.query else ""
    back = request.url.path + query if request.method == "GET" else "/"
    where = "/login" if back == "/" else f"/login?next={quote(back)}"
    if "x-swap" in request.headers:
        return Response(status_code=401, headers={"X-Go": where})
    return RedirectResponse(where, 303)


async def _unreadable(request: Request, wrong: Any) -> Response:
    faults = [f"{'.'.join(str(part) for part in fault['loc'][1:])}: {fault['msg']}" for fault in wrong.errors()]
    return show_problem(request, 422, "; ".join(faults))


async def _http(request: Request, failed: Any) -> Response:
    if failed.status_code == 404 and request.scope.get("principal") is None:
        # A stranger learns nothing, not even what there is.
        return await _unknown(request, failed)
    detail = {404: f"No page has the address {request.url.path}", 405: "A form was sent to a page that takes none."}
    return show_problem(request, failed.status_code, detail.get(failed.status_code, str(failed.detail)))


async def _silent(request: Request, failed: Any) -> Response:
    log.warning("database_unavailable", error=str(failed.orig))
    return show_problem(request, 503, "The database did not answer in time.")


async def _unforeseen(request: Request, failed: Exception) -> Response:
    log.error("page_failed", path=request.url.path, exc_info=failed)
    return show_problem(request, 500, "Nobody foresaw this.")
