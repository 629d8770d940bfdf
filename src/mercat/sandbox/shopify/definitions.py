"""Metafield definitions: what the metafields of a namespace and key are, and whether their values are unique."""

from __future__ import annotations

from typing import Any

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.connections import Connection, connection
from mercat.sandbox.shopify.metafield_types import TYPES
from mercat.sandbox.shopify.metafields import own_namespace
from mercat.sandbox.shopify.records import Definition, Metafield
from mercat.sandbox.shopify.refusals import Refused, bad_request
from mercat.sandbox.shopify.registry import field

MAY_BE_UNIQUE = frozenset({"id", "single_line_text_field", "number_integer", "url"})


@field("Mutation.metafieldDefinitionCreate")
def create(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """A definition of type ``id`` has unique values always; of some others, where its capability says so."""
    given = args["definition"]
    namespace, key, owner_type = own_namespace(call, given.get("namespace")), given["key"], given["ownerType"]
    _check(call, given, namespace)
    capabilities = given.get("capabilities") or {}
    wants = {name: bool((asked or {}).get("enabled")) for name, asked in capabilities.items()}
    unique = given["type"] == "id" or wants.get("uniqueValues", False)
    definition = call.shop.make(
        Definition,
        name=given["name"],
        namespace=namespace,
        key=key,
        description=given.get("description"),
        owner_type=owner_type,
        type_name=given["type"],
        unique=unique,
        capability=wants | {"uniqueValues": unique},
        validations=[{"type": each["name"], **each} for each in given.get("validations") or []],
        access=given.get("access") or {},
        pinned_position=1 if given.get("pin") else None,
    )
    call.shop.definitions[owner_type, namespace, key] = definition
    if unique:
        for metafield in _of(call, definition):
            call.shop.unique[owner_type, namespace, key, metafield.value] = metafield.owner
    return {"createdDefinition": definition, "userErrors": []}


def _check(call: Call, given: dict[str, Any], namespace: str) -> None:
    key, owner_type = given["key"], given["ownerType"]
    if given["type"] not in TYPES:
        message = f"Type name {given['type']} is not a valid type."
        raise Refused(["definition", "type"], message, "INCLUSION")
    if len(key) < 2 or len(namespace) < 3:
        part = "key" if len(key) < 2 else "namespace"
        raise Refused(["definition", part], f"{part.capitalize()} is too short.", "TOO_SHORT")
    if (owner_type, namespace, key) in call.shop.definitions:
        owner = owner_type.capitalize()
        raise Refused(
            ["definition", "key"], f"Key is in use for {owner} metafields on the '{namespace}' namespace.", "TAKEN"
        )
    wants = ((given.get("capabilities") or {}).get("uniqueValues") or {}).get("enabled")
    if wants and given["type"] not in MAY_BE_UNIQUE:
        message = f"The unique values capability is not supported for the {given['type']} type."
        raise Refused(["definition", "capabilities"], message, "INVALID_CAPABILITY")
    if given["type"] == "id" and wants is False:
        message = "The unique values capability is required for the id type."
        raise Refused(["definition", "capabilities"], message, "CAPABILITY_REQUIRED_BUT_DISABLED")
    there = [each for each in call.shop.all(Metafield) if (each.namespace, each.key) == (namespace, key)]
    if any(each.type != given["type"] for each in there if each.owner_type == owner_type):
        message = "Unstructured metafields of another type already exist for this namespace and key."
        raise Refused(["definition"], message, "UNSTRUCTURED_ALREADY_EXISTS")


@field("Mutation.metafieldDefinitionDelete")
def delete(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """The values stay, unless they are to go too."""
    definition = _named(call, args)
    if definition is None:
        raise Refused(["id"], "Definition not found.", "NOT_FOUND")
    there = _of(call, definition)
    if definition.type_name == "id" and there and not args.get("deleteAllAssociatedMetafields"):
        message = "Deleting an id type metafield definition requires deletion of its associated metafields."
        raise Refused(["id"], message, "ID_TYPE_DELETION_ERROR")
    if args.get("deleteAllAssociatedMetafields"):
        for metafield in there:
            call.shop.drop_metafield(metafield.owner, metafield.namespace, metafield.key)
    place = (definition.owner_type, definition.namespace, definition.key)
    del call.shop.definitions[place]
    call.shop.unique = {at: owner for at, owner in call.shop.unique.items() if at[:3] != place}
    call.shop.drop(definition)
    gone = {"ownerType": definition.owner_type, "namespace": definition.namespace, "key": definition.key}
    return {"deletedDefinitionId": definition.id, "deletedDefinition": gone, "userErrors": []}


def _of(call: Call, definition: Definition) -> list[Metafield]:
    place = (definition.owner_type, definition.namespace, definition.key)
    return [each for each in call.shop.all(Metafield) if (each.owner_type, each.namespace, each.key) == place]


def _named(call: Call, args: dict[str, Any]) -> Definition | None:
    if args.get("id"):
        return call.shop.find(args["id"], Definition)
    if not args.get("identifier"):
        raise bad_request("one of id and identifier has to be given")
    given = args["identifier"]
    return call.shop.definitions.get((given["ownerType"], own_namespace(call, given.get("namespace")), given["key"]))


@field("QueryRoot.metafieldDefinition")
def definition(_: Any, call: Call, args: dict[str, Any]) -> Definition | None:
    return _named(call, args)


@field("QueryRoot.metafieldDefinitions")
def definitions(_: Any, call: Call, args: dict[str, Any]) -> Connection:
    found = [each for each in call.shop.definitions.values() if each.owner_type == args["ownerType"]]
    if args.get("namespace"):
        namespace = own_namespace(call, args["namespace"])
        found = [each for each in found if each.namespace == namespace]
    if args.get("key"):
        found = [each for each in found if each.key == args["key"]]
    return connection(found, call, args, root=True)


@field("MetafieldDefinition.type")
def type_of(definition: Definition, _: Call, __: dict[str, Any]) -> dict[str, Any]:
    category = "TEXT" if "text" in definition.type_name else definition.type_name.partition("_")[0].upper()
    facts = {"supportedValidations": [], "supportsDefinitionMigrations": False}
    return {"name": definition.type_name, "category": category, **facts}


@field("MetafieldDefinition.capabilities")
def capabilities(definition: Definition, _: Call, __: dict[str, Any]) -> dict[str, Any]:
    names = "adminFilterable analyticsQueryable cartToOrderCopyable smartCollectionCondition uniqueValues".split()
    may = {"uniqueValues": definition.type_name in MAY_BE_UNIQUE}
    return {
        name: {
            "enabled": definition.capability.get(name, False),
            "eligible": may.get(name, True),
            **({"status": "NOT_FILTERABLE"} if name == "adminFilterable" else {}),
        }
        for name in names
    }


@field("MetafieldDefinition.metafields")
def metafields(definition: Definition, call: Call, args: dict[str, Any]) -> Connection:
    return connection(_of(call, definition), call, args)


@field("MetafieldDefinition.metafieldsCount")
def metafields_count(definition: Definition, call: Call, _: dict[str, Any]) -> int:
    return len(_of(call, definition))
