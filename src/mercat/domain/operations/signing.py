"""Signatures of what is sent out, by Standard Webhooks 1.0.0 (standardwebhooks.com, "Signature scheme").

Pure: the same secret, id, instant and body give the same signature.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
_BYTES = 32  # the specification asks for 24 to 64


def new_secret() -> str:
    """A fresh secret, as its reader gets it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signature(secret: str, delivery_id: str, timestamp: int, body: bytes) -> str:
    """``v1,`` and the HMAC-SHA256 of ``id.timestamp.body`` in base64."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{delivery_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def signed_headers(known: Sequence[str], delivery_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers; one signature for each secret that counts just now, so that secrets can be exchanged."""
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(each, delivery_id, timestamp, body) for each in known),
    }
