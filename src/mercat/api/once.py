"""Unsafe requests that may be sent twice: an ``Idempotency-Key`` makes the second one the first one's answer."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from hashlib import sha256
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mercat.api.errors import Refused
from mercat.domain.operations import service as operations

HEADER = "idempotency-key"
_LONGEST = 255


async def answer_once(
    request: Request, handle: Callable[[Request], Coroutine[Any, Any, Response]], *, has_large_body: bool = False
) -> Response:
    """Run the handler, or give the answer that the same request with the same key got before.

    ``has_large_body``: the body is a file, and not read for the sake of comparing it. Raises ``Refused`` where the key
    was used for another request, or the first one is still at work.
    """
    key = request.headers.get(HEADER)
    principal = request.scope.get("principal")
    if key is None or principal is None:
        return await handle(request)
    if not 1 <= len(key) <= _LONGEST or not key.isprintable():
        raise Refused(422, "invalid", f"Idempotency-Key has 1 to {_LONGEST} printable characters", field=HEADER)
    owner = f"{principal.actor.kind}:{principal.actor.id or principal.actor.name}"
    body = b"" if has_large_body else await request.body()
    said = f"{request.method}\n{request.url.path}\n{request.url.query}".encode()
    runtime = request.app.state.runtime
    claim = operations.RequestClaim(owner, key, sha256(said + b"\n" + body).hexdigest())
    kept = await run_in_threadpool(operations.claim_request, runtime, claim)
    if kept is not None:
        return _again(kept, claim)
    try:
        response = await handle(request)
    except BaseException:
        await run_in_threadpool(operations.forget_request, runtime, claim)
        raise
    if response.status_code >= 500 or isinstance(response, StreamingResponse):
        await run_in_threadpool(operations.forget_request, runtime, claim)
    else:
        answered = operations.KeptAnswer(
            response.status_code, response.headers.get("content-type"), bytes(response.body)
        )
        await run_in_threadpool(operations.keep_answer, runtime, claim, answered)
    return response


def refuse_key(request: Request) -> None:
    """For routes whose request or answer holds a secret. Raises ``Refused`` where a key is given."""
    if request.headers.get(HEADER) is not None:
        message = "what is sent or answered here is a secret and not kept: send it without an Idempotency-Key"
        raise Refused(422, "invalid", message, field=HEADER)


def _again(kept: operations.KeptRequest, claim: operations.RequestClaim) -> Response:
    if kept.digest != claim.digest:
        message = "this Idempotency-Key was used for another request: take a new key for a new request"
        raise Refused(422, "idempotency_key_reused", message, field=HEADER)
    if kept.answer is None:
        message = "the first request with this Idempotency-Key is still at work"
        raise Refused(409, "idempotency_key_in_use", message, headers={"Retry-After": "1"})
    headers = {"Idempotent-Replayed": "true"}
    return Response(kept.answer.body, kept.answer.status, headers, kept.answer.media_type)
