"""Which keys a source stated again without a change, packed small: eight bytes a key."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence

import xxhash

_TOP_BIT = 1 << 63


def key_hash(key: str) -> int:
    """A key as a signed 64-bit number."""
    return key_hashes((key,))[0]


def key_hashes(keys: Sequence[str]) -> list[int]:
    """Many keys as signed 64-bit numbers."""
    # The two's complement of 64 bits, in one expression.
    return [(value ^ _TOP_BIT) - _TOP_BIT for value in map(xxhash.xxh3_64_intdigest, map(str.encode, keys))]


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
