"""Receiving: what a channel delivers is checked, kept once, and worked on later, together with what else came."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from mercat.core.actor import Actor
from mercat.core.jobs import UNWATCHED, Watch
from mercat.core.log import get_logger
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.listings.connecting import open_shop
from mercat.domain.listings.messages import ReadDeliveries
from mercat.domain.listings.pull_repository import PullBulk
from mercat.domain.listings.pulling import forget, pull
from mercat.domain.listings.store_repository import StoreRepository
from mercat.domain.operations import service as operations
from mercat.sdk.channels import Notice

log = get_logger(__name__)
_AT_ONCE = 100


class _Kept(msgspec.Struct, frozen=True):
    """What is kept of a delivery until it is worked on: never its body, which may hold people's data."""

    concerns: str
    subject: str | None = None


def expect_delivery(runtime: Runtime, actor: Actor, store_id: UUID) -> None:
    """Before anything is read of it. Raises ``NotFound`` where there is no such store: strangers know none."""
    with runtime.read(actor) as unit:
        StoreRepository(unit.session).get(store_id)


def receive(runtime: Runtime, actor: Actor, store_id: UUID, headers: Mapping[str, str], body: bytes) -> bool:
    """Take a delivery in; whether it is new. Its work is a job that waits.

    Raises ``NotFound`` and ``Conflict`` for a store that is not connected, ``Unauthorized`` for a wrong signature (before
    anything is parsed), ``Rejected`` for what cannot be read.
    """
    with runtime.read(actor) as unit:
        name = StoreRepository(unit.session).get(store_id).name
    shop = open_shop(runtime, actor, name, even_paused=True)
    notice = shop.channel.notice(headers, body)
    key = notice.delivery_id or hashlib.sha256(body).hexdigest()
    return runtime.attempt(lambda unit: _keep(unit, store_id, name, key, notice), actor)


def _keep(unit: WriteUnit, store_id: UUID, name: str, key: str, notice: Notice) -> bool:
    payload = msgspec.json.encode(_Kept(notice.concerns, notice.subject)).decode()
    claimed = operations.claim(
        unit, _source(store_id), key[:255], topic=notice.topic, payload=payload, happened_at=notice.happened_at
    )
    if claimed is not None:
        unit.enqueue(ReadDeliveries(name), key=f"deliveries-{store_id}", subject=("store", str(store_id)))
    return claimed is not None


def read_deliveries(runtime: Runtime, actor: Actor, name: str, *, watch: Watch = UNWATCHED) -> dict[str, int]:
    """Work on everything that a store's channel delivered; how much of what. Safe to repeat.

    A delivery that tells what we know already (our own publication comes back as one) costs no call. What cannot be
    done now is marked failed and taken up again when it is delivered again, or with the next look at the shop.
    """
    with runtime.read(actor) as unit:
        store_id = StoreRepository(unit.session).by_name(name).id
    done: Counter[str] = Counter()
    while True:
        with runtime.read(actor) as unit:
            waiting = operations.claimed_deliveries(unit, _source(store_id), limit=_AT_ONCE)
        if not waiting:
            return dict(done)
        kept = {each.id: msgspec.json.decode(each.payload or "{}", type=_Kept) for each in waiting}
        results = {each.id: f"{kept[each.id].concerns}: {each.topic}" for each in waiting}
        try:
            _close_account(runtime, actor, store_id, [each.concerns for each in kept.values()])
            _look(runtime, actor, name, _references(runtime, actor, store_id, waiting, kept), watch=watch)
        except Exception:
            with runtime.write(actor) as unit:
                operations.finish_deliveries(unit, results, failed=True)
            raise
        with runtime.write(actor) as unit:
            operations.finish_deliveries(unit, results)
        done.update(each.concerns for each in kept.values())


def _close_account(runtime: Runtime, actor: Actor, store_id: UUID, concerns: Sequence[str]) -> None:
    if "account" not in concerns:
        return
    with runtime.write(actor) as unit:
        store = StoreRepository(unit.session).get(store_id)
        store.is_active, store.uninstalled_at, store.subscription_status = False, unit.now, "cancelled"
        store.token, store.token_expires_at = None, None
        log.warning("store_uninstalled", store=store.name)


def _references(
    runtime: Runtime, actor: Actor, store_id: UUID, waiting: Sequence[operations.Delivery], kept: Mapping[UUID, _Kept]
) -> list[str]:
    """The listings that have to be looked at: the newest news of each decides."""
    newest = {}
    for each in waiting:
        subject = kept[each.id].subject
        if subject is not None and kept[each.id].concerns in {"listing", "stock"}:
            newest[kept[each.id].concerns, subject] = each.happened_at
    with runtime.read(actor) as unit:
        repository = PullBulk(unit.bulk, store_id.bytes)
        stock = repository.references_of_stock([subject for kind, subject in newest if kind == "stock"])
        known, _ = repository.known([subject for kind, subject in newest if kind == "listing"], [])
        found = set(stock.values())
        for (kind, subject), moment in newest.items():
            if kind == "listing" and not (subject in known and repository.is_told(moment, known[subject])):
                found.add(subject)
        store = StoreRepository(unit.session).get(store_id)
    return sorted(found) if store.is_active else []


def _look(runtime: Runtime, actor: Actor, name: str, references: list[str], *, watch: Watch) -> None:
    if references:
        with runtime.read(actor) as unit:
            begun = unit.now
        seen = pull(runtime, actor, name, references=references, watch=watch)
        if seen.seen < len(references):
            forget(runtime, actor, name, references, begun)


def _source(store_id: UUID) -> str:
    return f"store:{store_id}"
