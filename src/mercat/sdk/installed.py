"""The connectors that are installed, found by their entry points: nobody imports them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from mercat.sdk.connector import Connector

GROUP = "mercat.connectors"


@cache
def connectors() -> Mapping[str, Connector]:
    """Every installed connector by its name."""
    return {each.name: each.load() for each in _installed()}


def editions() -> list[str]:
    """Every installed connector with the version of what brought it, none of them imported: others may judge otherwise."""
    return [f"{each.name} {each.dist.version if each.dist else ''}" for each in _installed()]


def _installed() -> list[EntryPoint]:
    return sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
