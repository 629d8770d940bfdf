"""What a source says about each field of a product, read out of the changes that stand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from mercat.domain.catalog.change_repository import Statement
from mercat.domain.catalog.fields import OFFER, STATEMENT, flatten, flatten_variant
from mercat.domain.catalog.merging import PERSONS, Claim
from mercat.domain.catalog.record_repository import Loaded
from mercat.sdk.records import ProductRecord, VariantRecord

# (variant id or None, field)
Place = tuple[bytes | None, str]
VARIANT = "variant"
_decode_record = msgspec.json.Decoder(ProductRecord).decode
_decode_variant = msgspec.json.Decoder(VariantRecord).decode


def claims_of(statements: Iterable[Statement], product: Loaded) -> dict[Place, list[Claim]]:
    """Every claim by place, oldest first."""
    found: dict[Place, list[Claim]] = {}
    for statement in statements:
        for place, value, is_statement in _said(statement, product):
            claim = Claim(
                statement.change_set_id,
                statement.origin,
                statement.source,
                statement.precedence,
                statement.order,
                value,
                is_statement,
            )
            found.setdefault(place, []).append(claim)
    return found


def _said(statement: Statement, product: Loaded) -> Iterable[tuple[Place, Any, bool]]:
    change = statement.change
    # An unlocking gives a field back to those who speak about it: it says nothing itself.
    if change.field == OFFER or statement.origin == "system":
        return
    if change.new_value is None:
        # A feed's empty cell speaks through its statement; a person who empties a field has only the change.
        if change.field is not None and statement.origin in PERSONS:
            yield (change.variant_id, change.field), None, False
        return
    if change.field == STATEMENT or (change.kind == "create" and change.field is None):
        yield from _record_claims(_decode_record(change.new_value), change.variant_id, product)
    elif change.field == VARIANT:
        for name, value in flatten_variant(_decode_variant(change.new_value)).items():
            yield (change.variant_id, name), value, True
    elif change.field is not None:
        yield (change.variant_id, change.field), change.new(), False


def _record_claims(
    record: ProductRecord, variant_id: bytes | None, product: Loaded
) -> Iterable[tuple[Place, Any, bool]]:
    fields, variants = flatten(record)
    for name, value in fields.items():
        yield (None, name), value, True
    by_sku = {each.sku: each.id for each in product.variants}
    for stated, flat in zip(record.variants, variants, strict=True):
        owner = variant_id if variant_id and len(variants) == 1 else by_sku.get(str(stated.sku))
        if owner is not None:
            for name, value in flat.items():
                yield (owner, name), value, True
