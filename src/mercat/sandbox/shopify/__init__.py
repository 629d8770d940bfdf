"""A loopback Shopify: the official Admin GraphQL schema of 2026-10 with a strict, stateful shop behind it.

It knows nothing of the rest of Mercat. In a test::

    from mercat.sandbox.shopify import Options, running

    with running(Options(plan="plus", faults={"502": 0.02})) as shop:
        shop.url, shop.credentials, shop.state, shop.calls
        shop.tell("faults", next=["502"])

From a terminal: ``mercat sandbox shopify``. What it plays and what not: docs/guides/shopify-sandbox.md.
"""

from mercat.sandbox.shopify.options import Options
from mercat.sandbox.shopify.running import RunningShop, running, serve

__all__ = ["Options", "RunningShop", "running", "serve"]
