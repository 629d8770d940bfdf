"""Lists by the page, as Relay has them: first or last, after and before, with cursors that survive changes."""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.refusals import bad_request

LARGEST_PAGE = 250
DEEPEST = 25_000  # objects that paging reaches; further on it takes a filter or a bulk operation

Key = Callable[[Any], Any]


class Connection:
    """One page. Edges and the page's own facts are made only when they are asked for."""

    __slots__ = ("_cursors", "_next", "_previous", "nodes")

    def __init__(self, nodes: Sequence[Any], cursors: Callable[[int], str], *, earlier: bool, later: bool) -> None:
        self.nodes = nodes
        self._cursors = cursors
        self._previous = earlier
        self._next = later

    @property
    def edges(self) -> list[dict[str, Any]]:
        """Nodes with their cursors."""
        return [{"node": node, "cursor": self._cursors(place)} for place, node in enumerate(self.nodes)]

    @property
    def page_info(self) -> dict[str, Any]:
        """What lies before and behind."""
        last = len(self.nodes) - 1
        return {
            "hasNextPage": self._next,
            "hasPreviousPage": self._previous,
            "startCursor": self._cursors(0) if self.nodes else None,
            "endCursor": self._cursors(last) if self.nodes else None,
        }


def connection(
    items: Sequence[Any], call: Call, args: dict[str, Any], *, key: Key | None = None, root: bool = False
) -> Connection:
    """A page of ``items``. With a ``key`` they are sorted by it; without, their own order holds and cursors are places."""
    if key is not None:
        items = sorted(items, key=key)
    if args.get("reverse"):
        items = items[::-1]
    if call.bulk:
        return _whole(items, call, root=root)
    size = _size(args)
    keys = [key(item) for item in items] if key is not None else list(range(len(items)))
    start, stop = _bounds(keys, args, descending=bool(args.get("reverse")) and key is not None)
    if args.get("first") is not None:
        begin, end = start, min(stop, start + size)
    else:
        begin, end = max(start, stop - size), stop
    if begin >= DEEPEST:
        raise bad_request(f"Pagination is limited to {DEEPEST} objects: add filters, or use a bulk operation.")
    return Connection(
        items[begin:end], lambda place: _encode(keys[begin + place]), earlier=begin > 0, later=end < len(items)
    )


def _whole(items: Sequence[Any], call: Call, *, root: bool) -> Connection:
    if root and call.window is not None:
        items = call.kept.setdefault("roots", items)  # what there was when the bulk query began
        call.total = len(items)
        items = items[call.window[0] : call.window[1]]
    return Connection(items, str, earlier=False, later=False)


def _size(args: dict[str, Any]) -> int:
    first, last = args.get("first"), args.get("last")
    if first is None and last is None:
        raise bad_request("you must provide one of first or last")
    if first is not None and last is not None:
        raise bad_request("providing both first and last is not supported")
    size = int(last if first is None else first)  # type: ignore[arg-type]  # one of them is there
    if size < 0:
        raise bad_request("first and last cannot be negative")
    if size > LARGEST_PAGE:
        raise bad_request(f"first and last cannot exceed {LARGEST_PAGE}", "MAX_INPUT_SIZE_EXCEEDED")
    return size


def _bounds(keys: list[Any], args: dict[str, Any], *, descending: bool) -> tuple[int, int]:
    """Where the page may begin and end, between the cursors."""
    start, stop = 0, len(keys)
    if args.get("after"):
        start = _place(keys, _decode(args["after"]), behind=True, descending=descending)
    if args.get("before"):
        stop = _place(keys, _decode(args["before"]), behind=False, descending=descending)
    return start, max(start, stop)


def _place(keys: list[Any], key: Any, *, behind: bool, descending: bool) -> int:
    try:
        if descending:
            mirrored = keys[::-1]
            return len(keys) - (bisect_left(mirrored, key) if behind else bisect_right(mirrored, key))
        return bisect_right(keys, key) if behind else bisect_left(keys, key)
    except TypeError:
        raise bad_request("Invalid cursor for the current pagination sort.", "INVALID_CURSOR") from None


def _encode(key: Any) -> str:
    return base64.b64encode(json.dumps(key, separators=(",", ":")).encode()).decode()


def _decode(cursor: str) -> Any:
    try:
        key = json.loads(base64.b64decode(cursor, validate=True))
    except (binascii.Error, ValueError, UnicodeDecodeError):
        raise bad_request(f"Invalid cursor: {cursor!r}", "INVALID_CURSOR") from None
    return tuple(key) if isinstance(key, list) else key
