"""How resolvers are named.

A resolver is a function of the object it reads from, the call it serves, and the field's arguments, registered under the field's name
in Shopify's schema. What is not registered and is no attribute of the object is answered with an explicit error, never with a null.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mercat.sandbox.shopify.calls import Call

Resolver = Callable[[Any, Call, dict[str, Any]], Any]
RESOLVERS: dict[str, Resolver] = {}
IDEMPOTENT: set[str] = set()


def field(*names: str, idempotent: bool = False) -> Callable[[Resolver], Resolver]:
    """Register a resolver for each ``Type.field``. An idempotent mutation demands ``@idempotent(key:)``."""

    def register(resolver: Resolver) -> Resolver:
        for name in names:
            if name in RESOLVERS:
                raise ValueError(f"{name} has two resolvers")
            RESOLVERS[name] = resolver
            if idempotent:
                IDEMPOTENT.add(name)
        return resolver

    return register
