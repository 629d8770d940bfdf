"""The connectors that are installed, found by their entry points: nobody imports them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points

from mercat.sdk.connector import Connector

GROUP = "mercat.connectors"


@cache
def connectors() -> Mapping[str, Connector]:
    """Every installed connector by its name."""
    return {each.name: each.load() for each in sorted(entry_points(group=GROUP), key=lambda entry: entry.name)}
