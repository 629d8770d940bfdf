"""Column types that behave alike on SQLite, PostgreSQL and MariaDB/MySQL."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, DateTime, Float, LargeBinary, Numeric, String, Uuid
from sqlalchemy.dialects.mysql import BINARY, DATETIME, DOUBLE, LONGBLOB, LONGTEXT, VARCHAR
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import Text, TypeDecorator, TypeEngine

from mercat.core.errors import Invalid
from mercat.core.money import PLACES, exact, from_units, to_units

_MYSQL = {"mysql", "mariadb"}


class Id(TypeDecorator[UUID]):
    """A UUID: native on PostgreSQL, BINARY(16) on MariaDB/MySQL, a 16-byte BLOB on SQLite."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type this database keeps it in."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Uuid())
        return dialect.type_descriptor(BINARY(16) if dialect.name in _MYSQL else LargeBinary(16))

    def process_bind_param(self, value: UUID | str | bytes | None, dialect: Dialect) -> object:
        """Accepts a UUID, its text, or its 16 bytes."""
        if value is None:
            return None
        if isinstance(value, bytes):
            value = UUID(bytes=value)
        elif isinstance(value, str):
            value = UUID(value)
        return value if dialect.name == "postgresql" else value.bytes

    def process_result_value(self, value: object, dialect: Dialect) -> UUID | None:
        """Always a UUID."""
        del dialect
        return value if value is None or isinstance(value, UUID) else UUID(bytes=bytes(value))  # type: ignore[call-overload]  # bytes or memoryview


class Amount(TypeDecorator[Decimal]):
    """An exact decimal of four places: NUMERIC(19,4); on SQLite whole ten-thousandths, so that sums are exact too."""

    impl = Numeric(19, PLACES)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type this database keeps it in."""
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else Numeric(19, PLACES))

    def process_bind_param(self, value: Decimal | str | int | None, dialect: Dialect) -> object:
        """Refuses floats."""
        if value is None:
            return None
        return to_units(value) if dialect.name == "sqlite" else exact(value)

    def process_result_value(self, value: object, dialect: Dialect) -> Decimal | None:
        """A Decimal; a sum comes back as one too."""
        if value is None:
            return None
        return from_units(int(value)) if dialect.name == "sqlite" else Decimal(value)  # type: ignore[call-overload,arg-type]  # what the driver gave


class UTCDateTime(TypeDecorator[dt.datetime]):
    """An instant. Naive datetimes are refused; what comes back is aware and in UTC on all databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Microseconds everywhere."""
        return dialect.type_descriptor(DATETIME(fsp=6) if dialect.name in _MYSQL else DateTime(timezone=True))

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Into UTC; SQLite and MariaDB keep no zone, so it is dropped for them."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a time without a zone: give an aware datetime"
            raise Invalid(message)
        value = value.astimezone(dt.UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """The zone restored."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


# Searched JSON: JSONB on PostgreSQL, where a GIN index can serve it.
SearchedJson = JSON().with_variant(JSONB(), "postgresql")
# Kept JSON: text that is checked to be JSON; nobody searches in it.
KeptJson = JSON(none_as_null=True)
# Text of any length (MariaDB's TEXT ends at 64 KiB).
LongText = Text().with_variant(LONGTEXT(), "mysql", "mariadb")
# Bytes of any length (MariaDB's BLOB ends at 64 KiB too).
LongBinary = LargeBinary().with_variant(LONGBLOB(), "mysql", "mariadb")
# A number that may be anything, in double precision (MariaDB's FLOAT is of single).
Real = Float().with_variant(DOUBLE(), "mysql", "mariadb")


def ascii_key(length: int) -> TypeEngine[Any]:
    """An ASCII string that MariaDB can index whole: its index keys end at 3,072 bytes, which utf8mb4 spends fourfold."""
    return String(length).with_variant(VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql", "mariadb")


def as_ascii(text: str) -> str:
    """Text that may be compared with an ``ascii_key``: MariaDB refuses to compare any other letter with it."""
    return text.encode("ascii", "replace").decode()
