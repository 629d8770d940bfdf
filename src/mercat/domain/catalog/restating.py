"""Which keys a source stated again without a change, packed small: eight bytes a key."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable

import xxhash


def key_hash(key: str) -> int:
    """A key as a signed 64-bit number."""
    value = xxhash.xxh3_64_intdigest(key.encode())
    return value - (1 << 64) if value >= 1 << 63 else value


def pack(hashes: Iterable[int]) -> bytes:
    """Little-endian, whatever the machine: databases move between hosts."""
    packed = array("q", hashes)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def unpack(packed: bytes) -> array[int]:
    """The hashes again."""
    hashes = array("q")
    hashes.frombytes(packed)
    if sys.byteorder == "big":
        hashes.byteswap()
    return hashes
