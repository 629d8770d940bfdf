"""The business: one room per noun of the trade; a room may use only the rooms below it."""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules


def register_jobs() -> None:
    """Import every room's ``jobs.py``, which registers what it runs. For whoever runs jobs, or judges what can be run."""
    _import_each("jobs")


def register_hearing() -> None:
    """Import every room's ``hearing.py``, which registers what it listens to. For whoever changes anything."""
    _import_each("hearing")


def register_tables() -> None:
    """Import every room's ``models``: for whoever compares a database with what it should be."""
    _import_each("models")


def _import_each(part: str) -> None:
    for room in iter_modules(__path__):
        name = f"{__name__}.{room.name}.{part}"
        if find_spec(name) is not None:
            import_module(name)
