"""What a bulk operation may be asked to do."""

from __future__ import annotations

from mercat.sandbox.shopify.costs import Step
from mercat.sandbox.shopify.documents import Operation, prepare

MOST_CONNECTIONS = 5
DEEPEST = 2
_NEVER = frozenset({"bulkOperationRunMutation", "bulkOperationRunQuery", "bulkOperationCancel", "stagedUploadsCreate"})


def _only(text: str) -> Operation | str:
    prepared = prepare(text)
    if prepared.errors:
        return "; ".join(str(error["message"]) for error in prepared.errors)
    if len(prepared.operations) != 1:
        return "You must specify exactly one operation."
    return next(iter(prepared.operations.values()))


def check_mutation(text: str) -> str | None:
    """Why a mutation cannot run line by line, or nothing."""
    operation = _only(text)
    if isinstance(operation, str):
        return f"Failed to parse the mutation - {operation}"
    if not operation.changes:
        return "Invalid operation type. Only `mutation` operations are supported."
    if len(operation.roots) != 1 or len(operation.node.selection_set.selections) != 1:
        return "You must specify a single top level mutation."
    name = operation.roots[0].name.value
    return f"You must use an allowed mutation name: not {name}." if name in _NEVER else None


def check_query(text: str) -> str | None:
    """Why a query cannot run in bulk, or nothing."""
    operation = _only(text)
    if isinstance(operation, str):
        return operation
    if operation.changes:
        return "Invalid operation type. Only `query` operations are supported."
    if operation.node.variable_definitions:
        return "Bulk queries cannot contain variables."
    if len(operation.roots) != 1:
        return "Bulk queries must contain a single top level field."
    connections = _connections(operation.steps, 0)
    if not connections:
        return "Bulk queries must contain at least one connection."
    if len(connections) > MOST_CONNECTIONS:
        return f"Bulk queries cannot contain more than {MOST_CONNECTIONS} connections."
    if max(depth for _, depth in connections) > DEEPEST:
        return f"Bulk queries cannot contain connections with a nesting depth greater than {DEEPEST}."
    if not all(_names_ids(step) for step, _ in connections):
        return "The parent 'node' field for a nested connection must select the 'id' field without an alias and must be of 'ID' return type."
    return None


def _connections(steps: list[Step], depth: int) -> list[tuple[Step, int]]:
    found: list[tuple[Step, int]] = []
    for step in steps:
        deeper = depth + step.connection
        if step.connection:
            found.append((step, depth))
        found.extend(_connections(step.every(), deeper))
    return found


def _names_ids(step: Step) -> bool:
    """Whether the nodes of a connection that has connections below say their id."""
    node = nodes_of(step)
    return not _connections(node, 0) or any(each.key == "id" for each in node)


def nodes_of(step: Step) -> list[Step]:
    """What is selected of each node of a connection."""
    below: list[Step] = []
    for each in step.every():
        if each.key == "nodes":
            below.extend(each.every())
        if each.key == "edges":
            below.extend(inner for node in each.every() if node.key == "node" for inner in node.every())
    return below
