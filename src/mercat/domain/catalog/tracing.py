"""Tracing: where each value of a product came from, newest first, with the candidates that lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mercat.core.unit import ReadUnit
from mercat.domain.catalog.change_repository import ChangeBulk, ChangeSetRepository, Statement
from mercat.domain.catalog.claims import Place, claims_of
from mercat.domain.catalog.comparing import same
from mercat.domain.catalog.editing import place_of
from mercat.domain.catalog.loading import load
from mercat.domain.catalog.lock_repository import LockRepository
from mercat.domain.catalog.merging import PERSONS, Claim, believed
from mercat.domain.catalog.models import RUN, ChangeSet, FieldLock
from mercat.domain.catalog.product_repository import ProductRepository
from mercat.domain.catalog.record_repository import Loaded


@dataclass(frozen=True)
class Origin:
    """One source's word on a field. ``outcome``: stands, superseded, lost, undone."""

    value: Any
    outcome: str
    origin: str
    source: str
    at: dt.datetime | None
    change_set: UUID
    run: str | None
    file: str | None
    sha256: str | None
    line: int | None
    rule: str
    by: str


@dataclass(frozen=True)
class Trace:
    """A field's value and its story."""

    field: str
    value: Any
    locked_by: str | None
    origins: list[Origin]


def why(unit: ReadUnit, sku: str, field: str | None = None) -> list[Trace]:
    """The story of one field, or of every field that holds a value. Raises ``NotFound``, ``Invalid``."""
    product_id, variant_id = ProductRepository(unit.session).place_of(sku)
    product = load(unit, [product_id])[product_id]
    history = ChangeBulk(unit.bulk).statements([product_id]).get(product_id, [])
    standing = claims_of([each for each in history if each.stands], product)
    undone = claims_of([each for each in history if not each.stands], product)
    sets = {
        each: ChangeSetRepository(unit.session).get(UUID(bytes=each)) for each in {s.change_set_id for s in history}
    }
    locks = {
        (None if each.variant_id is None else each.variant_id.bytes, each.field): each
        for each in LockRepository(unit.session).of_product(UUID(bytes=product_id))
    }
    places = [place_of(field, variant_id)] if field else _filled(product, variant_id)
    story = _Story(product, standing, undone, sets, locks, {each.order: _line_of(each) for each in history})
    return [_trace(place, story) for place in places]


@dataclass(frozen=True)
class _Story:
    """Everything that was ever said about one product."""

    product: Loaded
    standing: Mapping[Place, list[Claim]]
    undone: Mapping[Place, list[Claim]]
    sets: Mapping[bytes, ChangeSet]
    locks: Mapping[Place, FieldLock]
    lines: Mapping[tuple[str, bytes], int | None]


def _filled(product: Loaded, variant_id: bytes) -> list[Place]:
    places: list[Place] = [(None, name) for name, value in product.fields.items() if value not in (None, [], {})]
    own = product.of(variant_id) or {}
    return places + [(variant_id, name) for name, value in own.items() if value not in (None, [], {})]


def _trace(place: Place, story: _Story) -> Trace:
    sets, lines = story.sets, story.lines
    standing, undone = story.standing.get(place, []), story.undone.get(place, [])
    value = (story.product.of(place[0]) or {}).get(place[1])
    lock = story.locks.get(place)
    winner = believed(standing, locked=lock is not None)
    if lock is not None and (winner is None or winner.origin not in PERSONS):
        # Locked as it was, without an edit: what stands is what was said when it was locked.
        as_it_is = [claim for claim in standing if same(place[1], claim.value, value)]
        winner = max(as_it_is, key=lambda each: each.order, default=winner)
    # A set speaks once about a field, however many of its changes say so.
    spoken: dict[bytes, Claim] = {}
    for claim in standing:
        spoken[claim.set_id] = claim
    last = {claim.source: claim.set_id for claim in sorted(spoken.values(), key=lambda each: each.order)}
    origins = [
        _origin(claim, _outcome(claim, winner, last), sets[claim.set_id], lines.get(claim.order))
        for claim in sorted(spoken.values(), key=lambda each: each.order, reverse=True)
    ]
    gone: dict[bytes, Claim] = {claim.set_id: claim for claim in undone}
    origins += [
        _origin(claim, "undone", sets[claim.set_id], lines.get(claim.order))
        for claim in sorted(gone.values(), key=lambda each: each.order, reverse=True)
    ]
    return Trace(place[1], value, None if lock is None else lock.locked_by, origins)


def _line_of(statement: Statement) -> int | None:
    # A statement that a later file only repeated is that file's now, but its line is of the first one: ids grow.
    return statement.change.line if statement.change.id > statement.change_set_id else None


def _outcome(claim: Claim, winner: Claim | None, last: Mapping[str, bytes]) -> str:
    if winner is not None and claim.set_id == winner.set_id:
        return "stands"
    return "superseded" if last[claim.source] != claim.set_id else "lost"


_RULES = {
    "stands": "the best word there is",
    "superseded": "the same source said something else later",
    "lost": "a better source, or a lock, stands before it",
    "undone": "its change set was undone",
}


def _origin(claim: Claim, outcome: str, change_set: ChangeSet, line: int | None) -> Origin:
    evidence = change_set.evidence
    return Origin(
        value=claim.value,
        outcome=outcome,
        origin=claim.origin,
        source=claim.source,
        at=change_set.applied_at,
        change_set=change_set.id,
        run=(change_set.origin_ref or "").removeprefix(RUN) or None,
        file=evidence.get("file"),
        sha256=evidence.get("sha256"),
        line=line,
        rule=_RULES[outcome],
        by=change_set.approved_by or change_set.created_by,
    )
