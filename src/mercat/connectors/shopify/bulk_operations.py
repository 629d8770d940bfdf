"""Bulk operations: started under a name of ours, found by it again, looked at by their id.

A bulk operation keeps the text that it runs. The name of the operation in that text is made of our key, so that one which
was started by somebody who did not live to write its id down is found and not started twice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from mercat.connectors.shopify import operations
from mercat.connectors.shopify.answers import BulkOperation, BulkStarted
from mercat.connectors.shopify.client import Client
from mercat.connectors.shopify.places import refusal
from mercat.sdk.errors import RateLimited

RUNNING = frozenset({"CREATED", "RUNNING", "CANCELING"})
BUSY_S = 30.0
"""How long to wait where as many bulk operations run as the shop allows (five of each kind, from version 2026-01 on)."""
_BUSY = frozenset({"OPERATION_IN_PROGRESS", "LIMIT_REACHED"})
_NAMED = re.compile(r"\b(?:mutation|query)\s+(Mercat_\w+)")


def name_of(key: str) -> str:
    """The operation's name for a key of ours: a GraphQL name, always the same for the same key."""
    return f"Mercat_{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def named(text: str, name: str) -> str:
    """The document under another name."""
    return re.sub(r"^(mutation|query)\s+\w+", rf"\1 {name}", text, count=1)


def name_in(operation: BulkOperation) -> str | None:
    """The name that an operation was started under, if it is one of ours."""
    found = _NAMED.search(operation.query or "")
    return found[1] if found else None


def find(client: Client, name: str, *, kind: str) -> BulkOperation | None:
    """The operation of this name, whatever became of it. ``kind``: ``mutation`` or ``query``."""
    return next((each for each in _all(client, kind) if name_in(each) == name), None)


def _all(client: Client, kind: str) -> Iterator[BulkOperation]:
    after: str | None = None
    while True:
        page = client.call(operations.BULK_LIST, {"query": f"operation_type:{kind}", "after": after}).bulk_operations
        yield from page.nodes
        after = page.page_info.next
        if after is None:
            return


def look(client: Client, reference: str) -> BulkOperation | None:
    """The operation as it is now."""
    return client.call(operations.BULK_LOOK, {"id": reference}).bulk_operation


def started(answer: BulkStarted, what: str) -> BulkOperation:
    """The operation that was begun. Raises ``RateLimited`` where too many run already."""
    if any(error.code in _BUSY for error in answer.user_errors):
        raise RateLimited(f"Shopify runs as many bulk operations as it allows; {what} has to wait", after_s=BUSY_S)
    if answer.user_errors or answer.bulk_operation is None:
        raise refusal(answer.user_errors, what)
    return answer.bulk_operation
