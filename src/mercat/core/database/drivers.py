"""Whose words a failure is in: bulk statements go past SQLAlchemy, which would wrap what a driver raises."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

_DRIVERS = frozenset({"sqlite3", "psycopg", "pymysql"})


def drivers_own(failed: BaseException) -> BaseException | None:
    """What the driver raised, be it wrapped or not; ``None`` for what no database said."""
    original = failed.orig if isinstance(failed, DBAPIError) else failed
    is_drivers = original is not None and type(original).__module__.partition(".")[0] in _DRIVERS
    return original if is_drivers else None


def said_by_driver(failed: BaseException) -> str | None:
    """The first line of what a database said; ``None`` where none did."""
    original = drivers_own(failed)
    if original is None:
        return None
    # PyMySQL's has a number before its words.
    text = str(original.args[-1]) if original.args else ""
    return (text.strip() or type(original).__name__).splitlines()[0]
