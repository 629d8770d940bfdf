"""Shopify's official schema, made executable: every registered resolver in its place, and nothing answered in silence."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from graphql import (
    FloatValueNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    IntValueNode,
    StringValueNode,
    ValueNode,
    build_client_schema,
    get_named_type,
)

from mercat.sandbox.shopify.idempotency import once
from mercat.sandbox.shopify.refusals import Refused
from mercat.sandbox.shopify.registry import IDEMPOTENT, RESOLVERS, Resolver
from mercat.sandbox.shopify.schema_version import VERSION

_RESOLVING = (
    "publishing products product_set product_edits variants metafields definitions collections collection_edits media "
    "inventory stock webhooks taxonomy bulk_resolvers uploads orders shop_info nodes"
).split()
_MISSING = object()
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@cache
def load() -> GraphQLSchema:
    """The schema with all its resolvers. It is read once a process: half a second."""
    for name in _RESOLVING:
        import_module(f"{__package__}.{name}")
    packed = files(__package__).joinpath(f"official/admin_{VERSION}.introspection.nodesc.json.gz").read_bytes()
    # Shopify's own schema breaks the specification in six places (interface fields that are deprecated in one kind only).
    schema = build_client_schema(json.loads(gzip.decompress(packed))["data"], assume_valid=True)
    for name, check in _SCALARS.items():
        _check_scalar(schema.type_map[name], check)
    for name, resolver in RESOLVERS.items():
        owner, _, field = name.partition(".")
        kind = schema.type_map[owner]
        if not isinstance(kind, GraphQLObjectType):
            raise TypeError(f"{owner} has no fields that can be resolved")
        resolve = once(name, resolver) if name in IDEMPOTENT else resolver
        declared = kind.fields[field]
        declared.resolve = _mutating(declared, resolve) if owner == "Mutation" else _reading(resolve)
    return schema


def _reading(resolver: Resolver) -> Callable[..., Any]:
    def resolve(source: Any, info: GraphQLResolveInfo[Any], **args: Any) -> Any:
        return resolver(source, info.context, args)

    return resolve


def _mutating(declared: GraphQLField, resolver: Resolver) -> Callable[..., Any]:
    """A mutation that refuses answers a payload of nulls beside its ``userErrors``."""
    payload = get_named_type(declared.type)
    fields = getattr(payload, "fields", {})
    nothing = dict.fromkeys(fields)
    codes = _codes(fields)

    def resolve(source: Any, info: GraphQLResolveInfo[Any], **args: Any) -> Any:
        call = info.context
        call.kept["key"] = call.kept.get("keys", {}).get(info.path.key)
        try:
            answer = resolver(source, call, args)
        except Refused as refused:
            errors = [{**error, "code": _known(error["code"], codes)} for error in refused.errors]
            answer = nothing | {"userErrors": errors, "shop": call.shop}
        return answer

    return resolve


def _codes(fields: dict[str, GraphQLField]) -> frozenset[str]:
    """The codes that a payload's ``userErrors`` may carry."""
    error = get_named_type(fields["userErrors"].type) if "userErrors" in fields else None
    code = getattr(error, "fields", {}).get("code")
    return frozenset(getattr(get_named_type(code.type), "values", ())) if code else frozenset()


def _known(code: str | None, codes: frozenset[str]) -> str | None:
    """The code, or the general one of a mutation that has no word for it: checks are shared, codes are not."""
    if code in codes:
        return code
    return next((general for general in ("INVALID_INPUT", "INVALID", "INVALID_VALUE") if general in codes), None)


@cache
def attribute(field: str) -> str:
    """A field's name in Python's spelling."""
    return _HUMP.sub("_", field).lower()


def strict(source: Any, info: GraphQLResolveInfo[Any], **args: Any) -> Any:
    """What no resolver answers: an attribute or a key of that name, or an explicit error."""
    name = info.field_name
    value: Any = source.get(name, _MISSING) if isinstance(source, dict) else getattr(source, attribute(name), _MISSING)
    if value is _MISSING or (args and info.field_nodes[0].arguments):
        raise GraphQLError(
            f"The sandbox has no resolver for {info.parent_type.name}.{name}"
            + (" with arguments" if value is not _MISSING else ""),
            extensions={"code": "SANDBOX_NOT_IMPLEMENTED"},
        )
    return value


def typename(source: Any, *_: Any) -> str:
    """Which of an interface's or a union's types an object is."""
    return str(source["__typename"] if isinstance(source, dict) else source.typename)


def _money(value: Any) -> str:
    return str(_decimal(value).quantize(Decimal("0.01")))


def _decimal(value: Any) -> Decimal:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            read = Decimal(str(value))
        except InvalidOperation:
            read = Decimal("NaN")
        if read.is_finite():
            return read
    raise GraphQLError(f"{value!r} is not a decimal number")


def _instant(value: Any) -> str:
    try:
        read = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise GraphQLError(f"{value!r} is not an ISO 8601 instant") from None
    if read.tzinfo is None:
        raise GraphQLError(f"{value!r} names no time zone")
    return str(value)


def _url(value: Any) -> str:
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or not parts.scheme or not (parts.netloc or parts.path):
        raise GraphQLError(f"{value!r} is not a URL")
    return str(value)


def _unsigned(value: Any) -> int:
    if isinstance(value, str | int) and not isinstance(value, bool) and str(value).isascii() and str(value).isdigit():
        return int(value)
    raise GraphQLError(f"{value!r} is not an unsigned number")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise GraphQLError(f"{value!r} is not text")
    return value


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "Money": _money,
    "Decimal": lambda value: str(_decimal(value)),
    "DateTime": _instant,
    "URL": _url,
    "UnsignedInt64": _unsigned,
    "HTML": _text,
    "FormattedString": _text,
}


def _check_scalar(scalar: Any, check: Callable[[Any], Any]) -> None:
    """Custom scalars let everything through until they are told what they are, as values and as literals."""

    def literal(node: ValueNode, *_: Any) -> Any:
        if isinstance(node, StringValueNode | IntValueNode | FloatValueNode):
            return check(node.value)
        raise GraphQLError(f"{scalar.name} cannot be written so", node)

    if isinstance(scalar, GraphQLScalarType):
        scalar.parse_value = scalar.coerce_input_value = check  # type: ignore[method-assign, assignment]
        scalar.parse_literal = scalar.coerce_input_literal = literal  # type: ignore[method-assign, assignment]
