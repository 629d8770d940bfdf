"""Metafields: read beside what they hang on, and set with compare-and-set."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.clocks import stamp
from mercat.sandbox.shopify.connections import Connection, connection
from mercat.sandbox.shopify.metafield_types import REFERENCES, TYPES, wrong
from mercat.sandbox.shopify.news import changed
from mercat.sandbox.shopify.records import HasMetafields, Metafield, Node
from mercat.sandbox.shopify.refusals import Refused, bad_request, user_error
from mercat.sandbox.shopify.registry import field

MOST_AT_ONCE = 25
_NAMESPACE = re.compile(r"[A-Za-z0-9_-]{3,255}")
_KEY = re.compile(r"[A-Za-z0-9_-]{2,64}")
_OWNERS = "Product ProductVariant Collection Location Order Shop".split()


@dataclass(frozen=True, slots=True)
class Value:
    """A metafield that passed its checks."""

    namespace: str
    key: str
    type: str
    value: str


def own_namespace(call: Call, given: str | None) -> str:
    """A namespace as it is stored: the app's own where none is given, or where it begins with ``$app``."""
    own = f"app--{call.token.app_id}"
    if not given or given == "$app":
        return own
    return f"{own}--{given.removeprefix('$app:')}" if given.startswith("$app:") else given


def checked(
    call: Call, owner_type: str, owner: HasMetafields | None, given: dict[str, Any], path: Sequence[str | int]
) -> tuple[Value | None, dict[str, Any] | None]:
    """One metafield of the input as a value, or what is wrong with it (with a code of ``metafieldsSet``)."""
    namespace, key = own_namespace(call, given.get("namespace")), str(given.get("key") or "")
    if not _NAMESPACE.fullmatch(namespace):
        return None, user_error([*path, "namespace"], "must be 3 to 255 letters, digits, - and _", "INVALID")
    if not _KEY.fullmatch(key):
        return None, user_error([*path, "key"], "must be 2 to 64 letters, digits, - and _", "INVALID")
    definition = call.shop.definitions.get((owner_type, namespace, key))
    present = owner.own.get((namespace, key)) if owner else None
    declared = definition.type_name if definition else present.type if present else None
    type_ = given.get("type") or declared
    if not type_:
        return None, user_error([*path, "type"], "can't be blank", "BLANK")
    if type_ not in TYPES:
        return None, user_error([*path, "type"], f"is not a type of metafields: {type_}", "INVALID_TYPE")
    if definition and type_ != definition.type_name:
        message = f"Type '{type_}' must be consistent with the definition's type: '{definition.type_name}'."
        return None, user_error([*path, "type"], message, "INVALID_TYPE")
    if type_ == "id" and not definition:
        message = "Type id is only allowed with a definition that demands unique values."
        return None, user_error([*path, "type"], message, "INVALID_TYPE")
    value = given.get("value") or ""
    if problem := wrong(type_, value):
        return None, user_error([*path, "value"], f"{problem}.", "INVALID_VALUE")
    if definition and definition.unique:
        holder = call.shop.unique.get((owner_type, namespace, key, value))
        if holder is not None and holder is not owner:
            return None, user_error([*path, "value"], "has already been assigned to another resource.", "TAKEN")
    return Value(namespace, key, type_, value), None


def write(call: Call, owner: HasMetafields, values: Sequence[Value]) -> list[Metafield]:
    """Write what was checked."""
    return [call.shop.put_metafield(owner, each.namespace, each.key, each.type, each.value) for each in values]


@field("Mutation.metafieldsSet")
def metafields_set(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """All or nothing; each may be tied to the digest that was last seen, or to there being none (an explicit null)."""
    given = args["metafields"]
    if len(given) > MOST_AT_ONCE:
        message = f"The maximum number of metafields at once is {MOST_AT_ONCE}."
        raise Refused(["metafields"], message, "LESS_THAN_OR_EQUAL_TO")
    pairs: list[tuple[HasMetafields, Value]] = []
    errors: list[dict[str, Any]] = []
    for place, each in enumerate(given):
        owner = call.shop.node(each["ownerId"])
        path: list[str | int] = ["metafields", place]
        if not isinstance(owner, HasMetafields):
            errors.append(user_error([*path, "ownerId"], "Owner does not exist.", "INVALID", element=place))
            continue
        value, error = checked(call, owner.owner_type, owner, each, path)
        error = error or _stale(owner, value, each, path)
        if error:
            errors.append(error | {"elementIndex": place})
        elif value:
            pairs.append((owner, value))
    if errors:
        raise Refused.many(errors)
    made = [write(call, owner, [value])[0] for owner, value in pairs]
    for owner in dict.fromkeys(owner for owner, _ in pairs):
        touch(call, owner)
    return {"metafields": made, "userErrors": []}


def touch(call: Call, owner: Node) -> None:
    """What hangs on something changes it."""
    holder = getattr(owner, "product", owner)
    holder.updated_at = stamp()
    changed(call.shop, holder)


def _stale(
    owner: HasMetafields, value: Value | None, given: dict[str, Any], path: list[str | int]
) -> dict[str, Any] | None:
    if value is None or "compareDigest" not in given:
        return None
    present = owner.own.get((value.namespace, value.key))
    expected = given["compareDigest"]
    if expected is not None and not re.fullmatch(r"[0-9a-f]{64}", expected):
        return user_error([*path, "compareDigest"], "is not a digest.", "INVALID_COMPARE_DIGEST")
    if (digest(present) if present else None) != expected:
        message = "The resource has been updated since it was loaded. Try again with an updated `compareDigest` value."
        return user_error([*path, "compareDigest"], message, "STALE_OBJECT")
    return None


@field("Mutation.metafieldsDelete")
def metafields_delete(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """What is not there is answered with a null in its place."""
    deleted: list[dict[str, Any] | None] = []
    for place, each in enumerate(args["metafields"]):
        owner = call.shop.node(each["ownerId"])
        if not isinstance(owner, HasMetafields):
            raise Refused(["metafields", place, "ownerId"], "Owner does not exist.")
        namespace = own_namespace(call, each["namespace"])
        if (namespace, each["key"]) in owner.own:
            call.shop.drop_metafield(owner, namespace, each["key"])
            touch(call, owner)
            deleted.append({"ownerId": owner.id, "namespace": namespace, "key": each["key"]})
        else:
            deleted.append(None)
    return {"deletedMetafields": deleted, "userErrors": []}


def digest(metafield: Metafield) -> str:
    """What ``compareDigest`` compares."""
    return hashlib.sha256(metafield.value.encode()).hexdigest()


@field("Metafield.compareDigest")
def compare_digest(metafield: Metafield, _: Call, __: dict[str, Any]) -> str:
    return digest(metafield)


@field("Metafield.jsonValue")
def json_value(metafield: Metafield, _: Call, __: dict[str, Any]) -> Any:
    kind = metafield.type
    is_text = kind in {"single_line_text_field", "multi_line_text_field", "url", "color", "date", "date_time", "id"}
    if is_text or kind in REFERENCES or kind in {"number_decimal", "language"}:
        return metafield.value
    return json.loads(metafield.value)


@field("Metafield.sizeInBytes")
def size_in_bytes(metafield: Metafield, _: Call, __: dict[str, Any]) -> int:
    return len(metafield.value.encode())


@field("Metafield.definition")
def definition_of(metafield: Metafield, call: Call, _: dict[str, Any]) -> Any:
    return call.shop.definitions.get((metafield.owner_type, metafield.namespace, metafield.key))


@field("Metafield.reference")
def reference(metafield: Metafield, call: Call, _: dict[str, Any]) -> Any:
    return call.shop.node(metafield.value) if metafield.type in REFERENCES else None


@field("Metafield.references")
def references(metafield: Metafield, call: Call, args: dict[str, Any]) -> Connection | None:
    if metafield.type.removeprefix("list.") not in REFERENCES or not metafield.type.startswith("list."):
        return None
    found = [call.shop.node(gid) for gid in json.loads(metafield.value)]
    return connection([each for each in found if each], call, args)


@field(*(f"{owner}.metafield" for owner in _OWNERS))
def metafield_of(owner: Any, call: Call, args: dict[str, Any]) -> Metafield | None:
    metafield: Metafield | None = owner.own.get((own_namespace(call, args.get("namespace")), args["key"]))
    return metafield


@field(*(f"{owner}.metafields" for owner in _OWNERS))
def metafields_of(owner: Any, call: Call, args: dict[str, Any]) -> Connection:
    found = list(owner.own.values())
    if args.get("namespace"):
        namespace = own_namespace(call, args["namespace"])
        found = [each for each in found if each.namespace == namespace]
    if args.get("keys"):
        if args.get("namespace"):
            raise bad_request("keys and namespace exclude each other")
        places = {tuple(name.rpartition(".")[::2]) for name in args["keys"]}
        places = {(own_namespace(call, namespace), key) for namespace, key in places}
        found = [each for each in found if (each.namespace, each.key) in places]
    return connection(found, call, args)
