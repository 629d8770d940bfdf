"""One call from its text to its answer: validity, sizes, scopes, cost, and then the schema itself."""

from __future__ import annotations

import math
from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLError, VariableNode, execute_sync

from mercat.sandbox.shopify.access import Token
from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.costs import CURVES, Bucket, adders
from mercat.sandbox.shopify.documents import LONGEST_QUERY, Operation, prepare
from mercat.sandbox.shopify.options import MAX_COST
from mercat.sandbox.shopify.schema import load, strict, typename
from mercat.sandbox.shopify.state import Shop

LARGEST_LIST = 250
_LIMITS = "https://shopify.dev/api/usage/rate-limits"

Answer = dict[str, Any]


def run(shop: Shop, token: Token, bucket: Bucket, body: Any) -> Answer:
    """Answer a request's body. Nothing that it does wrong raises: it is answered, mostly with HTTP 200."""
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        return _refuse("Required parameter missing or invalid: query", "BAD_REQUEST")
    if len(body["query"]) > LONGEST_QUERY:
        return _refuse(f"Query is longer than {LONGEST_QUERY} characters", "MAX_QUERY_SIZE_EXCEEDED")
    prepared = prepare(body["query"])
    if prepared.document is None or prepared.errors:
        return {"errors": prepared.errors}
    operation = prepared.chosen(body.get("operationName"))
    if operation is None:
        return _refuse("operationName has to name one of the document's operations", "BAD_REQUEST")
    shop.calls[operation.name or "?"] += 1
    for root in operation.roots:
        shop.calls[root.name.value] += 1
    variables = body.get("variables") or {}
    if not isinstance(variables, dict):
        return _refuse("variables has to be an object", "BAD_REQUEST")
    return _pay_and_execute(Call(shop, token, variables=variables), bucket, prepared.document, operation)


def _pay_and_execute(call: Call, bucket: Bucket, document: DocumentNode, operation: Operation) -> Answer:
    curve = CURVES[call.shop.options.cost_curve]
    asked = sum(step.asked(call.variables, curve) for step in operation.steps)
    if any(root.name.value == "productSet" for root in operation.roots):
        asked += adders(call.variables)
    asked = math.ceil(round(asked, 6))
    if asked > MAX_COST:
        message = f"Query cost is {asked}, which exceeds the single query max cost limit ({MAX_COST})."
        return _refuse(message, "MAX_COST_EXCEEDED", cost=asked, maxCost=MAX_COST, documentation=_LIMITS)
    if not bucket.take(asked):
        return throttled(bucket, asked)
    answer = execute(call, document, operation)
    if operation.changes:
        paid = float(asked) if answer.get("data") else 0.0
    else:
        data = answer.get("data") or {}
        paid = min(asked, sum(step.actual(data.get(step.key), curve) for step in operation.steps))
    paid = math.ceil(round(paid, 6))
    bucket.give_back(asked - paid)
    cost = {"requestedQueryCost": asked, "actualQueryCost": paid, "throttleStatus": bucket.status()}
    answer["extensions"] = {"cost": cost, **({"search": call.searches} if call.searches else {})}
    return answer


def execute(call: Call, document: DocumentNode, operation: Operation) -> Answer:
    """Run an operation that is valid and paid for."""
    if denied := _denied(call.token, operation):
        return denied
    if too_large := _too_large(operation, call.variables):
        return too_large
    call.kept["keys"] = {
        place: call.variables.get(key.name.value) if isinstance(key, VariableNode) else key
        for place, key in operation.keys.items()
    }
    done = execute_sync(
        load(),
        document,
        context_value=call,
        variable_values=call.variables,
        operation_name=operation.name or None,
        field_resolver=strict,
        type_resolver=typename,
    )
    return _formatted(done)


def throttled(bucket: Bucket, asked: float) -> Answer:
    """The recorded answer to a call that the bucket has not the points for: HTTP 200, no data."""
    error = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": _LIMITS}}
    cost = {"requestedQueryCost": asked, "actualQueryCost": None, "throttleStatus": bucket.status()}
    return {"errors": [error], "extensions": {"cost": cost}}


def _refuse(message: str, code: str, **facts: Any) -> Answer:
    return {"errors": [{"message": message, "extensions": {"code": code, **facts}}]}


def _formatted(done: ExecutionResult) -> Answer:
    if not done.errors:
        return {"data": done.data}
    errors = [_explained(error) for error in done.errors]
    if done.data is None and not any(error.path for error in done.errors):
        return {"errors": errors}
    return {"data": done.data, "errors": errors}


def _explained(error: GraphQLError) -> dict[str, Any]:
    shown: dict[str, Any] = dict(error.formatted)
    if "extensions" in shown:
        return shown
    if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
        # The sandbox itself failed: Shopify's words for that, and ours for whoever has to mend it.
        shown["message"] = f"Internal error. {type(error.original_error).__name__}: {error.original_error}"
        code = "INTERNAL_SERVER_ERROR"
    else:
        code = "INVALID_VARIABLE"
    return {**shown, "extensions": {"code": code}}


def _denied(token: Token, operation: Operation) -> Answer | None:
    opens = token.opens
    errors = [
        {
            "message": f"Access denied for {need.field} field. Required access: {need.access}",
            "path": list(need.path),
            "extensions": {
                "code": "ACCESS_DENIED",
                "documentation": "https://shopify.dev/api/usage/access-scopes",
                "requiredAccess": need.access,
            },
        }
        for need in operation.needs
        if not need.scopes & opens
    ]
    return {"data": None, "errors": errors} if errors else None


def _too_large(operation: Operation, variables: dict[str, Any]) -> Answer | None:
    """No list in the input may have more than 250 entries, but for a productSet's variants."""
    is_product_set = any(root.name.value == "productSet" for root in operation.roots)
    for path, size in _lists(variables, []):
        if size > LARGEST_LIST and not (is_product_set and path[-1] in {"variants", "values"}):
            message = f"The input array size of {size} is greater than the maximum allowed of {LARGEST_LIST}."
            error = {"message": message, "path": path, "extensions": {"code": "MAX_INPUT_SIZE_EXCEEDED"}}
            return {"data": None, "errors": [error]}
    return None


def _lists(value: Any, path: list[str]) -> list[tuple[list[str], int]]:
    if isinstance(value, dict):
        return [found for name, each in value.items() for found in _lists(each, [*path, name])]
    if isinstance(value, list):
        below = (
            [found for each in value for found in _lists(each, path)] if value and isinstance(value[0], dict) else []
        )
        return [(path, len(value)), *below]
    return []
