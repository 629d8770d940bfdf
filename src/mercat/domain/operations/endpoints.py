"""Where events are sent: adding, changing and removing endpoints, and their secrets."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.errors import Conflict, Invalid
from mercat.core.ids import new_id
from mercat.core.redaction import redact
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.access.messages import Administered
from mercat.domain.operations.configurable import WEBHOOK_OVERLAP
from mercat.domain.operations.configuring import value_of
from mercat.domain.operations.emitting import EVENTS, EVERYTHING
from mercat.domain.operations.models import WebhookEndpoint
from mercat.domain.operations.signing import new_secret
from mercat.domain.operations.webhook_repository import EndpointRepository
from mercat.sdk.addresses import refusal, resolve
from mercat.sdk.errors import Rejected, Unavailable

_LONGEST_NAME = 100
_LONGEST_URL = 2_000
_NEW, _OLD = "new", "old"


@dataclass(frozen=True)
class EndpointDraft:
    """An endpoint as asked for. ``events`` are names of ``EVENTS``, or ``*`` for all that there are and will be."""

    name: str
    url: str
    events: Sequence[str] = (EVERYTHING,)
    description: str | None = None


@dataclass(frozen=True)
class EndpointView:
    """An endpoint as it is shown: everything but its secret."""

    id: UUID
    name: str
    url: str
    events: list[str]
    description: str | None
    is_active: bool
    disabled_reason: str | None
    failing_since: dt.datetime | None
    last_success_at: dt.datetime | None
    old_secret_until: dt.datetime | None
    created_by: str
    created_at: dt.datetime


def add_endpoint(runtime: Runtime, actor: Actor, draft: EndpointDraft) -> tuple[EndpointView, str]:
    """Send events there from now on. The secret that signs them is given this once. Raises ``Invalid``, ``Conflict``."""
    actor.require("operations.webhooks")
    name = _name(draft.name)
    url = _judged(draft.url, allow_private=runtime.settings.http_allow_private)
    events = _events(draft.events)
    secret, endpoint_id = new_secret(), new_id()
    sealed = runtime.secrets.seal({_NEW: secret}, _place(endpoint_id))

    def add(unit: WriteUnit) -> EndpointView:
        _refuse_taken(unit, name, None)
        endpoint = WebhookEndpoint(id=endpoint_id, name=name, url=url, events=events, secrets=sealed)
        endpoint.description, endpoint.created_by = draft.description, unit.actor.name
        unit.add(endpoint)
        _audit(unit, "webhook.added", endpoint, url=redact(url), events=events)
        return view_of(endpoint)

    return runtime.attempt(add, actor), secret


def list_endpoints(unit: ReadUnit) -> list[EndpointView]:
    """All, by name."""
    unit.actor.require("operations.read")
    return [view_of(each) for each in EndpointRepository(unit.session).listed()]


def get_endpoint(unit: ReadUnit, reference: str) -> EndpointView:
    """One, by name or id. Raises ``NotFound``."""
    unit.actor.require("operations.read")
    return view_of(EndpointRepository(unit.session).named(reference))


def change_endpoint(
    runtime: Runtime,
    actor: Actor,
    reference: str,
    *,
    name: str | None = None,
    url: str | None = None,
    events: Sequence[str] | None = None,
    description: str | None = None,
    is_active: bool | None = None,
) -> EndpointView:
    """Change what is given. One that is switched on again begins without its past. Raises ``NotFound``, ``Invalid``."""
    actor.require("operations.webhooks")
    judged = None if url is None else _judged(url, allow_private=runtime.settings.http_allow_private)
    given: dict[str, Any] = {
        "name": None if name is None else _name(name),
        "url": judged,
        "events": None if events is None else _events(events),
        "description": description,
        "is_active": is_active,
    }

    def change(unit: WriteUnit) -> EndpointView:
        endpoint = EndpointRepository(unit.session).named(reference)
        if given["name"] is not None:
            _refuse_taken(unit, given["name"], endpoint.id)
        for field, value in given.items():
            if value is not None:
                setattr(endpoint, field, value)
        if is_active is not None:
            endpoint.failing_since = None
            endpoint.disabled_reason = None if is_active else f"switched off by {unit.actor.name}"
        unit.save()
        _audit(unit, "webhook.changed", endpoint, fields=[name for name, value in given.items() if value is not None])
        return view_of(endpoint)

    return runtime.attempt(change, actor)


def remove_endpoint(unit: WriteUnit, reference: str) -> None:
    """Send nothing there any more, and forget what was sent. Raises ``NotFound``."""
    unit.actor.require("operations.webhooks")
    endpoint = EndpointRepository(unit.session).named(reference)
    _audit(unit, "webhook.removed", endpoint)
    unit.remove(endpoint)


def rotate_endpoint_secret(runtime: Runtime, actor: Actor, reference: str) -> str:
    """A new secret, given this once; the old one signs beside it for ``webhooks.rotation_hours``. Raises ``NotFound``."""
    actor.require("operations.webhooks")
    secret = new_secret()
    with runtime.write(actor) as unit:
        repository = EndpointRepository(unit.session)
        endpoint = repository.locked(repository.named(reference).id) or repository.named(reference)
        place = _place(endpoint.id)
        before = runtime.secrets.open(endpoint.secrets, place)[_NEW]
        hours = value_of(unit, WEBHOOK_OVERLAP)
        endpoint.old_secret_until = unit.now + dt.timedelta(hours=hours) if hours else None
        kept = {_NEW: secret, _OLD: before} if hours else {_NEW: secret}
        endpoint.secrets = runtime.secrets.seal(kept, place)
        _audit(unit, "webhook.secret_rotated", endpoint)
    return secret


def secrets_in_force(runtime: Runtime, endpoint: WebhookEndpoint, now: dt.datetime) -> list[str]:
    """What signs just now, the newest first."""
    opened = runtime.secrets.open(endpoint.secrets, _place(endpoint.id))
    is_old_good = endpoint.old_secret_until is not None and now < endpoint.old_secret_until
    return [opened[name] for name in (_NEW, _OLD) if name in opened and (name == _NEW or is_old_good)]


def reseal_endpoints(unit: WriteUnit, runtime: Runtime) -> int:
    """Seal every secret with the newest key; how many endpoints."""
    endpoints = EndpointRepository(unit.session).all_locked()
    for each in endpoints:
        place = _place(each.id)
        each.secrets = runtime.secrets.seal(runtime.secrets.open(each.secrets, place), place)
    return len(endpoints)


def view_of(endpoint: WebhookEndpoint) -> EndpointView:
    """An endpoint as it is shown."""
    return EndpointView(
        id=endpoint.id,
        name=endpoint.name,
        url=endpoint.url,
        events=list(endpoint.events),
        description=endpoint.description,
        is_active=endpoint.is_active,
        disabled_reason=endpoint.disabled_reason,
        failing_since=endpoint.failing_since,
        last_success_at=endpoint.last_success_at,
        old_secret_until=endpoint.old_secret_until,
        created_by=endpoint.created_by,
        created_at=endpoint.created_at,
    )


def _audit(unit: WriteUnit, action: str, endpoint: WebhookEndpoint, **details: object) -> None:
    unit.announce(Administered(action, ("webhook", endpoint.id, endpoint.name), details))


def _place(endpoint_id: UUID) -> str:
    return f"webhook_endpoints.secrets:{endpoint_id}"


def _name(given: str) -> str:
    name = given.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        message = f"an endpoint's name has 1 to {_LONGEST_NAME} printable characters"
        raise Invalid(message, field="name")
    return name


def _refuse_taken(unit: ReadUnit, name: str, own: UUID | None) -> None:
    there = EndpointRepository(unit.session).find_by(name=name)
    if there is not None and there.id != own:
        message = f"an endpoint is called {name} already: give this one another name"
        raise Conflict(message, field="name")


def _events(given: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(each.strip() for each in given))
    unknown = [each for each in wanted if each not in EVENTS and each != EVERYTHING]
    if unknown or not wanted:
        message = f"there is no event {', '.join(map(repr, unknown)) or 'in it'}; there are {', '.join(EVENTS)}, and *"
        raise Invalid(message, field="events")
    return [EVERYTHING] if EVERYTHING in wanted else wanted


def _judged(given: str, *, allow_private: bool) -> str:
    """The address, if it may be sent to. Every delivery judges it again: a name may lead elsewhere by then."""
    url, host, port = checked_address(given, allow_private=allow_private)
    try:
        resolve(host, port, allow_private=allow_private)
    except Rejected as forbidden:
        raise _refused(forbidden.message) from forbidden
    except Unavailable:
        # The name may come later; what it leads to is judged at every delivery.
        pass
    return url


def checked_address(given: str, *, allow_private: bool) -> tuple[str, str, int]:
    """The address, its host and its port, as far as the text alone tells. Raises ``Invalid``."""
    from mercat.sdk.http import is_address  # noqa: PLC0415  # it loads slowly, and every command comes by here

    url = given.strip()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as wrong:
        raise _refused(f"{wrong}") from wrong
    if len(url) > _LONGEST_URL or not url.isprintable() or " " in url or not host or not is_address(url):
        raise _refused("it has to look like https://host/path")
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise _refused("it has to begin with https://, since http could be read by others on the way")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _refused("it holds a user, a password or a fragment: the signature says who sends")
    if (why := _literal_refusal(host, allow_private=allow_private)) is not None:
        raise _refused(f"{host} {why}")
    return url, host, port or (443 if parts.scheme == "https" else 80)


def _literal_refusal(host: str, *, allow_private: bool) -> str | None:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return None
    return refusal(host, allow_private=allow_private)


def _refused(why: str) -> Invalid:
    return Invalid(f"events cannot be sent to this address: {why}", field="url")
