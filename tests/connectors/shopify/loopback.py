"""The loopback Shopify, as the channels' contract asks for it, and channels that sell through it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mercat.connectors.shopify import ShopifySecrets, ShopifySettings
from mercat.connectors.shopify.channel import ShopifyChannel
from mercat.sandbox.shopify import Options, RunningShop, running
from mercat.sdk.channels import Call, Surroundings, Token

QUICK = Options(file_ready_after_s=0, operation_after_s=0, bulk_start_after_s=0)


@dataclass
class Loopback:
    """One running shop."""

    shop: RunningShop
    opens: dict[str, Any]

    @property
    def secrets(self) -> list[str]:
        access = self.shop.house.access
        return [self.opens["client_secret"], access.client_secret, access.custom_token, *access.tokens]

    def requests(self) -> int:
        return sum(self.shop.calls.values())

    def snapshot(self) -> object:
        state = self.shop.state
        products = [
            {name: value for name, value in each.items() if not name.endswith("_at")} for each in state["products"]
        ]
        return json.dumps([products, state["files"], state["collections"]], sort_keys=True)

    def count(self) -> int:
        return len(self.shop.state["products"])

    def limit_rate(self) -> float:
        self.shop.tell("faults", next=["429"] * 100)
        return 2.0

    def expire_tokens(self) -> None:
        self.shop.tell("tokens/expire")

    def refuse_everybody(self) -> None:
        # The secret was rotated, and nobody told us.
        self.shop.house.access.client_secret = "another-secret"
        self.expire_tokens()

    def lose_next_answer(self) -> None:
        # In a fresh shop definitions are looked for, and our key's and one of the draft's are made, before the first product.
        before = 0 if self.shop.state["definitions"] else 3
        self.lose_answer_after(before)

    def lose_answer_after(self, before: int) -> None:
        """Answer the call after so many others with 502, having done what it asks."""
        self.shop.tell("faults", next=[*[None] * before, "502"])

    def delivery(self) -> tuple[Mapping[str, str], bytes, str]:
        body = b'{"id":7,"admin_graphql_api_id":"gid://shopify/Product/7"}'
        digest = hmac.new(self.opens["client_secret"].encode(), body, hashlib.sha256).digest()
        headers = {
            "X-Shopify-Topic": "products/update",
            "X-Shopify-Webhook-Id": "d-1",
            "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        }
        return headers, body, "X-Shopify-Hmac-Sha256"


@contextmanager
def loopback(options: Options = QUICK) -> Iterator[Loopback]:
    """A shop for as long as this lasts."""
    with running(options) as shop:
        yield Loopback(shop, shop.credentials)


@dataclass
class Desk:
    """What a caller of the channel keeps and hears."""

    tokens: list[Token] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)
    longest_pause_s: float = 0.02
    pictures: dict[str, Path] = field(default_factory=dict)

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        time.sleep(min(seconds, self.longest_pause_s))

    def sent(self) -> list[str]:
        """The operations that went out, in order."""
        return [call.endpoint for call in self.calls]

    def surroundings(self) -> Surroundings:
        return Surroundings(
            load_token=lambda: self.tokens[-1] if self.tokens else None,
            save_token=self.tokens.append,
            called=self.calls.append,
            pause=self.pause,
            allow_private=True,
            picture=self.pictures.get,
        )


def channel(shop: Loopback, surroundings: Surroundings, **settings: Any) -> ShopifyChannel:
    """A channel of this shop."""
    return ShopifyChannel(
        ShopifySettings(domain=shop.opens["base_url"], **settings),
        ShopifySecrets(client_id=shop.opens["client_id"], client_secret=shop.opens["client_secret"]),
        surroundings,
    )
