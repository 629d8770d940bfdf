"""Connecting stores: adding one, testing it, changing how it sells, removing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.errors import Conflict, Invalid
from mercat.core.ids import new_id
from mercat.core.redaction import redact
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.access.messages import Administered
from mercat.domain.alerts.messages import Settled
from mercat.domain.alerts.schemas import Subject
from mercat.domain.listings.connecting import (
    channel_of,
    credentials_place,
    open_shop,
    selling_of,
    token_place,
)
from mercat.domain.listings.models import Store, StoreLocation
from mercat.domain.listings.schemas import Selling, StoreDraft, StoreView
from mercat.domain.listings.store_repository import StoreRepository
from mercat.domain.operations import service as operations
from mercat.sdk.channels import Account, Surroundings, Token
from mercat.sdk.checking import checked
from mercat.sdk.sandboxes import handed_out, refuse_distant

_LONGEST_NAME = 100
# What is told of a store as a whole, and is over when it is disconnected.
_ALERTS = ("account_unauthorized", "listing_blocked")


def secrets_wanted(platform: str) -> list[tuple[str, str, bool]]:
    """What opens a store of this platform: (name, what it is, whether it must be given)."""
    fields = channel_of(platform).secrets.model_fields
    return [(name, each.description or name.replace("_", " "), each.is_required()) for name, each in fields.items()]


def sandbox_draft(name: str, platform: str, address: str, *, selling: Mapping[str, Any] | None = None) -> StoreDraft:
    """A draft for a loopback shop, which hands its credentials out.

    Raises ``Invalid`` for any other address, ``Unavailable`` where nothing answers there, ``Rejected`` where something
    else does.
    """
    parts = channel_of(platform)
    start = f"`mercat sandbox {platform} --port {urlsplit(address).port or 'PORT'}` starts one"
    handed = handed_out(address, what="shop", start=start)
    settings = {key: value for key, value in handed.items() if key in parts.settings.model_fields}
    # Whatever it calls itself, this is where it answers.
    settings["domain"] = address.rstrip("/")
    secrets = {key: str(value) for key, value in handed.items() if key in parts.secrets.model_fields and value}
    return StoreDraft(platform, name, settings, secrets, selling or {}, is_sandbox=True)


def add(runtime: Runtime, actor: Actor, draft: StoreDraft) -> tuple[StoreView, Account]:
    """Connect a store: its account is looked up first, and nothing is kept if that fails.

    A store of the same shop that was removed comes back with its listings. Raises ``Invalid``, ``Conflict`` and what a
    channel raises.
    """
    actor.require("listings.connect")
    store_id, settings, _ = refuse_draft(runtime, actor, draft)
    account, token = _ask(runtime, actor, draft, store_id)
    sealed = runtime.secrets.seal(dict(draft.secrets), credentials_place(store_id))
    with runtime.write(actor) as unit:
        store = StoreRepository(unit.session).find(store_id)
        if store is None:
            store = Store(id=store_id, name=draft.name, platform=draft.platform, shop_domain=settings.domain)
            store.credentials = sealed
            unit.add(store)
        store.name, store.credentials, store.is_active, store.is_sandbox = draft.name, sealed, True, draft.is_sandbox
        store.channel_settings = settings.model_dump(mode="json", exclude_unset=True)
        store.settings = dict(draft.selling) or store.settings or {}
        store.connected_at, store.uninstalled_at = unit.now, None
        if token is not None:
            _keep_token(runtime, store, token)
        _note_account(unit, store, account)
        unit.save()
        _audit(unit, "store.connected", store, domain=store.shop_domain, platform=store.platform)
        view = view_of(unit, store)
    return view, account


def renew(runtime: Runtime, actor: Actor, name: str, secrets: Mapping[str, str]) -> tuple[StoreView, Account]:
    """Take new credentials for a store in the place of those that are kept: a token that was exchanged, or leaked.

    The account is looked up with them first, and nothing is changed if that fails. Raises ``NotFound``, ``Invalid``,
    ``Conflict`` for a store that is disconnected, and what a channel raises.
    """
    actor.require("listings.connect")
    with runtime.read(actor) as unit:
        store = StoreRepository(unit.session).by_name(name)
    if not store.is_active:
        message = f"{name} is disconnected: connect it again"
        raise Conflict(message, store=name)
    draft = StoreDraft(store.platform, name, store.channel_settings, secrets, is_sandbox=store.is_sandbox)
    account, token = _ask(runtime, actor, draft, store.id)
    sealed = runtime.secrets.seal(dict(secrets), credentials_place(store.id))
    with runtime.write(actor) as unit:
        store = StoreRepository(unit.session).by_name(name)
        store.credentials, store.token, store.token_expires_at = sealed, None, None
        if token is not None:
            _keep_token(runtime, store, token)
        _note_account(unit, store, account)
        unit.save()
        _audit(unit, "store.credentials_renewed", store)
        return view_of(unit, store), account


def _ask(runtime: Runtime, actor: Actor, draft: StoreDraft, store_id: UUID) -> tuple[Account, Token | None]:
    """Whose account a draft opens, and the token that was given for it, if any. Raises ``Invalid`` and what a channel raises."""
    parts = channel_of(draft.platform)
    settings = checked(parts.settings, draft.settings, f"the settings of a {draft.platform} store")
    secrets = checked(parts.secrets, draft.secrets, f"the credentials of a {draft.platform} store")
    tokens: list[Token] = []
    meter = operations.Meter(runtime, actor, store_id)
    surroundings = Surroundings(
        load_token=lambda: tokens[-1] if tokens else None,
        save_token=tokens.append,
        called=meter.called,
        pause=refuse_waiting,
        allow_private=draft.is_sandbox,
    )
    try:
        account = parts.make(settings, secrets, surroundings).account()
    finally:
        meter.flush()
    return account, tokens[-1] if tokens else None


def _keep_token(runtime: Runtime, store: Store, token: Token) -> None:
    store.token = runtime.secrets.seal({"value": token.value}, token_place(store.id))
    store.token_expires_at = token.expires_at


def refuse_draft(runtime: Runtime, actor: Actor, draft: StoreDraft) -> tuple[UUID, Any, Any]:
    """Judge all that can be judged without calling: the id that the store will have, its settings and its secrets.

    Raises ``Invalid``, and ``Conflict`` where the name or the shop is taken.
    """
    if not draft.name.strip() or len(draft.name) > _LONGEST_NAME:
        message = f"a store's name has 1 to {_LONGEST_NAME} characters"
        raise Invalid(message)
    parts = channel_of(draft.platform)
    settings = checked(parts.settings, draft.settings, f"the settings of a {draft.platform} store")
    secrets = checked(parts.secrets, draft.secrets, f"the credentials of a {draft.platform} store")
    checked(Selling, draft.selling, "how the store sells")
    if draft.is_sandbox:
        refuse_distant(settings.domain, what="shop")
    return _place_for(runtime, actor, draft, settings.domain), settings, secrets


def look_up(runtime: Runtime, actor: Actor, name: str) -> tuple[StoreView, Account]:
    """Look the account up with the credentials that are kept; a paused store that succeeds is awake again."""
    shop = open_shop(runtime, actor, name, even_paused=True)
    try:
        account = shop.channel.account()
    finally:
        shop.meter.flush()
    with runtime.write(actor) as unit:
        store = StoreRepository(unit.session).get(shop.id)
        _note_account(unit, store, account)
        unit.save()
        return view_of(unit, store), account


def set_selling(unit: WriteUnit, name: str, changes: Mapping[str, Any]) -> StoreView:
    """Change how a store sells; a group such as ``guards`` is changed key by key. Raises ``Invalid``."""
    unit.actor.require("listings.connect")
    store = StoreRepository(unit.session).by_name(name)
    merged = dict(store.settings)
    for key, value in changes.items():
        before = merged.get(key)
        merged[key] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    store.settings = checked(Selling, merged, "how the store sells").model_dump(mode="json", exclude_unset=True)
    unit.save()
    _audit(unit, "store.changed", store, settings=store.settings)
    return view_of(unit, store)


def subscribe(runtime: Runtime, actor: Actor, name: str, address: str) -> list[str]:
    """Have the channel tell ``address`` (where ``mercat serve`` is reached from there) what happens; the topics."""
    actor.require("listings.connect")
    shop = open_shop(runtime, actor, name)
    try:
        topics = shop.channel.subscribe(f"{address.rstrip('/')}/webhooks/{shop.id}")
    finally:
        shop.meter.flush()
    with runtime.write(actor) as unit:
        store = StoreRepository(unit.session).get(shop.id)
        _audit(unit, "store.subscribed", store, address=redact(address), topics=topics)
    return topics


def remove(unit: WriteUnit, name: str) -> None:
    """Disconnect a store. What it shows stays there, what we know of it stays here; its credentials are forgotten."""
    unit.actor.require("listings.connect")
    store = StoreRepository(unit.session).by_name(name)
    store.is_active, store.credentials, store.token, store.token_expires_at = False, "", None, None
    for sync_type in ("store_publish", "store_pull"):
        operations.forget_freshness(unit, sync_type, store.name)
    for kind in _ALERTS:
        unit.announce(Settled(kind, [Subject("store", str(store.id), store.name)]))
    unit.save()
    _audit(unit, "store.removed", store)


def list_all(unit: ReadUnit) -> list[StoreView]:
    """Stores by name."""
    unit.actor.require("listings.read")
    return [view_of(unit, each) for each in StoreRepository(unit.session).listed()]


def get(unit: ReadUnit, name: str) -> StoreView:
    """One store. Raises ``NotFound``."""
    unit.actor.require("listings.read")
    return view_of(unit, StoreRepository(unit.session).by_name(name))


def reseal(runtime: Runtime, actor: Actor) -> int:
    """Seal everything of this room with the newest key; how many stores. One transaction, safe to repeat."""
    actor.require("listings.connect")
    with runtime.write(actor) as unit:
        stores = StoreRepository(unit.session).sealed()
        for store in stores:
            place = credentials_place(store.id)
            store.credentials = runtime.secrets.seal(runtime.secrets.open(store.credentials, place), place)
            if store.token:
                place = token_place(store.id)
                store.token = runtime.secrets.seal(runtime.secrets.open(store.token, place), place)
        return len(stores)


def view_of(unit: ReadUnit, store: Store) -> StoreView:
    """A store as it is shown."""
    repository = StoreRepository(unit.session)
    places = [
        {"reference": each.reference, "name": each.name, "is_active": each.is_active, "is_stocked": each.is_stocked}
        for each in repository.places(store.id)
    ]
    return StoreView(
        id=store.id,
        name=store.name,
        platform=store.platform,
        domain=store.shop_domain,
        currency=store.currency,
        timezone=store.timezone,
        is_active=store.is_active,
        paused_reason=store.paused_reason,
        scopes=list(store.scopes),
        channel_settings=store.channel_settings,
        settings=selling_of(store).model_dump(mode="json"),
        is_sandbox=store.is_sandbox,
        connected_at=store.connected_at,
        uninstalled_at=store.uninstalled_at,
        last_sync_at=store.last_sync_at,
        pulled_until=store.pulled_until,
        locations=places,
        listings=repository.listings_by_state(store.id),
    )


def _audit(unit: WriteUnit, action: str, store: Store, **details: object) -> None:
    unit.announce(Administered(action, ("store", store.id, store.name), details))


def _place_for(runtime: Runtime, actor: Actor, draft: StoreDraft, domain: str) -> UUID:
    """The id that the store will have. Raises ``Conflict`` where the name or the shop is taken."""
    with runtime.read(actor) as unit:
        repository = StoreRepository(unit.session)
        named, there = repository.find_by(name=draft.name), repository.at(draft.platform, domain)
    if there is not None and there.is_active:
        message = f"{domain} is connected already, as {there.name}: `mercat store remove {there.name}` lets it go"
        raise Conflict(message, store=there.name)
    if named is not None and (there is None or named.id != there.id):
        message = f"a store is called {draft.name} already: give this one another name"
        raise Conflict(message, store=draft.name)
    return there.id if there is not None else new_id()


def _note_account(unit: WriteUnit, store: Store, account: Account) -> None:
    store.currency, store.timezone, store.scopes = account.currency, account.timezone, list(account.scopes)
    store.paused_reason = None
    unit.announce(Settled("account_unauthorized", [Subject("store", str(store.id), store.name)]))
    repository = StoreRepository(unit.session)
    known = {each.reference: each for each in repository.places(store.id)}
    is_any_stocked = any(each.is_stocked for each in known.values())
    for place in account.places:
        row = known.pop(place.reference, None)
        if row is None:
            # The first active one, as the channel lists them, is where our quantities go.
            is_stocked, is_any_stocked = not is_any_stocked and place.is_active, is_any_stocked or place.is_active
            row = StoreLocation(store_id=store.id, reference=place.reference, name=place.name, is_stocked=is_stocked)
            row.is_active = place.is_active
            unit.add(row)
        row.name, row.is_active = place.name, place.is_active
    for gone in known.values():
        gone.is_active = False


def refuse_waiting(seconds: float) -> None:
    message = f"the shop asks to wait {seconds:.0f} s before it answers: try again then"
    raise Conflict(message)
