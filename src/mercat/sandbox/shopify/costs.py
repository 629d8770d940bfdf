"""What a call costs, and the bucket that it is paid from.

The rules as documented (shopify.dev, "GraphQL Admin API rate limits", seen 2026-11): scalars and enums cost nothing, an object 1, an
interface or union its dearest selection, a mutation 10, a connection is sized by ``first`` or ``last``, and productSet adds 1.9 a
file, 0.6 a variant's file, 0.4 a metafield and 0.2 a variant. How a connection's size counts is documented nowhere. Recorded answers
show that it is far less than its size (250 nodes of 2 points each cost 24: community.shopify.dev, thread 23101): the curve "recorded"
goes through that point; "linear" is the older, dearer reading. Recorded mutations cost 10 whatever single objects they answer with.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_composite_type,
)

from mercat.sandbox.shopify.options import BUCKET_SECONDS, POINTS_PER_SECOND, Options

MUTATION = 10
Curve = Callable[[int], int]


def recorded(size: int) -> int:
    """How many of ``size`` nodes are paid for, as recorded answers have it."""
    return size if size < 2 else max(1, math.floor(2 * math.log(size)))


CURVES: Mapping[str, Curve] = MappingProxyType({"recorded": recorded, "linear": lambda size: size})


@dataclass(slots=True)
class Step:
    """One selected field of a document, with what is selected below it."""

    key: str
    own: int = 0
    connection: bool = False
    size: int | str | None = None  # a number, or the name of the variable that holds it
    fields: list[Step] = field(default_factory=list)
    alternatives: list[list[Step]] = field(default_factory=list)

    def every(self) -> list[Step]:
        """All below, whatever type they hang on."""
        return self.fields + [step for steps in self.alternatives for step in steps]

    def asked(self, variables: Mapping[str, Any], curve: Curve) -> float:
        """The points that this part may cost at most."""
        below = sum(step.asked(variables, curve) for step in self.fields)
        below += max((sum(step.asked(variables, curve) for step in steps) for steps in self.alternatives), default=0)
        if not self.connection:
            return self.own + below
        size = variables.get(self.size) if isinstance(self.size, str) else self.size
        return 2 + curve(size if isinstance(size, int) else 0) * below

    def actual(self, data: Any, curve: Curve) -> float:
        """The points for what was answered."""
        if data is None:
            return 0
        if isinstance(data, list):
            return sum(self.actual(each, curve) for each in data)
        if not isinstance(data, dict):
            return 0
        if not self.connection:
            return self.own + sum(step.actual(data.get(step.key), curve) for step in self.every())
        below = sum(step.actual(data.get(step.key), curve) for step in self.every())
        count = max((len(each) for each in data.values() if isinstance(each, list)), default=0)
        return 2 + (curve(count) * below / count if count else 0)


def steps_of(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> list[Step]:
    """What a valid document selects, from its roots down."""
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    planner = _Planner(schema, fragments)
    root = schema.get_root_type(operation.operation)
    if root is None:
        return []
    top = Step("")
    planner.fill(top, operation.selection_set, root, inside_mutation=False)
    if operation.operation.value == "mutation":
        for step, node in zip(top.fields, _fields(operation.selection_set), strict=False):
            step.own = MUTATION
            step.fields, step.alternatives = [], []
            payload = get_named_type(root.fields[node.name.value].type)
            if node.selection_set:
                planner.fill(step, node.selection_set, payload, inside_mutation=True)
    return top.every()


def _fields(selections: SelectionSetNode) -> list[FieldNode]:
    return [node for node in selections.selections if isinstance(node, FieldNode)]


@dataclass(frozen=True, slots=True)
class _Planner:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]

    def fill(self, step: Step, selections: SelectionSetNode, owner: GraphQLNamedType, *, inside_mutation: bool) -> None:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                step.fields.append(self.step(node, owner, inside_mutation=inside_mutation))
                continue
            name = self.condition(node)
            below = Step("")
            inner: Any = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            condition = self.schema.type_map[name] if name else owner
            self.fill(below, inner.selection_set, condition, inside_mutation=inside_mutation)
            if isinstance(owner, GraphQLObjectType) or not name or name == owner.name:
                step.fields.extend(below.fields)
                step.alternatives.extend(below.alternatives)
            else:
                step.alternatives.append(below.every())

    def condition(self, node: Any) -> str | None:
        if isinstance(node, FragmentSpreadNode):
            return str(self.fragments[node.name.value].type_condition.name.value)
        if isinstance(node, InlineFragmentNode) and node.type_condition:
            return str(node.type_condition.name.value)
        return None

    def step(self, node: FieldNode, owner: GraphQLNamedType, *, inside_mutation: bool) -> Step:
        key = node.alias.value if node.alias else node.name.value
        declared = getattr(owner, "fields", {}).get(node.name.value)
        if declared is None or not node.selection_set:
            return Step(key)
        kind = get_named_type(declared.type)
        is_connection = kind.name.endswith("Connection")
        free = inside_mutation or not is_composite_type(kind) or kind.name.endswith("Edge") or kind.name == "PageInfo"
        made = Step(key, own=0 if free else 1, connection=is_connection, size=_size(node) if is_connection else None)
        self.fill(made, node.selection_set, kind, inside_mutation=inside_mutation and not is_connection)
        return made


def _size(node: FieldNode) -> int | str | None:
    for argument in node.arguments or ():
        if argument.name.value in {"first", "last"}:
            if isinstance(argument.value, IntValueNode):
                return int(argument.value.value)
            if isinstance(argument.value, VariableNode):
                return str(argument.value.name.value)
    return None


def adders(variables: Any) -> float:
    """What a productSet's own input adds, wherever it stands in the variables."""
    given = variables.get("input") if isinstance(variables, dict) else None
    if not isinstance(given, dict):
        return 0.0
    variants = [each for each in given.get("variants") or [] if isinstance(each, dict)]
    metafields = len(given.get("metafields") or []) + sum(len(each.get("metafields") or []) for each in variants)
    files = len(given.get("files") or [])
    variant_files = sum(1 for each in variants if each.get("file"))
    return 1.9 * files + 0.6 * variant_files + 0.4 * metafields + 0.2 * len(variants)


class Bucket:
    """A leaky bucket of points for one app at one shop."""

    def __init__(self, options: Options) -> None:
        self.rate = float(POINTS_PER_SECOND[options.plan])
        self.size = self.rate * BUCKET_SECONDS
        self._left = self.size
        self._seen = time.monotonic()

    def left(self) -> float:
        """The points there are at this moment."""
        now = time.monotonic()
        self._left = min(self.size, self._left + (now - self._seen) * self.rate)
        self._seen = now
        return self._left

    def take(self, points: float) -> bool:
        """Pay, if there is enough."""
        if self.left() < points:
            return False
        self._left -= points
        return True

    def give_back(self, points: float) -> None:
        """What was asked for and not used."""
        self._left = min(self.size, self._left + points)

    def drain(self) -> None:
        """Nothing is left: the next call is throttled."""
        self.left()
        self._left = 0.0

    def status(self) -> dict[str, float]:
        """As ``extensions.cost.throttleStatus`` shows it."""
        return {
            "maximumAvailable": self.size,
            "currentlyAvailable": math.floor(self.left()),
            "restoreRate": self.rate,
        }
