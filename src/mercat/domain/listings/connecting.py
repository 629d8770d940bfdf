"""Opening a channel: from a store's row to something that can be called, with its calls counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.errors import Conflict, Invalid
from mercat.core.jobs import UNWATCHED, Watch
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.alerts.messages import Noticed
from mercat.domain.alerts.schemas import Signal, Subject
from mercat.domain.listings.models import Store
from mercat.domain.listings.schemas import Selling
from mercat.domain.listings.store_repository import StoreRepository
from mercat.domain.media import service as media
from mercat.domain.operations import service as operations
from mercat.sdk.channels import SalesChannel, Surroundings, Token
from mercat.sdk.checking import checked
from mercat.sdk.connector import Channel
from mercat.sdk.installed import connectors


def channel_of(platform: str) -> Channel:
    """How a connector sells. Raises ``Invalid`` naming those that do."""
    connector = connectors().get(platform)
    if connector is None or connector.channel is None:
        sellers = ", ".join(name for name, each in connectors().items() if each.channel is not None) or "none yet"
        message = f"no connector called {platform!r} runs a store; there are {sellers}"
        raise Invalid(message)
    return connector.channel


@dataclass
class Shop:
    """A store that can be called: what is known of it, its channel, and the meter."""

    id: UUID
    name: str
    platform: str
    domain: str
    currency: str | None
    selling: Selling
    parts: Channel
    channel: SalesChannel
    meter: operations.Meter
    watch: Watch
    stocked: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def credentials_place(store_id: UUID) -> str:
    """What a store's credentials are sealed for."""
    return f"stores.credentials:{store_id}"


def token_place(store_id: UUID) -> str:
    """What a store's token is sealed for."""
    return f"stores.token:{store_id}"


def open_shop(
    runtime: Runtime,
    actor: Actor,
    name: str,
    *,
    watch: Watch = UNWATCHED,
    even_paused: bool = False,
) -> Shop:
    """A store's channel, ready. Raises ``NotFound``, and ``Conflict`` for a store that is removed or paused."""
    with runtime.read(actor) as unit:
        actor.require("listings.read")
        repository = StoreRepository(unit.session)
        store = repository.by_name(name)
        _refuse_idle(store, even_paused=even_paused)
        stocked = next((each.reference for each in repository.places(store.id) if each.is_stocked), None)
        opened = runtime.secrets.open(store.credentials, credentials_place(store.id))
    parts = channel_of(store.platform)
    meter = operations.Meter(runtime, actor, store.id, watch.job_id)
    surroundings = Surroundings(
        load_token=lambda: _load_token(runtime, actor, store.id),
        save_token=lambda token: _save_token(runtime, actor, store.id, token),
        called=meter.called,
        pause=watch.pause,
        allow_private=store.is_sandbox,
        picture=lambda address: media.path_of(runtime, actor, address),
    )
    settings = checked(parts.settings, store.channel_settings, f"the settings of store {store.name}")
    secrets = checked(parts.secrets, opened, f"the credentials of store {store.name}")
    return Shop(
        id=store.id,
        name=store.name,
        platform=store.platform,
        domain=store.shop_domain,
        currency=store.currency,
        selling=selling_of(store),
        parts=parts,
        channel=parts.make(settings, secrets, surroundings),
        meter=meter,
        watch=watch,
        stocked=stocked,
    )


def selling_of(store: Store) -> Selling:
    """What a store shows of ours."""
    selling: Selling = checked(Selling, store.settings, f"the settings of store {store.name}")
    return selling


def _refuse_idle(store: Store, *, even_paused: bool) -> None:
    if not store.is_active:
        why = "its app was uninstalled at the shop" if store.uninstalled_at else "it was removed"
        message = f"the store {store.name} is not connected ({why}): `mercat store add` connects it again"
        raise Conflict(message, store=store.name)
    if store.paused_reason and not even_paused:
        message = f"the store {store.name} is paused: {store.paused_reason}. `mercat store test {store.name}` wakes it"
        raise Conflict(message, store=store.name)


def _load_token(runtime: Runtime, actor: Actor, store_id: UUID) -> Token | None:
    with runtime.read(actor) as unit:
        store = StoreRepository(unit.session).get(store_id)
    if not store.token or store.token_expires_at is None:
        return None
    opened = runtime.secrets.open(store.token, token_place(store_id))
    return Token(value=opened["value"], expires_at=store.token_expires_at)


def _save_token(runtime: Runtime, actor: Actor, store_id: UUID, token: Token) -> None:
    sealed = runtime.secrets.seal({"value": token.value}, token_place(store_id))
    with runtime.write(actor) as unit:
        store = StoreRepository(unit.session).get(store_id)
        store.token, store.token_expires_at = sealed, token.expires_at


def pause_store(unit: WriteUnit, store_id: UUID, reason: str) -> None:
    """The channel no longer lets us in: nothing is sent until a test succeeds."""
    store = StoreRepository(unit.session).get(store_id)
    store.paused_reason = reason
    signal = Signal(
        "account_unauthorized",
        Subject("store", str(store.id), store.name),
        f"{store.name} no longer lets us in",
        f"{reason}. Nothing is sent there until a test of the connection succeeds.",
        facts={"platform": store.platform},
    )
    unit.announce(Noticed([signal]))
