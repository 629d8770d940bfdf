"""Consent: a shop's owner is sent to the channel's own page, and comes back with what lets us in.

RFC 6749, 4.1 and 10.12: the state is random, kept as its hash, good for one answer within ten minutes, and belongs to
whoever began; the channel's connector checks the answer's signature before anything is sent.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from urllib.parse import urlsplit

import msgspec

from mercat.core.actor import Actor
from mercat.core.errors import Invalid
from mercat.core.unit import Runtime
from mercat.domain.listings.connecting import channel_of
from mercat.domain.listings.consent_repository import ConsentRepository
from mercat.domain.listings.models import PendingConsent
from mercat.domain.listings.schemas import StoreDraft, StoreView
from mercat.domain.listings.stores import add, refuse_draft, refuse_waiting
from mercat.domain.operations import service as operations
from mercat.sdk.channels import Surroundings
from mercat.sdk.checking import checked
from mercat.sdk.connector import Consent
from mercat.sdk.errors import Unauthorized

_GOOD_FOR = dt.timedelta(minutes=10)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def begin_consent(runtime: Runtime, actor: Actor, draft: StoreDraft, *, address: str) -> str:
    """Where to send the shop's owner, who comes back to ``address`` (where ``mercat serve`` is reached from a browser).

    ``draft.secrets`` are the app's. Raises ``Invalid``, and ``Conflict`` for a name that is taken.
    """
    actor.require("listings.connect")
    refuse_draft(runtime, actor, draft)
    redirect_uri = _redirect_uri(address, draft.platform)
    state = secrets.token_urlsafe(32)
    meter = operations.Meter(runtime, actor, None)
    place = _consent(draft, meter).address(redirect_uri=redirect_uri, state=state)
    with runtime.write(actor) as unit:
        sealed = runtime.secrets.seal({"draft": msgspec.json.encode(asdict(draft)).decode()}, _place(state))
        unit.add(
            PendingConsent(
                state_hash=_hashed(state),
                platform=draft.platform,
                name=draft.name,
                draft=sealed,
                actor=actor.name,
                user_id=actor.id,
                expires_at=unit.now + _GOOD_FOR,
            )
        )
    return place


def finish_consent(runtime: Runtime, platform: str, parameters: Mapping[str, str]) -> StoreView:
    """The owner is back: the answer is checked, exchanged for what opens the shop, and the store is connected.

    Raises ``Unauthorized`` for an answer that nobody waits for or that is not genuine, and what connecting raises.
    """
    state = parameters.get("state", "")
    with runtime.write() as unit:
        waiting = ConsentRepository(unit.session).take(_hashed(state), unit.now)
        if waiting is None or waiting.platform != platform:
            waiting = None
        begun = None if waiting is None else (waiting.draft, Actor("user", waiting.actor, id=waiting.user_id))
    if begun is None:
        raise Unauthorized("nobody waits for this answer, or it was used already: begin the connection anew")
    sealed, actor = begun
    kept = runtime.secrets.open(sealed, _place(state))
    draft = msgspec.json.decode(kept["draft"].encode(), type=StoreDraft)
    meter = operations.Meter(runtime, actor, None)
    try:
        granted = _consent(draft, meter).granted(parameters, state=state)
    finally:
        meter.flush()
    opened = StoreDraft(
        draft.platform,
        draft.name,
        draft.settings,
        {**draft.secrets, **granted},
        draft.selling,
        is_sandbox=draft.is_sandbox,
    )
    view, _ = add(runtime, actor, opened)
    return view


def _consent(draft: StoreDraft, meter: operations.Meter) -> Consent:
    parts = channel_of(draft.platform)
    if parts.consent is None:
        message = f"{draft.platform} knows no such page: connect the store with credentials"
        raise Invalid(message, field="platform")
    settings = checked(parts.settings, draft.settings, f"the settings of a {draft.platform} store")
    given = checked(parts.secrets, draft.secrets, f"the credentials of a {draft.platform} store")
    surroundings = Surroundings(
        load_token=lambda: None,
        save_token=lambda _token: None,
        called=meter.called,
        pause=refuse_waiting,
        allow_private=draft.is_sandbox,
    )
    return parts.consent(settings, given, surroundings)


def _redirect_uri(address: str, platform: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
        message = "address: where a browser reaches mercat serve, such as https://hub.example.com"
        raise Invalid(message, field="address")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        message = "address: https, but on this machine: the answer opens the shop"
        raise Invalid(message, field="address")
    return f"{address.rstrip('/')}/oauth/{platform}/callback"


def _hashed(state: str) -> str:
    return sha256(state.encode("utf-8", "replace")).hexdigest()


def _place(state: str) -> str:
    return f"pending_consents.draft:{_hashed(state)}"
