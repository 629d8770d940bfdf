"""The only file that speaks HTTP with the Selling Partner API: tokens, rates, retries, and what failures mean for us."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx2
import msgspec

from mercat.connectors.amazon.settings import AmazonSecrets, AmazonSettings
from mercat.connectors.amazon.wire import Faults, Grant
from mercat.sdk import http
from mercat.sdk.channels import Call, Surroundings, Token
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized, Unavailable, VendorError

SERVICE = "amazon"
_TOKENS = "https://api.amazon.com/auth/o2/token"
_TIMEOUT_S = 60.0
_EARLY = dt.timedelta(minutes=5)
_TRIES = 3
_FIRST_WAIT_S = 1.0
RETRIED = frozenset({429, 500, 503})
"""Statuses after which the same question may be asked again (developer-docs.amazon.com, "Usage plans and rate limits")."""
# (calls a second, burst) of each operation, as the documentation has them; an answer may tell another rate.
_RATES = {"searchCatalogItems": (2.0, 2), "getItemOffersBatch": (0.1, 1), "getCompetitiveSummary": (0.033, 1)}
_USUAL_RATE = (1.0, 1)
_faults = msgspec.json.Decoder(Faults)
_exactly = msgspec.json.Decoder(float_hook=Decimal)


class Pace:
    """How fast one operation may go: a bucket of ``burst`` calls that fills with ``rate`` a second."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate = rate
        self.burst = burst
        self._there = float(burst)
        self._at = time.monotonic()

    def take(self) -> float:
        """Take a call; how long to wait before it is made."""
        now = time.monotonic()
        self._there = min(self.burst, self._there + (now - self._at) * self.rate) - 1
        self._at = now
        return max(0.0, -self._there / self.rate)


@dataclass(frozen=True)
class _Asked:
    operation: str
    method: str
    path: str
    query: Mapping[str, str]
    body: bytes | None


class Client:
    """One account. Calls are made inside ``session``; everything raised is a ``VendorError``."""

    def __init__(self, settings: AmazonSettings, secrets: AmazonSecrets, surroundings: Surroundings) -> None:
        self.origin = (settings.address or f"https://sellingpartnerapi-{settings.region}.amazon.com").rstrip("/")
        self._tokens = settings.token_address or (f"{self.origin}/auth/o2/token" if settings.address else _TOKENS)
        self._secrets = secrets
        self._around = surroundings
        self._token: Token | None = None
        self._http: http.Client | None = None
        self._paces: dict[str, Pace] = {}

    @contextmanager
    def session(self) -> Iterator[None]:
        """While this lasts, connections are kept open."""
        if self._http is not None:
            yield
            return
        with http.client(allow_private=self._around.allow_private, timeout_s=_TIMEOUT_S) as opened:
            self._http = opened
            try:
                yield
            finally:
                self._http = None

    def call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Any:
        """What the operation answers, with exact decimals; ``None`` where there is nothing.

        Waits for its turn. 429, 500 and 503 are asked again, three times in all; raises what then stands.
        """
        asked = _Asked(operation, method, path, query or {}, None if body is None else msgspec.json.encode(body))
        wait_s = 0.0
        failed: VendorError | None = None
        for attempt in range(_TRIES):
            self._wait(max(wait_s, self._pace(operation).take()))
            response = self._send(asked)
            if response.status_code < 400:
                return _decoded(operation, response.content)
            failed = failure(operation, response.status_code, response.content, http.retry_after_s(response))
            if response.status_code not in RETRIED:
                break
            wait_s = failed.after_s if isinstance(failed, RateLimited) else _FIRST_WAIT_S * 2**attempt
        raise failed or Unavailable(f"Amazon did not answer {operation}")

    def token(self) -> str:
        """An access token that is good for some minutes yet: the proof that the credentials work."""
        self._token = self._token or self._around.load_token()
        if self._token is not None and self._token.expires_at - _EARLY > self._around.now():
            return self._token.value
        return self._fetch_token()

    def _send(self, asked: _Asked) -> httpx2.Response:
        """One request, with one new token where the one at hand is refused."""
        response = self._request(asked, self.token())
        if response.status_code == 403 and b"expired" in response.content.lower():
            response = self._request(asked, self._fetch_token())
        return response

    def _request(self, asked: _Asked, token: str) -> httpx2.Response:
        begun = time.perf_counter()
        headers = {"x-amz-access-token": token, "Accept": "application/json", "Content-Type": "application/json"}
        try:
            response = self._open.request(
                asked.method,
                f"{self.origin}{asked.path}",
                params=dict(asked.query),
                content=asked.body,
                headers=headers,
            )
        except VendorError:
            self._tell(asked.operation, 0, begun, None)
            raise
        told = response.headers.get("x-amzn-RateLimit-Limit", "")
        rate = float(told) if told.replace(".", "", 1).isdigit() and float(told) > 0 else None
        if rate is not None:
            self._pace(asked.operation).rate = rate
        self._tell(asked.operation, response.status_code, begun, rate)
        return response

    def _fetch_token(self) -> str:
        """The refresh token grant of Login with Amazon: an access token for an hour."""
        begun = time.perf_counter()
        asked = {
            "grant_type": "refresh_token",
            "refresh_token": self._secrets.refresh_token.get_secret_value(),
            "client_id": self._secrets.client_id.get_secret_value(),
            "client_secret": self._secrets.client_secret.get_secret_value(),
        }
        response = self._open.post(self._tokens, data=asked)
        self._tell("token", response.status_code, begun, None)
        if response.status_code in {400, 401, 403}:
            raise Unauthorized(
                f"Amazon gives no token ({response.status_code}): check client id, client secret and refresh token, and "
                "whether the app is still authorised"
            )
        http.check(response)
        try:
            grant = msgspec.json.decode(response.content, type=Grant)
        except msgspec.DecodeError:
            raise Unavailable("Amazon answered a request for a token with something else") from None
        self._token = Token(
            value=grant.access_token, expires_at=self._around.now() + dt.timedelta(seconds=grant.expires_in)
        )
        self._around.save_token(self._token)
        return self._token.value

    def _pace(self, operation: str) -> Pace:
        return self._paces.setdefault(operation, Pace(*_RATES.get(operation, _USUAL_RATE)))

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            self._around.pause(seconds)

    @property
    def _open(self) -> http.Client:
        if self._http is None:
            raise RuntimeError("a call outside of a session")
        return self._http

    def _tell(self, operation: str, status: int, begun: float, rate: float | None) -> None:
        latency_ms = (time.perf_counter() - begun) * 1000
        self._around.called(Call(SERVICE, operation, status, latency_ms, limit_remaining=rate))


def failure(operation: str, status: int, content: bytes, after_s: float | None) -> VendorError:
    """What a refusal means: by its status, with what Amazon says of it."""
    try:
        faults = _faults.decode(content).errors
    except (msgspec.MsgspecError, UnicodeDecodeError):
        faults = []
    said = "; ".join(dict.fromkeys(f"{each.code}: {each.message}".strip(": ") for each in faults))[:1_000]
    message = f"Amazon refuses {operation} ({status}){f': {said}' if said else ''}"
    facts: dict[str, Any] = {"status": status, "code": ",".join(dict.fromkeys(each.code for each in faults))}
    if status in {401, 403}:
        return Unauthorized(f"{message}. Check the app's roles, and that it is authorised for this account", **facts)
    if status == 429:
        return RateLimited(message, after_s=2.0 if after_s is None else after_s, **facts)
    if status == 408 or status >= 500:
        return Unavailable(message, **facts)
    return Rejected(message, **facts)


def _decoded(operation: str, content: bytes) -> Any:
    if not content.strip():
        return None
    try:
        return _exactly.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise Unavailable(f"Amazon answered {operation} with something that cannot be read: {wrong}") from wrong
