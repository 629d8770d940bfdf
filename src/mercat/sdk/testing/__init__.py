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
"""

from __future__ import annotations

from mercat.sdk.testing.channels import ChannelContract, LoopbackShop
from mercat.sdk.testing.suppliers import SupplierContract

__all__ = ["ChannelContract", "LoopbackShop", "SupplierContract"]
