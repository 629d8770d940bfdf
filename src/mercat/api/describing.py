"""The description of the API, made complete: plain summaries, an example of every body, and the same told to people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mercat.api.errors import CODES
from mercat.api.routes import PERMISSION

_METHODS = ("get", "post", "put", "patch", "delete")
_SCHEMAS = "#/components/schemas/"
_DEEPEST = 6
# What a field of this name may hold, where its own description gives no example.
_SAMPLES: Mapping[str, Any] = {
    "sku": "P-80",
    "skus": ["P-80"],
    "name": "Copy paper A4",
    "code": "acme",
    "supplier": "acme",
    "brand": "Fabrikam",
    "q": "copy paper",
    "reason": "agreed with the supplier",
    "token": "ml_…",
    "refresh_token": "mr_…",
    "timezone": "Europe/Berlin",
    "currency": "EUR",
    "cron": "0 6 * * *",
    "location": "https://supplier.example/feed.csv",
    "url": "https://shop.example/hooks/mercat",
    "settings": {},
    "password": "four green lamps",
    "old_password": "three blue lamps",
    "key": "custom.colour",
}


@dataclass(frozen=True)
class Operation:
    """One thing that the API does. ``permission`` is ``None`` for whoever is signed in; ``is_open``: for strangers too."""

    method: str
    path: str
    id: str
    tag: str
    summary: str
    description: str
    permission: str | None
    is_open: bool
    parameters: Sequence[Mapping[str, Any]]
    body: Mapping[str, Any]
    answers: Mapping[str, Mapping[str, Any]]


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """The document with what FastAPI leaves out."""
    for told in (told for methods in document["paths"].values() for told in methods.values()):
        if told["summary"].istitle():
            told["summary"] = told["operationId"].replace("_", " ").capitalize()
        for content in told.get("requestBody", {}).get("content", {}).values():
            schema = content.get("schema", {})
            if "example" not in content and "examples" not in content and schema.get("format") != "binary":
                content["example"] = example_of(schema, document)
    return document


def example_of(schema: Mapping[str, Any], document: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:
    """A value that fits: the one that the description gives, or the smallest one that makes sense."""
    schema = _meant(schema, document)
    if schema.get("examples"):
        return schema["examples"][0]
    for key in ("example", "const"):
        if key in schema:
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    if "properties" in schema and depth < _DEEPEST:
        return _object(schema, document, depth)
    if name in _SAMPLES:
        return _SAMPLES[name]
    if schema.get("type") == "array":
        return [example_of(schema.get("items", {}), document, name.removesuffix("s"), depth + 1)]
    return _plain(schema)


def _object(schema: Mapping[str, Any], document: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """What must be there, and what has an example of its own; where that is nothing, the first one."""
    fields = schema["properties"]
    wanted = schema.get("required", [])
    shown = [name for name, field in fields.items() if name in wanted or _meant(field, document).get("examples")]
    return {name: example_of(fields[name], document, name, depth + 1) for name in shown or list(fields)[:1]}


def _meant(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Behind a reference, and behind "or nothing"."""
    if "$ref" in schema:
        return _meant(document["components"]["schemas"][schema["$ref"].removeprefix(_SCHEMAS)], document)
    for key in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(key, ()):
            if each.get("type") != "null":
                return {**_meant(each, document), **{name: value for name, value in schema.items() if name != key}}
    return schema


def _plain(schema: Mapping[str, Any]) -> Any:
    if schema.get("default") is not None:
        return schema["default"]
    by_format = {"uuid": "01a00000-0000-7000-8000-000000000000", "date-time": "2026-11-21T06:00:00Z", "binary": "…"}
    by_type = {"integer": schema.get("minimum", 1), "number": 1, "boolean": True, "object": {}, "string": "text"}
    return by_format.get(schema.get("format", "")) or by_type.get(schema.get("type", ""), "text")


def operations_of(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Every operation, in the order in which they are described."""
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            if method in _METHODS:
                yield Operation(
                    method.upper(),
                    path,
                    told["operationId"],
                    told["tags"][0],
                    told["summary"],
                    told.get("description", ""),
                    told.get(PERMISSION),
                    told.get("security") == [],
                    told.get("parameters", ()),
                    told.get("requestBody", {}).get("content", {}),
                    told["responses"],
                )


def by_tag(document: Mapping[str, Any]) -> dict[str, list[Operation]]:
    """The same, room by room."""
    rooms: dict[str, list[Operation]] = {}
    for each in operations_of(document):
        rooms.setdefault(each.tag, []).append(each)
    return rooms


def kind_of(schema: Mapping[str, Any]) -> str:
    """A schema in a few words: ``integer``, ``list of uuid``, ``ProductPage``, ``draft | active | archived``."""
    if "$ref" in schema:
        return str(schema["$ref"].removeprefix(_SCHEMAS))
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            kinds = [kind_of(each) for each in schema[key] if each.get("type") != "null"]
            return " | ".join(dict.fromkeys(kinds))
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    return str(schema.get("const") or schema.get("format") or schema.get("type", "anything"))


def answer_kind(answer: Mapping[str, Any]) -> str:
    """What an answer holds: the kind of its JSON, or its media types."""
    content = answer.get("content", {})
    kinds = [kind_of(told["schema"]) for kind, told in content.items() if kind.endswith("json") and told.get("schema")]
    return " | ".join(kinds or content)


def who_may(operation: Operation) -> str:
    """In words, with the permission as it is spelled."""
    if operation.is_open:
        return "open to strangers"
    return f"needs `{operation.permission}`" if operation.permission else "whoever is signed in"


__all__ = [
    "CODES",
    "Operation",
    "answer_kind",
    "by_tag",
    "completed",
    "example_of",
    "kind_of",
    "operations_of",
    "who_may",
]
