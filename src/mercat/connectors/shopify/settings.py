"""What a merchant fills in for a Shopify shop, and what opens it."""

from __future__ import annotations

import re
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from mercat.sdk.connector import StoreSecrets, StoreSettings

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?", re.IGNORECASE)
_OURS = re.compile(r"[\w-]+")


class ShopifySettings(StoreSettings, frozen=True):
    """``domain`` is the shop's own: ``acme.myshopify.com``, not the address that customers see."""

    domain: str = Field(description="The shop's myshopify.com domain, such as acme.myshopify.com.")
    api_version: str = Field(
        default="2026-10", pattern=r"^20\d\d-(01|04|07|10)$", description="The version of the Admin API to speak."
    )
    publish_to: Literal["all", "none"] = Field(
        default="all",
        description="all: products go to every sales channel of the shop (Online Store, Point of Sale, ...); "
        "none: which channels show them is decided in the shop.",
    )
    stock_reason: str = Field(default="correction", description="The reason that the shop's stock history shows.")
    key_namespace: str = Field(
        default="mercat",
        pattern=r"^[A-Za-z0-9_-]{3,255}$",
        description="The metafield namespace that holds our key of each product. Never change it once published.",
    )

    @field_validator("domain")
    @classmethod
    def _is_a_host(cls, stated: str) -> str:
        """A host, a plain shop name, or the address of a loopback shop; without a path."""
        text = stated.strip().rstrip("/")
        scheme, mark, host = text.rpartition("://")
        if not _HOST.fullmatch(host) or (mark and scheme.lower() not in {"http", "https"}):
            raise ValueError(f"{stated!r} is no shop: give its domain, such as acme.myshopify.com")
        if _OURS.fullmatch(host) and not mark and host.lower() != "localhost":
            host = f"{host}.myshopify.com"
        if scheme.lower() == "http" and (urlsplit(text).hostname or "") not in {"127.0.0.1", "localhost"}:
            raise ValueError(f"{stated!r}: only a shop on this machine is spoken to without https")
        return f"{scheme.lower()}://{host.lower()}" if scheme.lower() == "http" else host.lower()

    @property
    def origin(self) -> str:
        """Scheme and host, without a slash at the end."""
        return self.domain if "://" in self.domain else f"https://{self.domain}"


class ShopifySecrets(StoreSecrets, frozen=True):
    """Either the app's client id and secret (a token is fetched and renewed), or the access token of a custom app."""

    client_id: SecretStr | None = Field(default=None, description="Client ID of the app (Dev Dashboard, Settings).")
    client_secret: SecretStr | None = Field(default=None, description="Client secret; it also signs webhooks.")
    access_token: SecretStr | None = Field(default=None, description="Access token of a custom app (shpat_...).")
    webhook_secret: SecretStr | None = Field(
        default=None, description="What signs webhooks, where that is not the client secret (API secret key)."
    )
    previous_secret: SecretStr | None = Field(
        default=None, description="The secret before the last rotation: deliveries may still be signed with it."
    )

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if not (self.access_token or (self.client_id and self.client_secret)):
            raise ValueError("give a client id and a client secret, or an access token")
        return self

    def signing(self) -> tuple[str, ...]:
        """Every secret that a delivery may be signed with, today's first."""
        today = self.webhook_secret or self.client_secret
        return tuple(each.get_secret_value() for each in (today, self.previous_secret) if each)
