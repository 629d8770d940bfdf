"""What every connector promises, as tests to inherit. Each clause is itself proved by a connector that breaks it.

.. code-block:: python

    class TestAcme(SupplierContract):
        def make(self): return AcmeFeed(AcmeSettings())
        def write(self, path, rows): ...        # a file of so many products
        def spoil(self, path): ...              # break one line in its middle

    class TestAcmeShop(ChannelContract):
        limits = LIMITS
        def shop(self): ...                     # a loopback server that speaks as Acme does
        def make(self, shop, surroundings): return AcmeChannel(AcmeSettings(...), AcmeSecrets(...), surroundings)

    class TestAcmeMarket(MarketSourceContract):
        known, unknown, at_once = [...], Wanted(...), 100
        def market(self): ...                   # a loopback market that speaks as Acme does
        def source(self, market, *, wrong=False): return AcmeSource(...), calls
"""

from __future__ import annotations

from mercat.sdk.testing.channels import ChannelContract
from mercat.sdk.testing.shops import LoopbackShop
from mercat.sdk.testing.sources import MarketSourceContract
from mercat.sdk.testing.suppliers import SupplierContract

__all__ = ["ChannelContract", "LoopbackShop", "MarketSourceContract", "SupplierContract"]
