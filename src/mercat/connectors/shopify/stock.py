"""Setting how many pieces a location offers: each only if it still offers what we saw.

Shopify takes up to 250 in one call, all or none. A refused entry is told apart and the others are sent again without it.
``@idempotent`` makes a call that is repeated after a lost answer move nothing twice: the same entries make the same key.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from mercat.connectors.shopify import operations
from mercat.connectors.shopify.client import Client
from mercat.connectors.shopify.wire import UserError
from mercat.sdk.channels import StockLevel, StockOutcome
from mercat.sdk.errors import Rejected, Unavailable, VendorError

AT_ONCE = 250
_SPACE = uuid.UUID("6f2c1c5e-7a43-5d0e-9d2b-0d9d6c0f2a11")
_NEVER_STOCKED = frozenset({"INVALID_LOCATION", "INVALID_INVENTORY_ITEM", "ITEM_NOT_STOCKED_AT_LOCATION"})
_STILL_RUNNING = "IDEMPOTENCY_CONCURRENT_REQUEST"


def set_stock(client: Client, levels: Sequence[StockLevel]) -> Iterator[StockOutcome]:
    """One outcome for each level, in no order."""
    for start in range(0, len(levels), AT_ONCE):
        yield from _set(client, list(levels[start : start + AT_ONCE]))


def _set(client: Client, levels: list[StockLevel]) -> Iterator[StockOutcome]:
    while levels:
        refused = _send(client, levels)
        if not refused:
            yield from (StockOutcome(level.key) for level in levels)
            return
        unstocked = [
            levels[at] for at, error in refused.items() if error.code in _NEVER_STOCKED and not levels[at].expected
        ]
        activated = dict(_activate(client, unstocked))
        for at, error in refused.items():
            failed = activated.get(levels[at].key, _error(levels[at], error))
            yield StockOutcome(levels[at].key, failed)
        levels = [level for at, level in enumerate(levels) if at not in refused]


def _send(client: Client, levels: Sequence[StockLevel]) -> dict[int, UserError]:
    """What was refused, by its place; nothing: all is set."""
    quantities = [
        {
            "inventoryItemId": level.stock_reference,
            "locationId": level.location_reference,
            "quantity": level.quantity,
            # Must be there even where it is null, which means: whatever it is.
            "changeFromQuantity": level.expected,
        }
        for level in levels
    ]
    asked = {"name": "available", "reason": client.settings.stock_reason, "quantities": quantities}
    answer = client.call(operations.STOCK_SET, {"input": asked, "key": _key(levels)})
    return _by_place(answer.inventory_set_quantities.user_errors, len(levels))


def _by_place(errors: Sequence[UserError], count: int) -> dict[int, UserError]:
    found: dict[int, UserError] = {}
    for error in errors:
        if error.code == _STILL_RUNNING:
            raise Unavailable("Shopify still works on the same stock movement: ask again in a moment")
        place = next((int(part) for part in error.field or () if part.isdigit()), None)
        if place is None or place >= count:
            # The call as a whole was refused: nothing in it can pass as it is.
            return dict.fromkeys(range(count), error)
        found.setdefault(place, error)
    return found


def _activate(client: Client, levels: Sequence[StockLevel]) -> Iterator[tuple[str, VendorError | None]]:
    """Begin to stock what this location never had, with its quantity. What it does have is left to the refusal."""
    by_location: dict[str, list[StockLevel]] = {}
    for level in levels:
        by_location.setdefault(level.location_reference, []).append(level)
    for location, wanted in by_location.items():
        items = [level.stock_reference for level in wanted]
        seen = client.call(operations.STOCK_LOOK, {"items": items, "location": location}, size=len(items))
        for level, item in zip(wanted, seen.nodes, strict=True):
            if item is not None and item.inventory_level is None:
                yield level.key, _activated(client, level)


def _activated(client: Client, level: StockLevel) -> VendorError | None:
    asked = {
        "item": level.stock_reference,
        "location": level.location_reference,
        "available": level.quantity,
        "key": str(uuid.uuid5(_SPACE, f"activate {level.key}")),
    }
    errors = client.call(operations.STOCK_ACTIVATE, asked).inventory_activate.user_errors
    return _error(level, errors[0]) if errors else None


def _error(level: StockLevel, error: UserError) -> VendorError:
    if error.code == "CHANGE_FROM_QUANTITY_STALE":
        return Rejected(
            f"{level.stock_reference} no longer offers {level.expected} at {level.location_reference}: look again",
            field="expected",
        )
    return Rejected(f"Shopify refuses the stock of {level.stock_reference}: {error.message}", code=error.code)


def _key(levels: Sequence[StockLevel]) -> str:
    return str(uuid.uuid5(_SPACE, "\n".join(level.key for level in levels)))
