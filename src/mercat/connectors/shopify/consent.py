"""Plays ``Consent``: a shop's owner lets the app in on a page of Shopify's."""

from __future__ import annotations

from collections.abc import Mapping

from mercat.connectors.shopify.client import Client
from mercat.connectors.shopify.oauth import authorize_url, checked_code, exchange_code
from mercat.connectors.shopify.settings import ShopifySecrets, ShopifySettings
from mercat.sdk.channels import Surroundings
from mercat.sdk.errors import Rejected


class ShopifyConsent:
    """The authorization code grant of one app in one shop."""

    def __init__(self, settings: ShopifySettings, secrets: ShopifySecrets, surroundings: Surroundings) -> None:
        if secrets.client_id is None or secrets.client_secret is None:
            raise Rejected(
                "give the app's client id and client secret: the shop's owner gives the rest", field="secrets"
            )
        self._client_id = secrets.client_id.get_secret_value()
        self._client_secret = secrets.client_secret.get_secret_value()
        self._settings, self._secrets, self._surroundings = settings, secrets, surroundings

    def address(self, *, redirect_uri: str, state: str) -> str:
        """Where to send the shop's owner."""
        origin = self._settings.origin
        return authorize_url(origin, client_id=self._client_id, redirect_uri=redirect_uri, state=state)

    def granted(self, parameters: Mapping[str, str], *, state: str) -> dict[str, str]:
        """The access token behind a genuine answer. Raises ``Unauthorized``."""
        # A loopback shop answers at an address and goes by another name.
        domain = self._settings.domain
        shop = parameters.get("shop", "") if "://" in domain else domain
        now_s = self._surroundings.now().timestamp()
        code = checked_code(parameters, state=state, shop=shop, secret=self._client_secret, now_s=now_s)
        client = Client(self._settings, self._secrets, self._surroundings)
        token = exchange_code(client, code, client_id=self._client_id, client_secret=self._client_secret)
        return {"access_token": token.value}
