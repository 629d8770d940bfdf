"""The front page of a connector, found by the entry point group ``mercat.connectors``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from mercat.sdk.roles import ProductExporter, SupplierFeed


class FeedSettings(BaseModel, extra="forbid", frozen=True):
    """What every feed connector can be told. Subclass it for more; the command line's ``--currency`` lands here."""

    currency: str | None = None


@dataclass(frozen=True)
class Connector:
    """What a vendor folder offers. A role not played is a field not given.

    ``takes_sets``: all files at a feed's location belong together and are read as one.
    """

    title: str
    settings: type[FeedSettings]
    supplier: Callable[[Any], SupplierFeed] | None = None
    exporter: Callable[[], ProductExporter] | None = None
    takes_sets: bool = False
