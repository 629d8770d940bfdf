"""The base of every table: id, times, the naming convention, and MariaDB made to compare as the others do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, MetaData, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.schema import Table

from mercat.core.clock import now
from mercat.core.database.types import Id, UTCDateTime
from mercat.core.ids import new_id

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every mapped class."""

    metadata = MetaData(naming_convention=NAMING)


# MariaDB compares case-insensitively by default, which would make SKUs "ab" and "AB" collide there only.
# InnoDB's DYNAMIC rows allow index keys of 3,072 bytes.
_MYSQL_OPTIONS = {
    "charset": "utf8mb4",
    "collate": "utf8mb4_bin",
    "engine": "InnoDB",
    "row_format": "DYNAMIC",
}


@event.listens_for(Table, "before_parent_attach")
def _compare_bytewise(table: Table, _metadata: MetaData) -> None:
    for name, value in _MYSQL_OPTIONS.items():
        for prefix in ("mysql", "mariadb"):
            table.dialect_options[prefix]._non_defaults.setdefault(name, value)  # noqa: SLF001  # no public setter exists


class Row(Base):
    """A table with a UUIDv7 key born in Python, ``created_at`` and ``updated_at``."""

    __abstract__ = True
    _born_ids: ClassVar[bool] = True

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, sort_order=-10)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now, sort_order=900)
    updated_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now, onupdate=now, sort_order=901)

    def __init__(self, **values: Any) -> None:
        if self._born_ids:
            values.setdefault("id", new_id())
        super().__init__(**values)


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """A CHECK in place of a native enum, which three databases would each do in their own way."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


_WITH_DECIMALS = ("postgresql", "mysql", "mariadb")


def amount_within(column: str, least: int, most: int) -> tuple[CheckConstraint, CheckConstraint]:
    """CHECKs of an ``Amount``'s range: SQLite keeps ten-thousandths, so that the same bound is another number there."""
    return (
        CheckConstraint(f"{column} >= {least} AND {column} <= {most}", name=column).ddl_if(dialect=_WITH_DECIMALS),  # type: ignore[arg-type]  # it takes several
        CheckConstraint(f"{column} >= {least}0000 AND {column} <= {most}0000", name=column).ddl_if(dialect="sqlite"),
    )
