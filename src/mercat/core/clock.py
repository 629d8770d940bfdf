"""The wall clock, read only in this package."""

from __future__ import annotations

import datetime as dt


def now() -> dt.datetime:
    """This instant, aware, in UTC."""
    return dt.datetime.now(dt.UTC)
