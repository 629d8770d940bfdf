"""Loopback servers hand their credentials out to whoever asks on this machine: nothing has to be typed to try them."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mercat.core.errors import Invalid
from mercat.sdk import http
from mercat.sdk.errors import Rejected, Unavailable, VendorError

_HANDED_OUT = "/__sandbox__/credentials"


def handed_out(address: str, *, what: str, start: str) -> dict[str, Any]:
    """What opens a sandbox. ``what`` it is ("shop"), and the words that ``start`` one, for messages.

    Raises ``Invalid`` for any other address, ``Unavailable`` where nothing answers there, ``Rejected`` where something
    else does.
    """
    refuse_distant(address, what=what)
    with http.client(allow_private=True, timeout_s=10) as client:
        try:
            answer = client.get(address.rstrip("/") + _HANDED_OUT)
        except Unavailable as silent:
            message = f"no {what} answers at {address}: is it running? {start}"
            raise Unavailable(message) from silent
    try:
        return msgspec.json.decode(http.check(answer).content, type=dict[str, Any])
    except (msgspec.DecodeError, VendorError) as wrong:
        message = f"{address} handed out no credentials: is it a loopback {what}? {start}"
        raise Rejected(message) from wrong


def refuse_distant(address: str, *, what: str) -> None:
    """Raises ``Invalid`` unless the address is on this machine."""
    host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    try:
        is_near = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_near = False
    if not is_near:
        message = (
            f"{address} is not on this machine: only a loopback {what} (http://127.0.0.1:PORT) hands credentials out"
        )
        raise Invalid(message)
