"""``@idempotent(key:)``: demanded where Shopify demands it since 2026-04, and what a second use of a key answers."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.refusals import Refused, bad_request
from mercat.sandbox.shopify.registry import Resolver
from mercat.sandbox.shopify.state import Attempt

KEPT_FOR_S = 24 * 3600.0


def once(name: str, resolver: Resolver) -> Resolver:
    """Do it once a key; a replay answers again and does nothing."""
    field = name.partition(".")[2]

    def resolve(source: Any, call: Call, args: dict[str, Any]) -> Any:
        key = call.kept.get("key")
        if key is None:
            raise bad_request(f"The @idempotent directive is required for {field}: give it a key of your own.")
        attempts = call.shop.attempts
        fingerprint = hashlib.sha256(json.dumps(args, sort_keys=True, default=str).encode()).hexdigest()
        place = (call.token.app_id, field, str(key))
        seen = attempts.get(place)
        if seen is not None and seen.dies_s > call.shop.clock.read():
            return _again(seen, fingerprint)
        dies_s = call.shop.clock.read() + KEPT_FOR_S
        try:
            answer = resolver(source, call, args)
        except Refused:
            attempts[place] = Attempt(fingerprint, None, dies_s)
            raise
        attempts[place] = Attempt(fingerprint, answer, dies_s)
        return answer

    return resolve


def _again(seen: Attempt, fingerprint: str) -> Any:
    if seen.fingerprint != fingerprint:
        raise Refused(
            None,
            "The same idempotency key cannot be used with different operation parameters.",
            "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
        )
    if seen.answer is None:
        raise Refused(
            None,
            "A previous request with this idempotency key failed. Retry with a new idempotency key.",
            "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
        )
    return seen.answer
