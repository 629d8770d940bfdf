"""The business: one room per noun of the trade; a room may use only the rooms below it."""

from collections.abc import Collection
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules


def register_jobs(*rooms: str) -> None:
    """Import every room's ``jobs.py``, or those of some, which register what they run.

    For whoever runs jobs, or judges what can be run.
    """
    _import_each("jobs", rooms)


def register_hearing() -> None:
    """Import every room's ``hearing.py``, which registers what it listens to. For whoever changes anything."""
    _import_each("hearing")


def register_tables() -> None:
    """Import every room's ``models``: for whoever compares a database with what it should be."""
    _import_each("models")


def register_configurable() -> None:
    """Import every room's ``configurable.py``: what a merchant may set. For whoever lists or changes that."""
    _import_each("configurable")


def register_data_steps() -> None:
    """Import every room's ``data_steps.py``: work on rows that came with a version. For whoever brings a database up to date."""
    _import_each("data_steps")


def register_replays() -> None:
    """Import every room's ``replaying.py``: what it can tell of the past. For whoever tries rules on it."""
    _import_each("replaying")


def _import_each(part: str, rooms: Collection[str] = ()) -> None:
    for room in rooms or [each.name for each in iter_modules(__path__)]:
        name = f"{__name__}.{room}.{part}"
        if find_spec(name) is not None:
            import_module(name)
