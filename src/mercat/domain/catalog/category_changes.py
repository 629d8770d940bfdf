"""How changes of the tree are written into change sets, so that they can be explained and undone.

``field`` is ``category.create``, ``.name``, ``.parent``, ``.merge``, ``.delete`` or ``.mapping``; ``old_value`` and
``new_value`` are objects that hold ``category`` (the id in hex) and what it takes to go back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mercat.core.ids import new_id_bytes
from mercat.core.unit import WriteUnit
from mercat.domain.catalog.category_repository import Node
from mercat.domain.catalog.change_repository import ChangeBulk, Planned
from mercat.domain.catalog.models import ChangeSet

PREFIX = "category."


@dataclass(frozen=True)
class Step:
    """One change of the tree: ``kind`` as of ``Change.kind``, ``what`` the field without its prefix."""

    kind: str
    what: str
    old: dict[str, Any] | None
    new: dict[str, Any]


def hex_of(category_id: bytes | None) -> str | None:
    """An id as it stands in a change."""
    return None if category_id is None else category_id.hex()


def bytes_of(text: str | None) -> bytes | None:
    """The id behind it."""
    return None if text is None else bytes.fromhex(text)


def created(node: Node) -> Step:
    """A new category."""
    return Step(
        "create", "create", None, {"category": node.id.hex(), "name": node.name, "parent": hex_of(node.parent_id)}
    )


def record(unit: WriteUnit, title: str, steps: Iterable[Step], *, origin: str = "user") -> ChangeSet:
    """One applied change set with a change for each step, in their order."""
    steps = list(steps)
    change_set = ChangeSet(
        origin=origin,
        source=unit.actor.name,
        title=title[:500],
        status="applied",
        counts={"categories": len(steps)},
        created_by=unit.actor.name,
        user_id=unit.actor.id,
        approved_by=unit.actor.name,
        approved_at=unit.now,
        applied_at=unit.now,
        indexed_at=unit.now,
    )
    unit.add(change_set)
    add_changes(unit, change_set, steps)
    return change_set


def add_changes(unit: WriteUnit, change_set: ChangeSet, steps: Iterable[Step]) -> None:
    """Put steps into a change set that is there already (an import that had to make categories)."""
    steps = list(steps)
    planned = [
        Planned(
            change_id,
            None,
            None,
            step.kind,
            PREFIX + step.what,
            json.dumps(step.old),
            json.dumps(step.new),
            None,
            None,
            None,
            None,
        )
        for change_id, step in zip(new_id_bytes(len(steps)), steps, strict=True)
    ]
    ChangeBulk(unit.bulk).insert(change_set.id.bytes, planned, unit.now)
