"""The gate before every route: who asks, how often, how much they send, and what every answer carries."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mercat.api.errors import Refused
from mercat.api.rates import Rates
from mercat.core.errors import Unauthenticated
from mercat.core.ids import new_id
from mercat.core.log import get_logger

log = get_logger(__name__)
Identify = Callable[[str, str], Any]
Observe = Callable[[str, str, int, float], None]
# OWASP's REST cheat sheet, 2025: an API shows nothing in a frame, loads nothing and is not to be sniffed or kept.
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
_BASIC = (b"www-authenticate", b'Basic realm="mercat", charset="UTF-8"')
_ID_LENGTH = 64
_OLD, _NEW = "/api/", "/api/v1/"
# Slower than any line: a body that comes so, after the first seconds, is held back on purpose.
_SLOWEST_BYTES_S = 500


@dataclass(frozen=True)
class Limits:
    """What a client may do. Zero of a rate is no limit; times in seconds, sizes in bytes, rates a minute."""

    body: int = 10 * 1024 * 1024
    upload: int = 2 * 1024 * 1024 * 1024
    silence_s: float = 20.0
    rate: int = 6_000
    failures: int = 60
    uploads: tuple[str, ...] = ()
    # Addresses that have bounds of their own, as whole patterns.
    bounds: tuple[tuple[re.Pattern[str], int], ...] = ()
    # Who has not signed in sends a password at most; channels sign what they deliver, and are known afterwards.
    stranger: int = 64 * 1024
    deliveries: tuple[str, ...] = ()
    # What a browser opens: it is told that it may ask for a key as the user name of Basic.
    browsed: tuple[str, ...] = ()


class Gate:
    """Middleware. ``identify`` makes a principal of a bearer and an address, and raises ``Unauthenticated``.

    ``recall`` is asked first, without a thread: it answers from memory, or ``None``.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        identify: Identify,
        limits: Limits,
        rates: Rates,
        recall: Identify | None = None,
        observe: Observe | None = None,
    ) -> None:
        self.app = app
        self.identify = identify
        self.recall = recall
        self.limits = limits
        self.observe = observe
        self.rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = Headers(scope=scope)
        if scope["path"].startswith(_OLD) and not scope["path"].startswith(_NEW):
            # Addresses of the time before versions.
            scope["path"] = _NEW + scope["path"].removeprefix(_OLD)
        scope["request_id"] = request_id = _request_id(headers.get("x-request-id"))
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        answering = _Answering(send, scope, request_id, is_browsed=scope["path"] in self.limits.browsed)
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        try:
            await self._admit(scope, headers, answering)
            await self.app(scope, self._metered(scope, headers, receive), answering)
        except Refused as refused:
            await _refuse(refused, scope, receive, answering)
        finally:
            if self.observe is not None:
                route = scope.get("route")
                path = getattr(route, "path_format", "")
                self.observe(scope["method"], path, answering.status, time.perf_counter() - started)

    async def _admit(self, scope: Scope, headers: Headers, answering: _Answering) -> None:
        if b"\0" in scope["path"].encode() or b"%00" in scope["query_string"]:
            raise Refused(422, "invalid", "the address holds a NUL character, which no text here has")
        address = scope["client"][0] if scope.get("client") else ""
        bearer = _bearer(headers.get("authorization"), scope["method"])
        if bearer is None:
            return
        try:
            scope["principal"] = principal = await self._principal(bearer, address)
        except Unauthenticated as refused:
            self._count_failure(address)
            raise Refused(401, "unauthenticated", refused.message) from None
        _bind(principal)
        limit = principal.rate_limit_per_minute or self.limits.rate
        if limit:
            key = f"{principal.actor.kind}:{principal.key_id or principal.actor.id or principal.actor.name}"
            state = self.rates.take(key, limit)
            answering.rate = state.headers
            if not state.is_allowed:
                message = f"more than {limit:,} requests a minute"
                raise Refused(429, "rate_limited", message, headers={"Retry-After": str(state.after_s)})

    async def _principal(self, bearer: str, address: str) -> Any:
        known = None if self.recall is None else self.recall(bearer, address)
        return known or await run_in_threadpool(self.identify, bearer, address)

    def _count_failure(self, address: str) -> None:
        """Whoever guesses is slowed down."""
        if self.limits.failures:
            state = self.rates.take(f"failed:{address}", self.limits.failures)
            if not state.is_allowed:
                message = "too many requests with wrong credentials from this address"
                raise Refused(429, "rate_limited", message, headers={"Retry-After": str(state.after_s)})

    def _most(self, path: str) -> int:
        """The bytes that may be sent to an address."""
        if path.startswith(self.limits.uploads or ("\0",)):
            return self.limits.upload
        return next((most for pattern, most in self.limits.bounds if pattern.fullmatch(path)), self.limits.body)

    def _metered(self, scope: Scope, headers: Headers, receive: Receive) -> Receive:
        """Reads the body, no more of it than allowed and no slower."""
        most = self._most(scope["path"])
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > most:
            raise Refused(413, "too_large", f"the body has {int(declared):,} bytes, and {most:,} are allowed")
        is_delivery = scope["path"].startswith(self.limits.deliveries or ("\0",))
        taken = 0
        waited_s = 0.0
        is_whole = False

        async def read() -> Message:
            nonlocal taken, waited_s, is_whole
            if is_whole:
                return await receive()
            began = time.perf_counter()
            try:
                message = await asyncio.wait_for(receive(), self.limits.silence_s)
            except TimeoutError:
                late = f"nothing came for {self.limits.silence_s:g} seconds"
                raise Refused(408, "too_slow", late, headers={"Connection": "close"}) from None
            waited_s += time.perf_counter() - began
            taken += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            # Asked when the body is read: pages know their visitors by a cookie, and later than this gate.
            is_known = is_delivery or scope.get("principal") is not None
            allowed = most if is_known else min(most, self.limits.stranger)
            if taken > allowed:
                # The connection is not closed at once, or the client, still sending, would never read why.
                raise Refused(413, "too_large", f"the body has more than {allowed:,} bytes")
            if not is_whole and taken < (waited_s - self.limits.silence_s) * _SLOWEST_BYTES_S:
                late = f"{taken:,} bytes came in {waited_s:.0f} seconds"
                raise Refused(408, "too_slow", late, headers={"Connection": "close"})
            return message

        return read


class _Answering:
    """Sends the answer with what every answer carries."""

    def __init__(self, send: Send, scope: Scope, request_id: str, *, is_browsed: bool) -> None:
        self._send = send
        self._is_head = scope["method"] == "HEAD"
        self._is_encrypted = scope.get("scheme") == "https"
        self._request_id = request_id
        self._is_browsed = is_browsed
        self.rate: dict[str, str] = {}
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            # Put together as bytes: by way of a mapping that searches this took a tenth of a small answer's time.
            given = list(message.get("headers", ()))
            own = {name for name, _ in given}
            more = {**self.rate, "x-request-id": self._request_id}
            given += [each for each in _HEADERS if each[0] not in own]
            given += [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in more.items()]
            if self._is_encrypted:
                given.append(_STRICT_TRANSPORT)
            if self._is_browsed and self.status == 401:
                given.append(_BASIC)
            message = {**message, "headers": given}
        elif self._is_head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


async def _refuse(refused: Refused, scope: Scope, receive: Receive, answering: _Answering) -> None:
    if answering.status:
        # The answer has begun: all that is left is to break it off.
        log.warning("answer_broken_off", reason=refused.detail)
        raise ConnectionAbortedError(refused.detail)
    await refused.response(scope["request_id"])(scope, receive, answering)


def _bind(principal: Any) -> None:
    """Whatever is logged from here on says who asked."""
    actor, session_id = principal.actor, principal.session_id
    known = {"actor": actor.name, "user_id": actor.id, "session_id": session_id}
    structlog.contextvars.bind_contextvars(**{name: str(value) for name, value in known.items() if value is not None})


def _request_id(given: str | None) -> str:
    """The client's own, if it can be printed; it goes into logs."""
    if (
        given
        and len(given) <= _ID_LENGTH
        and all(char.isalnum() or char in "-_." for char in given)
        and given.isascii()
    ):
        return given
    return str(new_id())


def _bearer(authorization: str | None, method: str) -> str | None:
    """The credential. A key may also be the user name of Basic, for reading only: a browser can then open the docs.

    Browsers send Basic by themselves to whatever a foreign page points at; what only reads does no harm there.
    """
    if not authorization:
        return None
    scheme, _, value = authorization.partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer" and value:
        return value
    if scheme.lower() == "basic" and method in {"GET", "HEAD"}:
        try:
            user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Refused(401, "unauthenticated", "the credentials cannot be read") from None
        return user if user.startswith("mk_") else password
    raise Refused(401, "unauthenticated", "the credentials are of a kind that is not taken: a token or an API key is")
