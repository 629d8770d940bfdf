"""How resolvers are named, and what they may refuse with.

A resolver is a function of the object it reads from, the call it serves, and the field's arguments, registered under the field's name
in Shopify's schema. What is not registered and is no attribute of the object is answered with an explicit error, never with a null.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

if TYPE_CHECKING:
    from mercat.sandbox.shopify.calls import Call

Resolver = Callable[[Any, "Call", dict[str, Any]], Any]
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


class Refused(Exception):  # refusing is what a mutation does, with userErrors
    """A mutation changes nothing and answers ``userErrors``."""

    def __init__(
        self, path: Sequence[str | int] | None, message: str, code: str | None = None, *, element: int | None = None
    ) -> None:
        super().__init__(message)
        self.errors = [user_error(path, message, code, element=element)]

    @classmethod
    def many(cls, errors: list[dict[str, Any]]) -> Refused:
        """Several at once."""
        made = cls(None, "")
        made.errors = errors
        return made


def user_error(
    path: Sequence[str | int] | None, message: str, code: str | None = None, *, element: int | None = None
) -> dict[str, Any]:
    """One of ``userErrors``; ``path`` as Shopify writes it: the way from the argument down to the value."""
    return {
        "field": None if path is None else [str(step) for step in path],
        "message": message,
        "code": code,
        "elementIndex": element,
        "elementKey": None,
    }


def bad_request(message: str, code: str = "BAD_REQUEST", **facts: Any) -> GraphQLError:
    """A refusal of the whole request, in ``errors``."""
    return GraphQLError(message, extensions={"code": code, **facts})
