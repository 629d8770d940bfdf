"""The digest of a feed row: equal rows under equal settings have equal digests, so that unchanged rows cost nothing."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import xxhash
from pydantic import BaseModel

_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_SIGN = 1 << 63


class RowDigest:
    """Digests what ``to_record`` reads. ``edition`` is raised when a connector's conversion changes its meaning."""

    def __init__(self, connector: str, settings: BaseModel, *, edition: int = 1) -> None:
        self._salt = _encode([connector, edition, settings.model_dump(mode="json")])

    def of(self, raw: Any) -> int:
        """A signed 64-bit number, as databases store it. ``raw`` is plain data: text, numbers, lists, dicts."""
        hashed = xxhash.xxh3_64(self._salt)
        hashed.update(_plain(raw))
        value = hashed.intdigest()
        return value - (1 << 64) if value & _SIGN else value


def _plain(raw: Any) -> bytes:
    try:
        return _encode(raw)
    except (OverflowError, UnicodeEncodeError):
        # JSON may hold whole numbers beyond 64 bits and halves of characters; no other format can.
        return json.dumps(raw, sort_keys=True, default=str).encode()
