"""The only file that speaks HTTP with Shopify: tokens, the bucket, and what their failures mean for us."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from mercat.connectors.shopify.answers import Answer, Fault, Grant, StagedTarget
from mercat.connectors.shopify.bucket import Bucket
from mercat.connectors.shopify.operations import A, Operation
from mercat.connectors.shopify.settings import ShopifySecrets, ShopifySettings
from mercat.sdk import http
from mercat.sdk.channels import Call, Surroundings, Token
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized, Unavailable, VendorError

SERVICE = "shopify"
_TIMEOUT_S = 60.0
_THROTTLED_AT_MOST = 6
_EARLY = dt.timedelta(minutes=5)
"""A token that runs out sooner than this is fetched anew."""
_RESULT_BYTES = 4 * 1024 * 1024 * 1024
_PERSONS = {
    402: "the shop is frozen: its owner has an unpaid bill",
    403: "the app may not do this: give it the scopes it needs and install it anew",
    423: "the shop is locked: ask Shopify's support",
}
_LATER = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT", "SHOP_INACTIVE"})


class Client:
    """One shop's Admin API. Calls are made inside ``session``; everything raised is a ``VendorError``."""

    def __init__(self, settings: ShopifySettings, secrets: ShopifySecrets, surroundings: Surroundings) -> None:
        self.settings = settings
        self._secrets = secrets
        self.surroundings = surroundings
        self.bucket = Bucket()
        self._token: Token | None = None
        self._http: http.Client | None = None

    @contextmanager
    def session(self) -> Iterator[None]:
        """While this lasts, connections are kept open. It may be entered again inside itself."""
        if self._http is not None:
            yield
            return
        with http.client(
            allow_private=self.surroundings.allow_private, timeout_s=_TIMEOUT_S, max_bytes=_RESULT_BYTES
        ) as opened:
            self._http = opened
            try:
                yield
            finally:
                self._http = None

    def call(self, operation: Operation[A], variables: Mapping[str, Any] | None = None, *, size: float = 0.0) -> A:
        """Send one operation and give its answer. ``size``: how many entries its lists hold, for the guess of its cost.

        Waits until the bucket holds what it costs. Raises ``RateLimited``, ``Unauthorized``, ``Unavailable``, and
        ``Rejected`` where the operation itself is refused.
        """
        guess = operation.cost + operation.each * size
        wait_s = 0.0
        for _ in range(_THROTTLED_AT_MOST):
            self._wait(max(wait_s, self.bucket.wait_s(self.bucket.predict(operation.name, guess))))
            answer = self._send(operation, variables or {}, guess)
            if not answer.errors:
                return _converted(operation, answer)
            faults = answer.errors if isinstance(answer.errors, list) else [Fault(message=answer.errors)]
            if not any(fault.code == "THROTTLED" for fault in faults):
                raise _failure(operation.name, faults)
            # Somebody else drank from the same bucket.
            wait_s = max(0.2, self.bucket.wait_s(self._asked(answer, guess)))
        raise RateLimited(f"{self.settings.domain} has no points left for {operation.name}", after_s=max(1.0, wait_s))

    def upload(
        self, target: StagedTarget, path: Path, *, name: str | None = None, media_type: str = "text/jsonl"
    ) -> None:
        """Send a file to where Shopify wants it: its parameters as form fields, the file last. ``name``: what it is called."""
        fields = {each.name: each.value for each in target.parameters}
        begun = time.perf_counter()
        with path.open("rb") as stream:
            answer = self._open.post(target.url, data=fields, files={"file": (name or path.name, stream, media_type)})
        self._tell("upload", answer.status_code, begun)
        http.check(answer)

    def lines(self, url: str) -> Iterator[bytes]:
        """Stream the lines of a result. Raises ``Unavailable`` where it breaks off."""
        begun = time.perf_counter()
        with self._open.stream("GET", url) as answer:
            self._tell("result", answer.status_code, begun)
            http.check(answer)
            rest = b""
            for chunk in answer.iter_bytes():
                *whole, rest = (rest + chunk).split(b"\n")
                yield from (line for line in whole if line.strip())
            if rest.strip():
                yield rest

    @property
    def _open(self) -> http.Client:
        if self._http is None:
            raise RuntimeError("a call outside of a session")
        return self._http

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            self.surroundings.pause(seconds)

    def _asked(self, answer: Answer, guess: float) -> float:
        cost = answer.extensions.cost if answer.extensions else None
        return (cost.requested_query_cost if cost else None) or guess

    def _send(self, operation: Operation[A], variables: Mapping[str, Any], guess: float) -> Answer:
        """Post it, with one new token where the one at hand is refused."""
        body = msgspec.json.encode({"query": operation.document, "variables": variables})
        answer, status = self._post(operation, body, guess, self._access_token())
        if status == 401 and self._renews:
            answer, status = self._post(operation, body, guess, self._fetch_token())
        if status == 401:
            raise Unauthorized(
                f"{self.settings.domain} does not accept the access token: "
                "the app was removed from the shop, or the token was withdrawn; connect the shop anew"
            )
        if answer is None:
            raise Unavailable(f"{self.settings.domain} answered {operation.name} with nothing that can be read")
        return answer

    def _post(self, operation: Operation[A], body: bytes, guess: float, token: str) -> tuple[Answer | None, int]:
        address = f"{self.settings.origin}/admin/api/{self.settings.api_version}/graphql.json"
        begun = time.perf_counter()
        headers = {"X-Shopify-Access-Token": token, "Content-Type": "application/json"}
        try:
            response = self._open.post(address, content=body, headers=headers)
        except VendorError:
            self._tell(operation.name, 0, begun)
            raise
        answer = _decoded(response.content) if response.status_code == 200 else None
        cost = answer.extensions.cost if answer and answer.extensions else None
        if cost:
            self.bucket.told(operation.name, guess, cost)
        self._tell(operation.name, response.status_code, begun, cost.actual_query_cost if cost else None)
        if response.status_code != 401:
            self._check(response)
        return answer, response.status_code

    def _check(self, response: httpx2.Response) -> None:
        status = response.status_code
        if status in _PERSONS:
            raise Unauthorized(f"{self.settings.domain}: {_PERSONS[status]}", status=status)
        if status == 404:
            raise Rejected(
                f"{self.settings.domain} has no Admin API {self.settings.api_version}: check the domain and the version"
            )
        if status == 430:  # Shopify's own: too many suspicious requests
            raise RateLimited(f"{self.settings.domain} refuses for now (430)", after_s=http.WAIT_UNTOLD_S)
        http.check(response)

    def _tell(self, endpoint: str, status: int, begun: float, cost: float | None = None) -> None:
        self.surroundings.called(
            Call(
                service=SERVICE,
                endpoint=endpoint,
                status=status,
                latency_ms=(time.perf_counter() - begun) * 1000,
                cost=cost,
                limit_remaining=self.bucket.points(),
                limit_resets_s=self.bucket.resets_s(),
            )
        )

    @property
    def _renews(self) -> bool:
        return self._secrets.access_token is None

    def _access_token(self) -> str:
        if self._secrets.access_token is not None:
            return self._secrets.access_token.get_secret_value()
        self._token = self._token or self.surroundings.load_token()
        if self._token is not None and self._token.expires_at - _EARLY > self.surroundings.now():
            return self._token.value
        return self._fetch_token()

    def _fetch_token(self) -> str:
        """The client credentials grant: a token for 24 hours (shopify.dev, "Client credentials grant", November 2026)."""
        client_id, client_secret = self._secrets.client_id, self._secrets.client_secret
        if client_id is None or client_secret is None:
            raise Unauthorized(f"{self.settings.domain}: there is neither an access token nor a client id and secret")
        self._token = self.exchange(
            {
                "client_id": client_id.get_secret_value(),
                "client_secret": client_secret.get_secret_value(),
                "grant_type": "client_credentials",
            }
        )
        self.surroundings.save_token(self._token)
        return self._token.value

    def exchange(self, asked: Mapping[str, str]) -> Token:
        """Ask for a token. Raises ``Unauthorized`` where the shop does not know the app."""
        begun = time.perf_counter()
        response = self._open.post(f"{self.settings.origin}/admin/oauth/access_token", json=dict(asked))
        self._tell("access_token", response.status_code, begun)
        if response.status_code in {400, 401, 403, 404}:
            raise Unauthorized(
                f"{self.settings.domain} gives the app no token ({response.status_code}): check the domain, the client id "
                "and the client secret, and that the app is installed in this shop"
            )
        http.check(response)
        try:
            granted = msgspec.json.decode(response.content, type=Grant)
        except msgspec.DecodeError:
            raise Unavailable(f"{self.settings.domain} answered a request for a token with something else") from None
        lasts = dt.timedelta(seconds=granted.expires_in or 10 * 365 * 86_400)
        return Token(value=granted.access_token, expires_at=self.surroundings.now() + lasts)


def _decoded(content: bytes) -> Answer | None:
    try:
        return msgspec.json.decode(content, type=Answer)
    except msgspec.DecodeError:
        return None


def _converted(operation: Operation[A], answer: Answer) -> A:
    try:
        return msgspec.convert(answer.data, operation.answer)
    except msgspec.ValidationError as error:
        raise Unavailable(f"Shopify answered {operation.name} in a shape that is not known: {error}") from error


def _failure(name: str, faults: list[Fault]) -> VendorError:
    said = "; ".join(dict.fromkeys(fault.message for fault in faults))[:1000]
    codes = {fault.code for fault in faults}
    if "ACCESS_DENIED" in codes:
        return Unauthorized(f"Shopify refuses {name}: {said}. Give the app the scope and install it anew")
    if codes & _LATER:
        return Unavailable(f"Shopify could not do {name}: {said}")
    return Rejected(f"Shopify refuses {name}: {said}", code=",".join(sorted(codes)))
