"""Sources of the market: who can be asked about listings, with what lets us in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.errors import Conflict, Invalid
from mercat.core.ids import new_id
from mercat.core.jobs import UNWATCHED, Watch
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.access.messages import Administered
from mercat.domain.market.models import MarketProduct, MarketSourceAccount
from mercat.domain.market.resting import note_answer, settle
from mercat.domain.market.source_repository import DueRepository, SourceRepository
from mercat.domain.operations import service as operations
from mercat.sdk.channels import Surroundings, Token
from mercat.sdk.checking import checked
from mercat.sdk.connector import Market
from mercat.sdk.installed import connectors
from mercat.sdk.market import MarketSource
from mercat.sdk.sandboxes import handed_out, refuse_distant

_LONGEST_NAME = 100


@dataclass(frozen=True)
class SourceDraft:
    """A source to be connected. ``secrets`` are plain here, and sealed before they are kept."""

    name: str
    provider: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_sandbox: bool = False


@dataclass(frozen=True)
class SourceView:
    """A source as it is shown: everything but what opens it. ``listings`` are watched with it, ``due`` of them now."""

    id: UUID
    name: str
    provider: str
    settings: dict[str, Any]
    is_sandbox: bool
    paused_reason: str | None
    resume_at: dt.datetime | None
    failure_count: int
    last_error: str | None
    last_attempt_at: dt.datetime | None
    last_success_at: dt.datetime | None
    listings: int
    due: int
    allowance: int | None = None


@dataclass
class OpenSource:
    """A source that can be asked."""

    id: UUID
    name: str
    provider: str
    parts: Market
    source: MarketSource
    meter: operations.Meter


def market_of(provider: str) -> Market:
    """How a connector watches the market. Raises ``Invalid`` naming those that do."""
    found = connectors().get(provider)
    if found is None or found.market is None:
        watchers = ", ".join(name for name, each in connectors().items() if each.market is not None) or "none yet"
        message = f"no connector called {provider!r} watches the market; there are {watchers}"
        raise Invalid(message, field="provider")
    return found.market


def secrets_wanted(provider: str) -> list[tuple[str, str, bool]]:
    """What opens a source of this kind: (name, what it is, whether it must be given)."""
    fields = market_of(provider).secrets.model_fields
    return [(name, each.description or name.replace("_", " "), each.is_required()) for name, each in fields.items()]


def sandbox_draft(name: str, provider: str, address: str) -> SourceDraft:
    """A draft for a loopback source, which hands its credentials out. Raises as ``sdk.sandboxes.handed_out`` does."""
    parts = market_of(provider)
    start = f"`mercat sandbox {parts.sandbox or provider} --port {urlsplit(address).port or 'PORT'}` starts one"
    handed = handed_out(address, what="source", start=start)
    settings = {key: value for key, value in handed.items() if key in parts.settings.model_fields}
    secrets = {key: str(value) for key, value in handed.items() if key in parts.secrets.model_fields and value}
    return SourceDraft(name, provider, {**settings, "address": address.rstrip("/")}, secrets, is_sandbox=True)


def add_source(runtime: Runtime, actor: Actor, draft: SourceDraft) -> SourceView:
    """Connect a source: it is asked what it allows first, and nothing is kept if that fails. Raises ``Invalid``, ``Conflict``."""
    actor.require("market.connect")
    settings, secrets = _judged(draft)
    with runtime.read(actor) as unit:
        known = SourceRepository(unit.session).find_by(name=draft.name)
    if known is not None and known.is_active:
        message = f"there is a source called {draft.name}: remove it first, or take another name"
        raise Conflict(message)
    row_id = known.id if known is not None else new_id()
    allowance, token = _ask(runtime, actor, draft, row_id, (settings, secrets))
    sealed = runtime.secrets.seal(dict(draft.secrets), _place("credentials", row_id))
    with runtime.write(actor) as unit:
        row = SourceRepository(unit.session).find(row_id)
        if row is None:
            row = MarketSourceAccount(id=row_id, name=draft.name, provider=draft.provider, credentials=sealed)
            unit.add(row)
        row.provider, row.is_sandbox, row.is_active = draft.provider, draft.is_sandbox, True
        row.settings = settings.model_dump(mode="json", exclude_unset=True)
        _open_with(runtime, row, sealed, token)
        note_answer(unit, row)
        unit.save()
        _audit(unit, "market_source.connected", row)
        return view_of(unit, row, allowance=allowance)


def renew_source(runtime: Runtime, actor: Actor, name: str, secrets: Mapping[str, str]) -> SourceView:
    """Take new credentials in the place of those that are kept; a source that was paused and answers is awake again.

    It is asked with them first, and nothing is changed if that fails. Raises ``NotFound``, ``Invalid`` and what a source raises.
    """
    actor.require("market.connect")
    with runtime.read(actor) as unit:
        row = SourceRepository(unit.session).by_name(name)
        draft = SourceDraft(row.name, row.provider, row.settings, secrets, is_sandbox=row.is_sandbox)
        row_id = row.id
    allowance, token = _ask(runtime, actor, draft, row_id, _judged(draft))
    sealed = runtime.secrets.seal(dict(secrets), _place("credentials", row_id))
    with runtime.write(actor) as unit:
        row = SourceRepository(unit.session).by_name(name)
        _open_with(runtime, row, sealed, token)
        note_answer(unit, row)
        unit.save()
        _audit(unit, "market_source.credentials_renewed", row)
        return view_of(unit, row, allowance=allowance)


def _ask(
    runtime: Runtime, actor: Actor, draft: SourceDraft, row_id: UUID, judged: tuple[Any, Any]
) -> tuple[int | None, Token | None]:
    """What a source allows, and the token that was given for it, if any. Raises what a source raises."""
    tokens: list[Token] = []
    meter = operations.Meter(runtime, actor, row_id)
    around = Surroundings(
        load_token=lambda: tokens[-1] if tokens else None,
        save_token=tokens.append,
        called=meter.called,
        pause=UNWATCHED.pause,
        allow_private=draft.is_sandbox,
    )
    try:
        allowance = market_of(draft.provider).make(*judged, around).allowance()
    finally:
        meter.flush()
    return allowance, tokens[-1] if tokens else None


def _open_with(runtime: Runtime, row: MarketSourceAccount, sealed: str, token: Token | None) -> None:
    row.credentials = sealed
    row.token = None if token is None else runtime.secrets.seal({"value": token.value}, _place("token", row.id))
    row.token_expires_at = None if token is None else token.expires_at


def _judged(draft: SourceDraft) -> tuple[Any, Any]:
    if not draft.name.strip() or len(draft.name) > _LONGEST_NAME or not draft.name.isprintable():
        message = f"a source's name has 1 to {_LONGEST_NAME} printable characters"
        raise Invalid(message, field="name")
    parts = market_of(draft.provider)
    settings = checked(parts.settings, draft.settings, f"the settings of a {draft.provider} source")
    if draft.is_sandbox:
        refuse_distant(settings.address or "", what="source")
    return settings, checked(parts.secrets, draft.secrets, f"the credentials of a {draft.provider} source")


def open_source(
    runtime: Runtime, actor: Actor, name: str, *, watch: Watch = UNWATCHED, even_paused: bool = False
) -> OpenSource:
    """A source, ready to be asked. Raises ``NotFound``, and ``Conflict`` for one that is paused or out of budget."""
    with runtime.read(actor) as unit:
        row = SourceRepository(unit.session).by_name(name)
        if row.paused_reason and not even_paused:
            message = f"the source {name} is paused: {row.paused_reason}. `mercat market source test {name}` wakes it"
            raise Conflict(message, source=name)
        operations.refuse_overspent(unit, row.provider)
        opened = runtime.secrets.open(row.credentials, _place("credentials", row.id))
    parts = market_of(row.provider)
    meter = operations.Meter(runtime, actor, row.id, watch.job_id)
    around = Surroundings(
        load_token=lambda: _load_token(runtime, actor, row.id),
        save_token=lambda token: _save_token(runtime, actor, row.id, token),
        called=meter.called,
        pause=watch.pause,
        allow_private=row.is_sandbox,
    )
    settings = checked(parts.settings, row.settings, f"the settings of the source {name}")
    secrets = checked(parts.secrets, opened, f"the credentials of the source {name}")
    return OpenSource(row.id, name, row.provider, parts, parts.make(settings, secrets, around), meter)


def test_source(runtime: Runtime, actor: Actor, name: str) -> SourceView:
    """Ask what it allows with the credentials that are kept; one that was paused and answers is awake again."""
    actor.require("market.connect")
    opened = open_source(runtime, actor, name, even_paused=True)
    try:
        allowance = opened.source.allowance()
    finally:
        opened.meter.flush()
    with runtime.write(actor) as unit:
        row = SourceRepository(unit.session).get(opened.id)
        note_answer(unit, row)
        unit.save()
        return view_of(unit, row, allowance=allowance)


def remove_source(unit: WriteUnit, name: str) -> None:
    """Forget how it is opened. What it told stays; listings that were asked of it wait for another. Raises ``NotFound``."""
    unit.actor.require("market.connect")
    row = SourceRepository(unit.session).by_name(name)
    row.is_active, row.credentials, row.token, row.token_expires_at = False, "", None, None
    operations.forget_freshness(unit, "market_refresh", name)
    settle(unit, row)
    unit.save()
    _audit(unit, "market_source.removed", row)


def list_sources(unit: ReadUnit) -> list[SourceView]:
    """By name."""
    unit.actor.require("market.read")
    return [view_of(unit, each) for each in SourceRepository(unit.session).listed()]


def get_source(unit: ReadUnit, name: str) -> SourceView:
    """One source. Raises ``NotFound``."""
    unit.actor.require("market.read")
    return view_of(unit, SourceRepository(unit.session).by_name(name))


def sources_of(
    unit: ReadUnit, rows: Sequence[MarketProduct], *, source: str | None = None
) -> dict[str, list[UUID] | None]:
    """Who has to be asked about listings, and about which; about what is due (``None``) where none are given.

    Raises ``Invalid`` for a listing that nobody is asked of.
    """
    unit.actor.require("market.record")
    if not rows:
        known = SourceRepository(unit.session)
        return dict.fromkeys([known.by_name(source).name] if source else known.due(unit.now))
    found: dict[str, list[UUID] | None] = {}
    for row in rows:
        name = source or row.source
        if name is None:
            message = (
                f"nobody is asked of {row.asin} at {row.marketplace}: `mercat market track … --source NAME` says who"
            )
            raise Invalid(message)
        found[name] = [*(found.get(name) or []), row.id]
    return found


def view_of(unit: ReadUnit, row: MarketSourceAccount, *, allowance: int | None = None) -> SourceView:
    """A source as it is shown."""
    listings, due = DueRepository(unit.session).waiting(row.name, unit.now)
    same = {name: getattr(row, name) for name in SourceView.__dataclass_fields__ if hasattr(row, name)}
    return SourceView(**{**same, "listings": listings, "due": due, "allowance": allowance})


def reseal_sources(runtime: Runtime, actor: Actor) -> int:
    """Seal everything of this room with the newest key; how many sources. One transaction, safe to repeat."""
    actor.require("market.connect")
    with runtime.write(actor) as unit:
        rows = SourceRepository(unit.session).listed()
        for row in rows:
            place = _place("credentials", row.id)
            row.credentials = runtime.secrets.seal(runtime.secrets.open(row.credentials, place), place)
            if row.token:
                place = _place("token", row.id)
                row.token = runtime.secrets.seal(runtime.secrets.open(row.token, place), place)
        return len(rows)


def _load_token(runtime: Runtime, actor: Actor, row_id: UUID) -> Token | None:
    with runtime.read(actor) as unit:
        row = SourceRepository(unit.session).get(row_id)
    if not row.token or row.token_expires_at is None:
        return None
    return Token(
        value=runtime.secrets.open(row.token, _place("token", row_id))["value"], expires_at=row.token_expires_at
    )


def _save_token(runtime: Runtime, actor: Actor, row_id: UUID, token: Token) -> None:
    sealed = runtime.secrets.seal({"value": token.value}, _place("token", row_id))
    with runtime.write(actor) as unit:
        row = SourceRepository(unit.session).get(row_id)
        row.token, row.token_expires_at = sealed, token.expires_at


def _place(what: str, row_id: UUID) -> str:
    """What a secret is sealed for."""
    return f"market_sources.{what}:{row_id}"


def _audit(unit: WriteUnit, action: str, row: MarketSourceAccount) -> None:
    unit.announce(Administered(action, ("market_source", row.id, row.name), {"provider": row.provider}))
