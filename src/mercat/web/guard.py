"""Before every page: who comes with this cookie, and whether a form was sent by one of our own pages."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from mercat.domain.access.service import Principal

COOKIE = "mercat_session"
Known = Callable[[str, str], Principal | None]
_SAFE = {"GET", "HEAD", "OPTIONS"}
FORGED = "forged"


class Guard:
    """Middleware. ``find`` makes a principal of a cookie and an address; ``recall`` is the same from memory, and never waits."""

    def __init__(self, app: ASGIApp, *, find: Known, recall: Known) -> None:
        self.app = app
        self.find = find
        self.recall = recall

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope["principal"] = principal = await self._principal(scope, headers)
        if principal is not None:
            known = {"actor": principal.actor.name, "user_id": principal.user_id, "session_id": principal.session_id}
            structlog.contextvars.bind_contextvars(**{name: str(value) for name, value in known.items()})
        # Judged by the error pages' own handler, so that the refusal is a page too.
        scope[FORGED] = scope["method"] not in _SAFE and not is_own(headers)
        await self.app(scope, receive, send)

    async def _principal(self, scope: Scope, headers: Headers) -> Principal | None:
        secret = cookie_parser(headers.get("cookie", "")).get(COOKIE)
        if not secret:
            return None
        address = scope["client"][0] if scope.get("client") else ""
        return self.recall(secret, address) or await run_in_threadpool(self.find, secret, address)


def is_own(headers: Headers) -> bool:
    """Whether a request that changes something was sent by a page of ours.

    By what browsers say of themselves, and no page can make them say otherwise: ``Sec-Fetch-Site`` (W3C Fetch Metadata), and
    where that is missing (a plain http address, an old browser) ``Origin``, which every browser sends with a POST. Without
    either it is not a browser, and programs have the API. OWASP's cheat sheet on cross-site request forgery, 2025.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == headers.get("host", "")
