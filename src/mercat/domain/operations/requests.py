"""Requests with an idempotency key: each is done once, and the second one gets the first one's answer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.operations.models import IdempotentRequest
from mercat.domain.operations.requests_repository import RequestRepository

KEPT_FOR = dt.timedelta(days=1)
# A request that was cut off, with its process, may be done again after this long: no request takes longer.
_GIVEN_UP_AFTER = dt.timedelta(minutes=10)


@dataclass(frozen=True)
class RequestClaim:
    """Whose request it is, under which key, and the digest of all that it says."""

    owner: str
    key: str
    digest: str


@dataclass(frozen=True)
class KeptAnswer:
    """What was answered."""

    status: int
    media_type: str | None
    body: bytes


@dataclass(frozen=True)
class KeptRequest:
    """A request that was made before. ``answer`` is ``None`` while it is at work."""

    digest: str
    answer: KeptAnswer | None


def claim_request(runtime: Runtime, claim: RequestClaim) -> KeptRequest | None:
    """Take the key. ``None``: it is free, and ours now; otherwise what was done with it."""

    def take(unit: WriteUnit) -> KeptRequest | None:
        repository = RequestRepository(unit.session)
        row = repository.find_by(owner=claim.owner, request_key=claim.key)
        if row is not None and not _is_over(row, unit.now):
            answered = None if row.status is None else KeptAnswer(row.status, row.media_type, row.body or b"")
            return KeptRequest(row.digest, answered)
        if row is not None:
            unit.remove(row)
        unit.add(IdempotentRequest(owner=claim.owner, request_key=claim.key, digest=claim.digest, received_at=unit.now))
        return None

    # Two at once: the second meets the unique key, and looks again.
    return runtime.attempt(take)


def _is_over(row: IdempotentRequest, now: dt.datetime) -> bool:
    return now - row.received_at > (_GIVEN_UP_AFTER if row.status is None else KEPT_FOR)


def keep_answer(runtime: Runtime, claim: RequestClaim, answer: KeptAnswer) -> None:
    """For a day, the same request gets this answer."""
    with runtime.write() as unit:
        row = RequestRepository(unit.session).find_by(owner=claim.owner, request_key=claim.key)
        if row is not None:
            row.status, row.media_type, row.body = answer.status, answer.media_type, answer.body


def forget_request(runtime: Runtime, claim: RequestClaim) -> None:
    """It came to nothing: the key is free again."""
    with runtime.write() as unit:
        RequestRepository(unit.session).forget(claim.owner, claim.key)
