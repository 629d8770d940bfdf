"""Delivering: what waits for an endpoint is sent, signed, and what came of it is written down."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.clock import now
from mercat.core.errors import Conflict
from mercat.core.jobs.context import sayable
from mercat.core.jobs.running import reason_of
from mercat.core.log import get_logger
from mercat.core.page import Page
from mercat.core.redaction import scrub
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.operations.configurable import WEBHOOK_DISABLE_DAYS, WEBHOOK_TIMEOUT, WEBHOOKS_PAUSED
from mercat.domain.operations.configuring import value_of
from mercat.domain.operations.emitting import TEST, payload, put_deliver
from mercat.domain.operations.endpoints import secrets_in_force
from mercat.domain.operations.models import WebhookDelivery, WebhookEndpoint
from mercat.domain.operations.retrying import GONE, Try, is_to_be_switched_off, wait_after
from mercat.domain.operations.signing import signed_headers
from mercat.domain.operations.webhook_repository import DEAD, DELIVERED, PENDING, DeliveryRepository, EndpointRepository
from mercat.sdk.errors import VendorError

if TYPE_CHECKING:
    from mercat.sdk.http import Client

log = get_logger(__name__)
_AT_ONCE = 20
_KEPT_BYTES = 1024
# An endpoint that fails so often in a row is left alone for a while: what waits behind would fail as well, slowly.
_FAILURES_IN_A_ROW = 3
_REST = dt.timedelta(seconds=60)
_LOOK_AGAIN = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class _Target:
    """An endpoint as it is sent to. ``known`` are the secrets in force."""

    id: UUID
    url: str
    known: Sequence[str]
    timeout_s: int


@dataclass
class DeliveryTally:
    """What a run came to."""

    delivered: int = 0
    failed: int = 0
    is_paused: bool = False


def deliver(
    runtime: Runtime, actor: Actor, endpoint_id: UUID, *, check: Callable[[], None] = lambda: None
) -> DeliveryTally:
    """Send an endpoint all that is due, oldest first, one after the other; what fails is due again later.

    At least once: a process that dies between sending and writing down sends again, under the same id. ``check`` is
    called before each and may raise to stop.
    """
    tally, in_a_row = DeliveryTally(), 0
    while in_a_row < _FAILURES_IN_A_ROW:
        target, due = _next(runtime, actor, endpoint_id, tally)
        if target is None or not due:
            break
        with _client(runtime, target) as client:
            for each in due:
                check()
                tried = _send(client, target, each)
                is_over = _record(runtime, actor, each.id, tried)
                tally.delivered += tried.is_taken
                tally.failed += not tried.is_taken
                in_a_row = 0 if tried.is_taken else in_a_row + 1
                if is_over or in_a_row >= _FAILURES_IN_A_ROW:
                    break
    _put_next(runtime, actor, endpoint_id, is_tired=in_a_row >= _FAILURES_IN_A_ROW, is_paused=tally.is_paused)
    return tally


def test_endpoint(runtime: Runtime, actor: Actor, reference: str) -> WebhookDelivery:
    """Send a test event now, whatever else waits, and answer what came of it. It is not tried again. Raises ``NotFound``."""
    actor.require("operations.webhooks")
    with runtime.write(actor) as unit:
        endpoint = EndpointRepository(unit.session).named(reference)
        body = payload(unit, TEST, {"endpoint": endpoint.name, "sent_by": unit.actor.name})
        delivery = WebhookDelivery(endpoint_id=endpoint.id, event=TEST, payload=body, status=DEAD, tries=[])
        unit.add(delivery)
        target = _target(runtime, unit, endpoint)
    with _client(runtime, target) as client:
        tried = _send(client, target, delivery)
    _record(runtime, actor, delivery.id, tried, is_only=True)
    with runtime.read(actor) as unit:
        return DeliveryRepository(unit.session).get(delivery.id)


def list_deliveries(
    unit: ReadUnit, *, endpoint: str | None = None, status: str | None = None, page: int = 1, per_page: int = 50
) -> Page[WebhookDelivery]:
    """Deliveries, newest first; those of the status ``dead`` were given up. Raises ``NotFound``."""
    unit.actor.require("operations.read")
    endpoint_id = None if endpoint is None else EndpointRepository(unit.session).named(endpoint).id
    return DeliveryRepository(unit.session).newest(endpoint_id=endpoint_id, status=status, page=page, per_page=per_page)


def get_delivery(unit: ReadUnit, reference: str) -> WebhookDelivery:
    """One, with its tries, by id or the end of one. Raises ``NotFound``."""
    unit.actor.require("operations.read")
    return DeliveryRepository(unit.session).get_by_reference(reference)


def replay(unit: WriteUnit, reference: str) -> WebhookDelivery:
    """Send a delivery again, under its old id: a receiver that had it can tell. Raises ``NotFound``, ``Conflict``."""
    unit.actor.require("operations.webhooks")
    delivery = DeliveryRepository(unit.session).get_by_reference(reference)
    endpoint = EndpointRepository(unit.session).get(delivery.endpoint_id)
    _refuse_idle(endpoint)
    delivery.status, delivery.attempts, delivery.next_at = PENDING, 0, unit.now
    unit.save()
    put_deliver(unit, endpoint)
    return delivery


def replay_dead(unit: WriteUnit, endpoint: str) -> int:
    """Send again all that was given up of an endpoint; how many. Raises ``NotFound``, ``Conflict``."""
    unit.actor.require("operations.webhooks")
    found = EndpointRepository(unit.session).named(endpoint)
    _refuse_idle(found)
    count = DeliveryRepository(unit.session).revive(found.id, unit.now)
    if count:
        put_deliver(unit, found)
    return count


def _refuse_idle(endpoint: WebhookEndpoint) -> None:
    if not endpoint.is_active:
        message = (
            f"{endpoint.name} is switched off ({endpoint.disabled_reason}): `mercat webhook on {endpoint.name}` first"
        )
        raise Conflict(message)


def _next(
    runtime: Runtime, actor: Actor, endpoint_id: UUID, tally: DeliveryTally
) -> tuple[_Target | None, list[WebhookDelivery]]:
    with runtime.read(actor) as unit:
        endpoint = EndpointRepository(unit.session).find(endpoint_id)
        tally.is_paused = value_of(unit, WEBHOOKS_PAUSED)
        if endpoint is None or not endpoint.is_active or tally.is_paused:
            return None, []
        due = DeliveryRepository(unit.session).due(endpoint_id, unit.now, most=_AT_ONCE)
        return _target(runtime, unit, endpoint), due


def _target(runtime: Runtime, unit: ReadUnit, endpoint: WebhookEndpoint) -> _Target:
    known = secrets_in_force(runtime, endpoint, unit.now)
    return _Target(endpoint.id, endpoint.url, known, value_of(unit, WEBHOOK_TIMEOUT))


def _client(runtime: Runtime, target: _Target) -> Client:
    from mercat.sdk.http import client  # noqa: PLC0415  # it loads slowly, and every command comes by here

    return client(
        allow_private=runtime.settings.http_allow_private, timeout_s=target.timeout_s, total_s=target.timeout_s
    )


def _send(client: Client, target: _Target, delivery: WebhookDelivery) -> Try:
    from mercat.sdk.http import retry_after_s  # noqa: PLC0415

    body = delivery.payload.encode()
    at = now()
    headers = signed_headers(target.known, str(delivery.id), int(at.timestamp()), body)
    headers["content-type"] = "application/json"
    started = time.monotonic()
    status: int | None = None
    answer, error, told_s = b"", None, None
    try:
        with client.stream("POST", target.url, content=body, headers=headers, follow_redirects=False) as response:
            status, told_s = response.status_code, retry_after_s(response)
            # Only the beginning is of interest; that it comes slowly, or not at all, is no failure any more.
            with suppress(VendorError):
                for piece in response.iter_bytes():
                    answer += piece
                    if len(answer) >= _KEPT_BYTES:
                        break
    except VendorError as failed:
        error = failed.message
    except Exception as failed:
        # Whatever it is, it is this try's: what waits behind it is not to be held up by it.
        log.exception("webhook_not_sent", delivery_id=str(delivery.id))
        error = reason_of(failed)
    latency_ms = round((time.monotonic() - started) * 1000)
    shown = scrub(sayable(answer[:_KEPT_BYTES].decode("utf-8", "replace"))) if status is not None else None
    if error is None and status is not None and not 200 <= status < 300:
        error = f"answered {status}"
    return Try(at, status, latency_ms, shown, None if error is None else sayable(scrub(error)), told_s)


def _record(runtime: Runtime, actor: Actor, delivery_id: UUID, tried: Try, *, is_only: bool = False) -> bool:
    """Write down what came of a try. Whether the endpoint is not to be sent to any more."""

    def record(unit: WriteUnit) -> bool:
        delivery = DeliveryRepository(unit.session).find(delivery_id)
        endpoint = None if delivery is None else EndpointRepository(unit.session).locked(delivery.endpoint_id)
        if delivery is None or endpoint is None:
            return True  # it was removed meanwhile
        _note(delivery, tried)
        if tried.is_taken:
            delivery.status, delivery.delivered_at, delivery.next_at = DELIVERED, tried.at, None
            endpoint.failing_since, endpoint.last_success_at = None, tried.at
        elif not is_only:
            _fail(unit, endpoint, delivery, tried)
        unit.save()
        return not endpoint.is_active

    return runtime.attempt(record, actor)


def _note(delivery: WebhookDelivery, tried: Try) -> None:
    told = asdict(tried)
    told["at"] = tried.at.isoformat()
    delivery.attempts += 1
    delivery.last_status, delivery.latency_ms = tried.status, tried.latency_ms
    delivery.answer, delivery.error = tried.answer, tried.error
    delivery.tries = [*delivery.tries, told]


def _fail(unit: WriteUnit, endpoint: WebhookEndpoint, delivery: WebhookDelivery, tried: Try) -> None:
    endpoint.failing_since = endpoint.failing_since or tried.at
    wait_s = wait_after(delivery.attempts, tried.retry_after_s, random.SystemRandom())
    if wait_s is None or tried.status == GONE:
        delivery.status, delivery.next_at = DEAD, None
        log.warning("webhook_given_up", endpoint=endpoint.name, delivery_id=str(delivery.id), reason=tried.error)
    else:
        delivery.next_at = tried.at + dt.timedelta(seconds=wait_s)
    days = value_of(unit, WEBHOOK_DISABLE_DAYS)
    if tried.status == GONE:
        _switch_off(unit, endpoint, "it answered 410 Gone: it wants no more")
    elif is_to_be_switched_off(endpoint.failing_since, tried.at, days):
        _switch_off(unit, endpoint, f"nothing arrived for {days} days; at last {tried.error}")


def _switch_off(unit: WriteUnit, endpoint: WebhookEndpoint, reason: str) -> None:
    endpoint.is_active, endpoint.disabled_reason = False, reason
    unit.save()
    left = DeliveryRepository(unit.session).give_up(endpoint.id, f"the endpoint was switched off: {reason}", unit.now)
    log.warning("webhook_endpoint_switched_off", endpoint=endpoint.name, reason=reason, given_up=left)


def _put_next(runtime: Runtime, actor: Actor, endpoint_id: UUID, *, is_tired: bool, is_paused: bool) -> None:
    """Come back when the next one is due; after a rest, if there were nothing but failures."""

    def put(unit: WriteUnit) -> None:
        endpoint = EndpointRepository(unit.session).find(endpoint_id)
        due = DeliveryRepository(unit.session).next_due(endpoint_id)
        if endpoint is None or not endpoint.is_active or due is None:
            return
        rest = _LOOK_AGAIN if is_paused else _REST if is_tired else dt.timedelta()
        put_deliver(unit, endpoint, after=max(due, unit.now + rest))

    runtime.attempt(put, actor)
