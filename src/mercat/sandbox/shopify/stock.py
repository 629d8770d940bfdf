"""Quantities by mutation: absolute with compare-and-set, and relative."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.levels import NAMES, put
from mercat.sandbox.shopify.records import AdjustmentGroup, InventoryItem, Level, Location
from mercat.sandbox.shopify.refusals import Refused, bad_request
from mercat.sandbox.shopify.registry import field

MOST = 1_000_000_000
REASONS = frozenset(
    "correction cycle_count_available damaged movement_canceled movement_created movement_received movement_updated other "
    "promotion quality_control received reservation_created reservation_deleted reservation_updated restock safety_stock "
    "shrinkage".split()
)
_URI = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Step:
    """One quantity to be changed."""

    level: Level
    quantity: int
    ledger: str | None = None


@field("Mutation.inventorySetQuantities", idempotent=True)
def set_quantities(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """All or none. Each says what it changes from, or null that it does not care; saying nothing is refused."""
    given = args["input"]
    if given["name"] not in {"available", "on_hand"}:
        raise Refused(["input", "name"], "The quantity name must be either 'available' or 'on_hand'.", "INVALID_NAME")
    _check_words(given)
    steps: list[Step] = []
    for place, each in enumerate(given["quantities"]):
        path: list[str | int] = ["input", "quantities", place]
        level = _level(call, each, path)
        if any(step.level is level for step in steps):
            message = "The combination of inventoryItemId and locationId must be unique."
            raise Refused([*path, "locationId"], message, "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR")
        _compare(level, given["name"], each, path)
        if each["quantity"] < 0:
            raise Refused([*path, "quantity"], "The quantity can't be negative.", "INVALID_QUANTITY_NEGATIVE")
        _check_size(each["quantity"], [*path, "quantity"])
        steps.append(Step(level, each["quantity"]))
    return _write(call, given, steps)


@field("Mutation.inventoryAdjustQuantities", idempotent=True)
def adjust_quantities(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """As set, by a difference. Every name but available needs a ledger document, and not one of Shopify's own."""
    given = args["input"]
    if given["name"] not in NAMES or given["name"] == "on_hand":
        message = f"The specified quantity name is invalid: {given['name']!r}."
        raise Refused(["input", "name"], message, "INVALID_QUANTITY_NAME")
    _check_words(given)
    ahead: dict[str, int] = {}
    steps: list[Step] = []
    for place, each in enumerate(given["changes"]):
        path: list[str | int] = ["input", "changes", place]
        level = _level(call, each, path)
        _compare(level, given["name"], each, path)
        _check_ledger(given["name"], each.get("ledgerDocumentUri"), [*path, "ledgerDocumentUri"])
        quantity = ahead.get(level.id, level.stock[given["name"]]) + each["delta"]
        _check_size(quantity, [*path, "delta"])
        ahead[level.id] = quantity
        steps.append(Step(level, quantity, each.get("ledgerDocumentUri")))
    return _write(call, given, steps)


def _check_words(given: dict[str, Any]) -> None:
    if given["reason"] not in REASONS:
        raise Refused(["input", "reason"], "The specified reason is invalid.", "INVALID_REASON")
    uri = given.get("referenceDocumentUri")
    if uri is not None and not _URI.fullmatch(uri):
        message = "The specified reference document is invalid."
        raise Refused(["input", "referenceDocumentUri"], message, "INVALID_REFERENCE_DOCUMENT")


def _level(call: Call, given: dict[str, Any], path: list[Any]) -> Level:
    item = call.shop.find(given["inventoryItemId"], InventoryItem)
    if item is None:
        message = "The specified inventory item could not be found."
        raise Refused([*path, "inventoryItemId"], message, "INVALID_INVENTORY_ITEM")
    location = call.shop.find(given["locationId"], Location)
    if location is None:
        message = "The specified location could not be found."
        raise Refused([*path, "locationId"], message, "INVALID_LOCATION")
    level = item.levels.get(location.id)
    if level is None:
        message = "The specified inventory item is not stocked at the location."
        raise Refused([*path, "locationId"], message, "INVALID_LOCATION")
    return level


def _compare(level: Level, name: str, given: dict[str, Any], path: list[Any]) -> None:
    if "changeFromQuantity" not in given:
        where = ".".join(str(step) for step in path)
        raise bad_request(f"changeFromQuantity has to be given at {where}: a number, or null to opt out.")
    expected = given["changeFromQuantity"]
    if expected is not None and expected != level.stock[name]:
        message = "The changeFromQuantity value does not match persisted value."
        raise Refused([*path, "changeFromQuantity"], message, "CHANGE_FROM_QUANTITY_STALE")


def _check_size(quantity: int, path: list[Any]) -> None:
    if quantity > MOST:
        raise Refused(path, "The total quantity can't be higher than 1,000,000,000.", "INVALID_QUANTITY_TOO_HIGH")
    if quantity < -MOST:
        raise Refused(path, "The total quantity can't be lower than -1,000,000,000.", "INVALID_QUANTITY_TOO_LOW")


def _check_ledger(name: str, uri: str | None, path: list[Any]) -> None:
    if name == "available" and uri is not None:
        message = "A ledger document URI is not allowed when adjusting available."
        raise Refused(path, message, "INVALID_AVAILABLE_DOCUMENT")
    if name != "available" and uri is None:
        message = "A ledger document URI is required except when adjusting available."
        raise Refused(path, message, "INVALID_QUANTITY_DOCUMENT")
    if uri is not None and uri.startswith("gid://shopify/"):
        message = "The ledger document can't be one of Shopify's own."
        raise Refused(path, message, "INTERNAL_LEDGER_DOCUMENT")
    if uri is not None and not _URI.fullmatch(uri):
        raise Refused(path, "The specified ledger document is invalid.", "INVALID_LEDGER_DOCUMENT")


def _write(call: Call, given: dict[str, Any], steps: list[Step]) -> dict[str, Any]:
    changes = []
    for step in steps:
        delta = put(call.shop, step.level, given["name"], step.quantity)
        if delta:
            changes.append(
                {
                    "name": given["name"],
                    "delta": delta,
                    "quantityAfterChange": step.level.stock[given["name"]],
                    "item": step.level.item,
                    "location": step.level.location,
                    "ledgerDocumentUri": step.ledger,
                }
            )
    group = None
    if changes:
        uri = given.get("referenceDocumentUri")
        group = call.shop.make(AdjustmentGroup, reason=given["reason"], reference_document_uri=uri, changes=changes)
    return {"inventoryAdjustmentGroup": group, "userErrors": []}


@field("InventoryAdjustmentGroup.changes")
def changes_of(group: AdjustmentGroup, _: Call, args: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        change
        for change in group.changes
        if _among(change["item"].id, args.get("inventoryItemIds"))
        and _among(change["location"].id, args.get("locationIds"))
        and _among(change["name"], args.get("quantityNames"))
    ]


def _among(value: str, wanted: list[str] | None) -> bool:
    return wanted is None or value in wanted
