"""UUIDv7 identifiers, made in Python at birth: sorted by time, so indexes grow at one end."""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from uuid import UUID

_LOCK = threading.Lock()
_last = 0
_LOW = (1 << 62) - 1


def new_id_bytes(count: int = 1) -> list[bytes]:
    """``count`` fresh UUIDv7 (RFC 9562, May 2024) as 16 bytes each, strictly increasing within this process.

    The 74 bits after the millisecond are a counter from a random start, as section 6.2 (method 2) allows: a batch of ids
    is a run, which keeps bulk inserts at the right-hand edge of the primary key.
    """
    global _last  # noqa: PLW0603  # the one counter of the process, under its lock
    with _LOCK:
        fresh = (time.time_ns() // 1_000_000 << 80) | int.from_bytes(os.urandom(9), "big")
        value = max(fresh, _last + 1)
        _last = value + count
    first = _stamp(value)
    if value & _LOW <= _LOW - count:
        # No step carries into the twelve bits beyond the version: the ids are numbers in a row.
        return [(first + step).to_bytes(16, "big") for step in range(count)]
    return [_stamp(value + step).to_bytes(16, "big") for step in range(count)]


def _stamp(value: int) -> int:
    """Spread an 80+48-bit counter value over the layout: 48 bits time, version 7, 12 bits, variant, 62 bits."""
    low = value & _LOW
    middle = (value >> 62) & 0xFFF
    return (value >> 80 << 80) | 0x7 << 76 | middle << 64 | 0b10 << 62 | low


def new_id() -> UUID:
    """One fresh UUIDv7."""
    return UUID(bytes=new_id_bytes()[0])


def first_id(moment: dt.datetime) -> UUID:
    """An id below all that are born at this instant or later: rows that are only ever added are as old as their ids."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def part_id(whole: bytes, number: int) -> bytes:
    """The id of the ``number``-th part (below 2^20) of what has the id ``whole``: the same whenever it is asked for.

    Parts of consecutive wholes are consecutive too. A whole that is removed and made again gets its parts back.
    """
    value = int.from_bytes(whole, "big")
    return (value & ~_LOW | (value + (number << 40)) & _LOW).to_bytes(16, "big")
