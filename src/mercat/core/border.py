"""Marks an open unit, so that clients refuse to go to the network while a transaction is held."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_open_units: ContextVar[int] = ContextVar("open_units", default=0)


@contextmanager
def unit_open() -> Iterator[None]:
    """While this lasts, a transaction is open in this context."""
    mark = _open_units.set(_open_units.get() + 1)
    try:
        yield
    finally:
        _open_units.reset(mark)


def is_unit_open() -> bool:
    """Whether a transaction is open in this context."""
    return _open_units.get() > 0


def refuse_open_unit() -> None:
    """Raises ``RuntimeError`` where a transaction is open: the wire may hang, and a lock would hang with it."""
    if is_unit_open():
        message = "network inside an open unit: read first, close the unit, then call out"
        raise RuntimeError(message)
