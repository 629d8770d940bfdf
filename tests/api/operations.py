"""Every operation of the API as its own description tells it, with a request that could be one of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mercat.api.app import openapi_of
from mercat.api.routes import PERMISSION

METHODS = ("get", "post", "put", "patch", "delete")
_NOBODY = "01a00000-0000-7000-8000-000000000000"
_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Operation:
    """An operation: its permission (``None``: whoever is signed in), and whether strangers may."""

    id: str
    method: str
    path: str
    permission: str | None
    is_open: bool

    @property
    def place(self) -> str:
        """An address that fits the path, of things that are not there."""
        known = {"format": "csv", "owner": "product", "key": "custom.colour", "field": "name"}

        def value(found: re.Match[str]) -> str:
            return known.get(found[1], _NOBODY)

        return _PARAMETER.sub(value, self.path)


def operations(app: Any) -> Iterator[Operation]:
    """All of them."""
    for path, methods in openapi_of(app)["paths"].items():
        for method, told in methods.items():
            if method in METHODS:
                is_open = told["security"] == []
                yield Operation(told["operationId"], method, path, None if is_open else told[PERMISSION], is_open)
