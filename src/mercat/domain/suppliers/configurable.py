"""What a merchant may set of imports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mercat.core.errors import Invalid
from mercat.domain.catalog import service as catalog
from mercat.domain.operations import service as operations


def _check(given: Any) -> None:
    if not isinstance(given, Mapping):
        message = 'imports.guards takes a JSON object like {"price_change_pct": 50}'
        raise Invalid(message, field="imports.guards")
    catalog.GuardRules.of(given)


GUARDS: operations.Key[dict[str, Any]] = operations.declare(
    operations.Key(
        "imports.guards",
        "json",
        {},
        "guards of imports and feeds that say nothing else of them, instead of the built-in ones; null switches one off",
        'a JSON object like {"price_change_pct": 50, "shrink_pct": null}',
        check=_check,
    )
)
