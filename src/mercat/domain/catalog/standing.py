"""What stands about a product, read from everything that was ever said about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from mercat.core.ids import part_id
from mercat.domain.catalog.change_repository import Kept, Statement
from mercat.domain.catalog.claims import Place
from mercat.domain.catalog.fields import STATEMENT, SWITCH_DEFAULTS
from mercat.domain.catalog.merging import Claim, believed

_decode = msgspec.json.decode
# What a field of a new product is that nobody says anything about; every other one is empty.
_DEFAULTS: Mapping[str, Any] = {"status": "active", **SWITCH_DEFAULTS}


def is_whole(change: Kept) -> bool:
    """Whether a change holds a whole statement: a creation, or what a source said about a product that was there."""
    return change.field == STATEMENT or (change.kind == "create" and change.field is None)


def has_maker(history: Iterable[Statement]) -> bool:
    """Whether the product was here before any set, or a standing statement names it: without a name there is none."""
    is_ours = False
    for each in history:
        change = each.change
        is_creation = change.kind == "create" and change.field is None
        is_ours = is_ours or is_creation
        if each.stands and is_whole(change) and (is_creation or _decode(change.new_value or "{}").get("name")):
            return True
    return not is_ours


def creation_of(history: Iterable[Statement]) -> Kept | None:
    """The change that the product began with, whether or not it stands."""
    return next((each.change for each in history if each.change.kind == "create" and each.change.field is None), None)


def born_variants(product_id: bytes, record: Any) -> list[tuple[bytes, str]]:
    """(id, SKU) of the variants that a product began with."""
    return [(part_id(product_id, position), each.sku) for position, each in enumerate(record.variants, 1)]


def is_spoken_of(variant_id: bytes, sku: str | None, history: Iterable[Statement]) -> bool:
    """Whether a standing statement is about a variant: by its id or, among several, by its SKU."""
    for each in history:
        if not each.stands:
            continue
        change = each.change
        if change.variant_id is not None or not is_whole(change):
            if change.variant_id == variant_id:
                return True
        elif any(variant.get("sku") == sku for variant in _decode(change.new_value or "{}").get("variants", ())):
            return True
    return False


def speaks_of(statement: Statement, creation: Kept) -> bool:
    """Whether a statement is about the variant of a creation that joined later."""
    sku = _decode(creation.new_value or "{}").get("sku")
    return is_spoken_of(creation.variant_id or b"", sku, [statement])


def value_of(
    place: Place, claims: Sequence[Claim], history: Iterable[Statement], *, locked: bool
) -> tuple[Any, Claim | None]:
    """The value that a field has by what is claimed, and the claim; ``None`` for the claim where nobody says anything."""
    winner = believed(claims, locked=locked)
    if winner is not None:
        return winner.value, winner
    # Nobody says anything: back to what was there before the first recorded change of this field, unless the product
    # began with a set.
    for statement in history:
        change = statement.change
        if change.kind == "create" and change.field is None:
            break
        if (change.variant_id, change.field) == place:
            return change.old(), None
    return _DEFAULTS.get(place[1]), None
