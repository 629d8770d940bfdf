"""Who may call: apps, their tokens, and which scopes open which field."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode, urlsplit

from mercat.sandbox.shopify.clocks import Stopwatch

ALL_SCOPES = (
    "read_products write_products read_inventory write_inventory read_locations read_publications write_publications "
    "read_files write_files read_orders read_product_listings write_product_listings"
).split()


@dataclass(frozen=True, slots=True)
class Token:
    """``dies_s`` is on the shop's clock; a custom app's token lives for ever."""

    value: str
    app_id: str
    scopes: tuple[str, ...]
    dies_s: float | None = None

    @property
    def opens(self) -> frozenset[str]:
        """The scopes with what they imply: who may write may read."""
        return frozenset(self.scopes) | {f"read_{name[6:]}" for name in self.scopes if name.startswith("write_")}


class OauthRefused(Exception):  # named for what happened
    """A token is not handed out; ``error`` is OAuth's word for why."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


@dataclass(slots=True)
class Access:
    """The one app that the shop knows, and the tokens that are out."""

    clock: Stopwatch
    domain: str
    lifetime_s: float
    scopes: tuple[str, ...] = tuple(ALL_SCOPES)
    app_id: str = "1900000000001"
    client_id: str = field(default_factory=lambda: secrets.token_hex(16))
    client_secret: str = field(default_factory=lambda: f"shpss_{secrets.token_hex(16)}")
    custom_token: str = field(default_factory=lambda: f"shpat_{secrets.token_hex(16)}")
    tokens: dict[str, Token] = field(default_factory=dict)
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    refreshers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tokens[self.custom_token] = Token(self.custom_token, self.app_id, self.scopes)

    def token(self, given: str | None) -> Token | None:
        """The token if it is one that lives."""
        token = self.tokens.get(given or "")
        if token is None or (token.dies_s is not None and token.dies_s <= self.clock.read()):
            return None
        return token

    def expire(self, given: str | None) -> None:
        """A token dies before its time; a custom app's does not."""
        if given != self.custom_token:
            self.tokens.pop(given or "", None)

    def expire_all(self) -> None:
        """Every token dies but the custom app's."""
        self.tokens = {self.custom_token: self.tokens[self.custom_token]}

    def restrict(self, scopes: list[str]) -> None:
        """From now on, this is what the app was granted."""
        self.scopes = tuple(scopes)
        self.tokens = {
            value: Token(value, token.app_id, self.scopes, token.dies_s) for value, token in self.tokens.items()
        }

    def authorize(self, asked: dict[str, str], shop: str) -> str:
        """The merchant says yes: the address to go back to, with a code and signed as Shopify signs it."""
        if asked.get("client_id") != self.client_id:
            raise OauthRefused("invalid_client", "this client_id is of no app that the shop knows")
        target = urlsplit(asked.get("redirect_uri", ""))
        if target.scheme not in {"http", "https"} or not target.hostname:
            raise OauthRefused("invalid_request", "redirect_uri has to be a whole address")
        wanted = tuple(name for name in asked.get("scope", "").replace(",", " ").split() if name)
        if refused := sorted(set(wanted) - set(ALL_SCOPES)):
            raise OauthRefused("invalid_scope", f"the shop does not know {', '.join(refused)}")
        code = secrets.token_hex(16)
        self.codes[code] = wanted or self.scopes
        facts = {"code": code, "shop": shop, "state": asked.get("state", ""), "timestamp": asked["timestamp"]}
        signed = "&".join(f"{name}={facts[name]}" for name in sorted(facts))
        digest = hmac.new(self.client_secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
        joint = "&" if target.query else "?"
        return asked["redirect_uri"] + joint + urlencode({**facts, "hmac": digest})

    def grant(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A token for credentials, for a code, or for a refresh token."""
        known = str(asked.get("client_id")) == self.client_id
        if not known or not hmac.compare_digest(str(asked.get("client_secret")), self.client_secret):
            raise OauthRefused("invalid_client", "client_id or client_secret is wrong")
        kind = asked.get("grant_type") or ("authorization_code" if "code" in asked else None)
        if kind == "client_credentials":
            return self._issue(self.scopes, lifetime_s=self.lifetime_s)
        if kind == "authorization_code":
            scopes = self.codes.pop(str(asked.get("code")), None)
            if scopes is None:
                raise OauthRefused("invalid_grant", "the code was not found or was already used")
            expiring = str(asked.get("expiring", "0")) == "1"
            return self._issue(scopes, lifetime_s=3600.0 if expiring else None, renewable=expiring)
        if kind == "refresh_token":
            scopes = self.refreshers.get(str(asked.get("refresh_token")))
            if scopes is None:
                raise OauthRefused("invalid_grant", "the refresh token was not found or was already used")
            answer = self._issue(scopes, lifetime_s=3600.0, renewable=True)
            # The old one stays good until the new one is used (Shopify, 2026-08-28): forget it at the next refresh.
            self.refreshers = {
                name: value
                for name, value in self.refreshers.items()
                if name in {asked["refresh_token"], answer["refresh_token"]}
            }
            return answer
        raise OauthRefused("unsupported_grant_type", f"the sandbox knows no grant_type {kind!r}")

    def _issue(self, scopes: tuple[str, ...], *, lifetime_s: float | None, renewable: bool = False) -> dict[str, Any]:
        value = f"shpat_{secrets.token_hex(16)}"
        dies_s = None if lifetime_s is None else self.clock.read() + lifetime_s
        self.tokens[value] = Token(value, self.app_id, scopes, dies_s)
        answer: dict[str, Any] = {"access_token": value, "scope": ",".join(scopes)}
        if lifetime_s is not None:
            answer["expires_in"] = max(0, int(lifetime_s) - 1)
        if renewable:
            answer["refresh_token"] = f"shprt_{secrets.token_hex(16)}"
            answer["refresh_token_expires_in"] = 7_776_000
            self.refreshers[answer["refresh_token"]] = scopes
        return answer


@cache
def scope_table() -> dict[str, tuple[frozenset[str], str]]:
    """``Type`` or ``Type.field`` → the scopes of which one opens it, and how Shopify words that."""
    raw = json.loads(files(__package__).joinpath("official/scopes.json").read_text("utf-8"))
    return {name: (frozenset(row["scopes"]), row["access"]) for name, row in raw.items()}
