"""Bulk operations at work: a staged file line by line through the same schema, or a query's nodes into lines."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec

from mercat.sandbox.shopify.access import Token
from mercat.sandbox.shopify.bulk_checks import nodes_of
from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.clocks import stamp
from mercat.sandbox.shopify.costs import Step
from mercat.sandbox.shopify.documents import prepare
from mercat.sandbox.shopify.executing import execute
from mercat.sandbox.shopify.records import Bulk
from mercat.sandbox.shopify.state import Shop

LINES_AT_ONCE = 10  # between two looks at other requests
NODES_AT_ONCE = 100


class BulkRunner:
    """Runs what was begun, beside everything else that the shop does."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, bulk: Bulk, token: Token) -> None:
        """Start, on the loop that serves the request."""
        task = asyncio.get_running_loop().create_task(self._run(bulk, token))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """Leave everything where it is."""
        for task in self._tasks:
            task.cancel()

    async def _run(self, bulk: Bulk, token: Token) -> None:
        await asyncio.sleep(self.shop.options.bulk_start_after_s)
        lines: list[bytes] = []
        try:
            if bulk.status == "CREATED":
                bulk.status = "RUNNING"
            work = self._mutate(bulk, token) if bulk.type == "MUTATION" else self._query(bulk, token)
            for line in work:
                if line is None:
                    await asyncio.sleep(0)
                    if bulk.status == "CANCELING":
                        break
                else:
                    lines.append(line)
            bulk.status = "CANCELED" if bulk.status == "CANCELING" else "COMPLETED"
        except _Denied:
            bulk.status, bulk.error_code = "FAILED", "ACCESS_DENIED"
        except Exception:
            bulk.status, bulk.error_code = "FAILED", "INTERNAL_SERVER_ERROR"
            raise
        finally:
            bulk.result = b"\n".join([*lines, b""]) if lines else b""
            self._finish(bulk)

    def _finish(self, bulk: Bulk) -> None:
        if bulk.status == "COMPLETED":
            bulk.completed_at = stamp()
        body = {
            "admin_graphql_api_id": bulk.id,
            "completed_at": bulk.completed_at,
            "created_at": bulk.created_at,
            "error_code": bulk.error_code,
            "status": bulk.status.lower(),
            "type": bulk.type.lower(),
        }
        self.shop.announce("BULK_OPERATIONS_FINISH", bulk, body)

    def _mutate(self, bulk: Bulk, token: Token) -> Iterator[bytes | None]:
        prepared = prepare(bulk.query)
        operation = next(iter(prepared.operations.values()))
        upload = self.shop.uploads[bulk.path]
        for number, line in enumerate((upload.body or b"").split(b"\n")):
            if not line.strip():
                continue
            if number % LINES_AT_ONCE == 0:
                yield None
            bulk.objects += 1
            bulk.roots += 1
            self.shop.calls[f"bulk {operation.roots[0].name.value}"] += 1
            try:
                variables = msgspec.json.decode(line)
            except msgspec.DecodeError as broken:
                yield _line({"errors": [{"message": f"Invalid JSON: {broken}"}], "__lineNumber": number})
                continue
            call = Call(self.shop, token, variables=variables if isinstance(variables, dict) else {})
            assert prepared.document is not None  # noqa: S101  # it was checked when the operation was asked for
            yield _line(execute(call, prepared.document, operation) | {"__lineNumber": number})

    def _query(self, bulk: Bulk, token: Token) -> Iterator[bytes | None]:
        prepared = prepare(bulk.query)
        operation = next(iter(prepared.operations.values()))
        call = Call(self.shop, token, bulk=True, window=(0, NODES_AT_ONCE))
        while call.window is not None:
            yield None
            call.total = 0
            assert prepared.document is not None  # noqa: S101  # it was checked when the operation was asked for
            answer = execute(call, prepared.document, operation)
            if answer.get("errors"):
                raise _Denied(answer["errors"])
            for line, is_root in _rows(operation.steps, answer["data"]):
                bulk.objects += 1
                bulk.roots += is_root
                yield _line(line)
            end = call.window[1]
            call.window = (end, end + NODES_AT_ONCE) if end < call.total else None


class _Denied(Exception):  # named for what happened
    """The query was refused when it ran."""


def _line(value: dict[str, Any]) -> bytes:
    return msgspec.json.encode(value)


def _rows(steps: list[Step], data: dict[str, Any]) -> Iterator[tuple[dict[str, Any], bool]]:
    """The lines of a result, and whether each is a root: an object first, and behind it what hangs on it."""
    for step in steps:
        value = data.get(step.key)
        if step.connection and isinstance(value, dict):
            for line, depth in _nodes(step, value, None):
                yield line, depth == 0
        elif isinstance(value, dict):
            for line, depth in _object(step.every(), value, None, 0):
                yield line, depth == 0


def _nodes(
    step: Step, value: dict[str, Any], parent: str | None, depth: int = 0
) -> Iterator[tuple[dict[str, Any], int]]:
    found = value.get("nodes") or [edge.get("node") for edge in value.get("edges") or []]
    for node in found:
        if isinstance(node, dict):
            yield from _object(nodes_of(step), node, parent, depth)


def _object(
    steps: list[Step], node: dict[str, Any], parent: str | None, depth: int
) -> Iterator[tuple[dict[str, Any], int]]:
    hanging: list[tuple[Step, dict[str, Any]]] = []
    line = _flat(steps, node, hanging)
    if parent is not None:
        line["__parentId"] = parent
    yield line, depth
    for step, below in hanging:
        yield from _nodes(step, below, node.get("id"), depth + 1)


def _flat(steps: list[Step], node: dict[str, Any], hanging: list[tuple[Step, dict[str, Any]]]) -> dict[str, Any]:
    """An object without the connections below it, which are put aside."""
    line = dict(node)
    for step in steps:
        value = node.get(step.key)
        if not isinstance(value, dict):
            continue
        if step.connection:
            if all(step is not known for known, _ in hanging) and step.key in line:
                hanging.append((step, value))
            line.pop(step.key, None)
        elif step.every():
            line[step.key] = _flat(step.every(), value, hanging)
    return line
