"""Which connector reads a supplier's files, and with what settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from mercat.core.errors import Invalid
from mercat.sdk.checking import faults_of
from mercat.sdk.installed import connectors
from mercat.sdk.roles import FeedFile, Inspection, SupplierFeed

FALLBACK = "table"


def feed_of(name: str, settings: Mapping[str, Any]) -> SupplierFeed:
    """A connector's supplier role with these settings. Raises ``Invalid`` naming the setting that is wrong."""
    connector = connectors().get(name)
    if connector is None or connector.supplier is None:
        readers = ", ".join(key for key, each in connectors().items() if each.supplier is not None)
        message = f"no connector called {name!r} reads supplier files; there are {readers}"
        raise Invalid(message)
    try:
        return connector.supplier(connector.settings.model_validate(dict(settings)))
    except ValidationError as wrong:
        message = f"the settings of connector {name} do not fit: {faults_of(wrong)}"
        raise Invalid(message) from wrong


def inspect(files: Sequence[FeedFile], *, connector: str | None = None) -> Inspection:
    """What files look like, and the profile that would read them. Raises as ``feed_of``, and ``Unreadable``."""
    return feed_of(connector or recognise(files, {}), {}).inspect(files)


def recognise(files: Sequence[FeedFile], settings: Mapping[str, Any]) -> str:
    """The name of the connector that knows these files best; plain tables are what is left."""
    best, surest = FALLBACK, 0.0
    for name, connector in connectors().items():
        if connector.supplier is None:
            continue
        known = {key: value for key, value in settings.items() if key in connector.settings.model_fields}
        sure = connector.supplier(connector.settings.model_validate(known)).recognises(files)
        if sure > surest:
            best, surest = name, sure
    return best
