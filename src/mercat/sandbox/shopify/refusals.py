"""What the shop refuses with: a mutation in its ``userErrors``, a whole request in ``errors``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError


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
