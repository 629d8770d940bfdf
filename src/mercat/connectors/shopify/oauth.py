"""Connecting somebody else's shop: the authorization code grant. Pure functions, and one call.

shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant, read November 2026: the
shop sends its owner back with ``code``, ``state``, ``shop``, ``timestamp`` and ``hmac``, the last a hexadecimal HMAC-SHA256
of all the others, sorted, with the client secret.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

from mercat.connectors.shopify.client import Client
from mercat.sdk.channels import Token
from mercat.sdk.errors import Unauthorized

SCOPES = (
    "read_products",
    "write_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_publications",
    "write_publications",
    "read_files",
    "write_files",
)
"""What the connector needs, no more."""
_OLDEST_S = 90.0


def authorize_url(origin: str, *, client_id: str, redirect_uri: str, state: str) -> str:
    """Where to send the shop's owner. ``state`` is random, kept until the answer comes, and good for one answer."""
    asked = {"client_id": client_id, "scope": ",".join(SCOPES), "redirect_uri": redirect_uri, "state": state}
    return f"{origin}/admin/oauth/authorize?{urlencode(asked)}"


def signatures(parameters: Mapping[str, str], secret: str) -> list[str]:
    """What a callback with these parameters may be signed with.

    Shopify's own libraries differ: one encodes values as a form does, one escapes only what parts them. The two are the
    same for every value that has been seen, and neither lets one callback pass for another.
    """
    signed = sorted((name, value) for name, value in parameters.items() if name != "hmac")
    escaped = "&".join(
        f"{name.replace('%', '%25').replace('=', '%3D')}={value.replace('%', '%25')}".replace("&", "%26")
        for name, value in signed
    )
    return [hmac.new(secret.encode(), each.encode(), "sha256").hexdigest() for each in (urlencode(signed), escaped)]


def checked_code(parameters: Mapping[str, str], *, state: str, shop: str, secret: str, now_s: float) -> str:
    """The code of a callback that is genuine. ``now_s``: seconds since 1970.

    Raises ``Unauthorized`` where the signature, the state, the shop or the age is not right; the code is not looked at
    before.
    """
    told = parameters.get("hmac", "").encode()
    if not any(hmac.compare_digest(each.encode(), told) for each in signatures(parameters, secret)):
        raise Unauthorized("the answer is not signed by Shopify: begin the connection anew")
    if not state or not hmac.compare_digest(parameters.get("state", "").encode(), state.encode()):
        raise Unauthorized("the answer belongs to another connection: begin anew, in this browser")
    answered = parameters.get("shop", "")
    if answered.lower() != shop.lower():
        raise Unauthorized(f"the answer is of another shop than {shop}: begin the connection anew")
    stamp = parameters.get("timestamp", "")
    if not stamp.isascii() or not stamp.isdigit() or abs(now_s - int(stamp)) > _OLDEST_S:
        raise Unauthorized("the answer is too old: begin the connection anew")
    code = parameters.get("code", "")
    if not code:
        raise Unauthorized("the shop's owner did not agree: begin the connection anew")
    return code


def exchange_code(client: Client, code: str, *, client_id: str, client_secret: str) -> Token:
    """The access token for a checked code. It does not run out. Raises ``Unauthorized`` where the code was used before."""
    with client.session():
        return client.exchange({"client_id": client_id, "client_secret": client_secret, "code": code})
