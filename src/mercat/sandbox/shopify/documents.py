"""A document of GraphQL, read once and kept: its validity, its cost, the scopes it needs, its idempotency keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNamedType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    VariableNode,
    get_named_type,
    parse,
    validate,
)

from mercat.sandbox.shopify.access import scope_table
from mercat.sandbox.shopify.costs import Step, steps_of
from mercat.sandbox.shopify.schema import load

LONGEST_QUERY = 50_000


@dataclass(frozen=True, slots=True)
class Need:
    """One of these scopes opens what is selected at a path."""

    path: tuple[str, ...]
    field: str
    scopes: frozenset[str]
    access: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document."""

    name: str
    node: OperationDefinitionNode
    steps: list[Step]
    needs: list[Need]
    keys: dict[str, str | VariableNode]

    @property
    def changes(self) -> bool:
        """Whether it is a mutation."""
        return self.node.operation.value == "mutation"

    @property
    def roots(self) -> list[FieldNode]:
        """The fields at the top."""
        return [each for each in self.node.selection_set.selections if isinstance(each, FieldNode)]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that was parsed; ``errors`` say why it may not run."""

    document: DocumentNode | None
    errors: list[dict[str, Any]]
    operations: dict[str, Operation] = field(default_factory=dict)

    def chosen(self, name: str | None) -> Operation | None:
        """The operation to run."""
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        return self.operations.get(name or "")


@lru_cache(maxsize=512)
def prepare(text: str) -> Prepared:
    """Parse and validate, once for each distinct text."""
    try:
        document = parse(text)
    except GraphQLError as broken:
        return Prepared(None, [{**broken.formatted, "extensions": {"code": "parseError"}}])
    schema = load()
    errors = [_worded(error) for error in validate(schema, document, max_errors=20)]
    operations: dict[str, Operation] = {}
    if not errors:
        fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        for node in document.definitions:
            if isinstance(node, OperationDefinitionNode):
                name = node.name.value if node.name else ""
                root = schema.get_root_type(node.operation)
                needs = [] if root is None else list(_needs(node.selection_set, root, (), fragments))
                operations[name] = Operation(name, node, steps_of(schema, document, node), needs, _keys(node))
    return Prepared(document, errors, operations)


# What graphql-core says, and the code that Shopify gives it.
_CODES = (
    ("Cannot query field", "undefinedField"),
    ("Unknown argument", "argumentNotAccepted"),
    ("is required, but it was not provided", "missingRequiredArguments"),
    ("must have a selection", "selectionMismatch"),
    ("must not have a selection", "selectionMismatch"),
    ("Unknown type", "undefinedType"),
    ("Unknown directive", "undefinedDirective"),
    ("used in position expecting type", "variableMismatch"),
    ("is not defined", "variableNotDefined"),
    ("is never used", "variableNotUsed"),
)


def _worded(error: GraphQLError) -> dict[str, Any]:
    code = next((code for words, code in _CODES if words in error.message), "argumentLiteralsIncompatible")
    return {**error.formatted, "extensions": {"code": code}}


def _needs(
    selections: SelectionSetNode,
    owner: GraphQLNamedType,
    path: tuple[str, ...],
    fragments: Mapping[str, FragmentDefinitionNode],
) -> Iterator[Need]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield from _needs_of_field(node, owner, path, fragments)
            continue
        inner: Any = fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
        named = inner.type_condition if isinstance(inner, InlineFragmentNode | FragmentDefinitionNode) else None
        kind = load().type_map[named.name.value] if named else owner
        yield from _needs(inner.selection_set, kind, path, fragments)


def _needs_of_field(
    node: FieldNode, owner: GraphQLNamedType, path: tuple[str, ...], fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[Need]:
    declared = getattr(owner, "fields", {}).get(node.name.value)
    if declared is None:
        return
    here = (*path, node.alias.value if node.alias else node.name.value)
    kind = get_named_type(declared.type)
    table = scope_table()
    for name in (f"{owner.name}.{node.name.value}", kind.name):
        if name in table:
            yield Need(here, node.name.value, *table[name])
    if node.selection_set:
        yield from _needs(node.selection_set, kind, here, fragments)


def _keys(node: OperationDefinitionNode) -> dict[str, str | VariableNode]:
    """Where ``@idempotent`` stands: response key → its key."""
    found: dict[str, str | VariableNode] = {}
    for root in node.selection_set.selections:
        if isinstance(root, FieldNode) and (key := _key(root)) is not None:
            found[root.alias.value if root.alias else root.name.value] = key
    return found


def _key(root: FieldNode) -> str | VariableNode | None:
    for directive in root.directives or ():
        if directive.name.value == "idempotent":
            for argument in directive.arguments or ():
                if isinstance(argument.value, StringValueNode):
                    return str(argument.value.value)
                if isinstance(argument.value, VariableNode):
                    return argument.value
    return None
