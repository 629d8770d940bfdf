"""A shop with all that serves it, before anything of it is on HTTP."""

from __future__ import annotations

import asyncio

from mercat.sandbox.shopify.access import Access
from mercat.sandbox.shopify.bulk import BulkRunner
from mercat.sandbox.shopify.costs import Bucket
from mercat.sandbox.shopify.delivery import Courier
from mercat.sandbox.shopify.faults import Faults
from mercat.sandbox.shopify.opening import open_shop
from mercat.sandbox.shopify.options import Options
from mercat.sandbox.shopify.schema import load


class House:
    """One shop with all that serves it."""

    def __init__(self, options: Options) -> None:
        load()
        self.options = options
        self.shop = open_shop(options)
        self.access = Access(self.shop.clock, options.domain, options.token_lifetime_s)
        self.bucket = Bucket(options)
        self.faults = Faults(self.shop.random, options.faults)
        self.courier = Courier(self.shop, self.access, self.faults)
        self.bulk = BulkRunner(self.shop)
        self.closing: asyncio.Event | None = None
        self.shop.announce = self.courier.announce
        self.shop.begin = self.bulk.begin
