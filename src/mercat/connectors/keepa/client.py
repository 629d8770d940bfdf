"""The only file that speaks HTTP with Keepa: the key, the bucket of tokens, and what failures mean for us."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec

from mercat.connectors.keepa.settings import KeepaSecrets, KeepaSettings
from mercat.connectors.keepa.wire import Answer
from mercat.sdk import http
from mercat.sdk.channels import Call, Surroundings
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized, Unavailable, VendorError

SERVICE = "keepa"
_ORIGIN = "https://api.keepa.com"
_TIMEOUT_S = 60.0
# A pause that is longer than this belongs to the schedule: the work ends and goes on later.
_LONGEST_PAUSE_S = 60.0
_decode = msgspec.json.Decoder(Answer).decode


class Client:
    """Keepa's API with one key. Calls are made inside ``session``; everything raised is a ``VendorError``."""

    def __init__(self, settings: KeepaSettings, secrets: KeepaSecrets, surroundings: Surroundings) -> None:
        self._origin = (settings.address or _ORIGIN).rstrip("/")
        self._key = secrets.key.get_secret_value()
        self._around = surroundings
        self._http: http.Client | None = None
        self.tokens: float | None = None
        self._rate = 0.0
        self._at = 0.0

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

    def call(self, endpoint: str, asked: Mapping[str, str], *, cost: int) -> Answer:
        """Ask, once the bucket holds what it costs. Raises ``RateLimited`` where that takes longer than a minute."""
        wait_s = self.wait_s(cost)
        if wait_s > _LONGEST_PAUSE_S:
            raise RateLimited(f"Keepa has no tokens left for {endpoint}: {cost} are needed", after_s=math.ceil(wait_s))
        if wait_s > 0:
            self._around.pause(wait_s)
        return self._send(endpoint, asked)

    def wait_s(self, cost: int) -> float:
        """How long until the bucket holds so many tokens, as far as we know."""
        if self.tokens is None or self._rate <= 0:
            return 0.0
        there = self.tokens + (time.monotonic() - self._at) * self._rate / 60
        return max(0.0, (cost - there) * 60 / self._rate)

    def _send(self, endpoint: str, asked: Mapping[str, str]) -> Answer:
        if self._http is None:
            raise RuntimeError("a call outside of a session")
        begun = time.perf_counter()
        try:
            response = self._http.get(f"{self._origin}/{endpoint}", params={"key": self._key, **asked})
        except VendorError:
            self._tell(endpoint, 0, begun, None)
            raise
        answer = _decoded(response.content)
        if answer is not None:
            self.tokens, self._rate = float(answer.tokens_left), answer.refill_rate
            self._at = time.monotonic()
        self._tell(endpoint, response.status_code, begun, answer)
        if response.status_code != 200 or answer is None or answer.error is not None:
            raise self._failure(endpoint, response.status_code, answer)
        return answer

    def _failure(self, endpoint: str, status: int, answer: Answer | None) -> VendorError:
        """What Keepa's refusal means (statuses as its own client documents them)."""
        said = answer.error.message if answer is not None and answer.error is not None else f"HTTP {status}"
        said = f"Keepa refuses {endpoint}: {said or (answer.error.type if answer and answer.error else '')}"
        if status == 429:
            return RateLimited(said, after_s=self._refills_in_s(answer), status=status)
        if status in {401, 402, 403}:
            return Unauthorized(f"{said}: check the key and whether the subscription is paid", status=status)
        if status in {400, 404, 405}:
            # A wrong key is refused like a wrong question.
            return Unauthorized(f"{said}: check the key", status=status) if "key" in said.lower() else Rejected(said)
        if status == 200 and answer is not None:
            return Rejected(said)
        return Unavailable(said, status=status)

    def _refills_in_s(self, answer: Answer | None) -> float:
        """Until tokens come: the next refill, and as many more as the debt takes."""
        if answer is None:
            return http.WAIT_UNTOLD_S
        debt = max(0, -answer.tokens_left)
        return max(1.0, answer.refill_in / 1000 + (debt * 60 / answer.refill_rate if answer.refill_rate > 0 else 0))

    def _tell(self, endpoint: str, status: int, begun: float, answer: Answer | None) -> None:
        self._around.called(
            Call(
                service=SERVICE,
                endpoint=endpoint,
                status=status,
                latency_ms=(time.perf_counter() - begun) * 1000,
                cost=None if answer is None else float(answer.tokens_consumed),
                limit_remaining=None if answer is None else float(answer.tokens_left),
                limit_resets_s=None if answer is None else answer.refill_in / 1000,
            )
        )


def _decoded(content: bytes) -> Answer | None:
    try:
        return _decode(content)
    except msgspec.DecodeError:
        return None
