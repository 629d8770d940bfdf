"""Set-based statements in each database's own fast form.

Bulk code speaks plain values: ids as 16 bytes, amounts as decimal text, times as aware datetimes, JSON as text.
``Bulk`` turns them into what the driver takes and back, so that repositories are written once. SQL in here marks
parameters with ``?``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from mercat.core.database.literals import copy_lines, in_lengths, is_plain, mariadb_rows, sqlite_literal
from mercat.core.database.slow import timed
from mercat.core.money import all_to_units, from_units, plain, to_units

CHUNK = 2_000
# From so many rows on, what they have in common is said in the statement: each one that differs has to be prepared.
_WORTH_A_STATEMENT = 100
# So many queries in one, where there is no lateral join: planning takes longer than the square of more.
_TOGETHER = 100
# Characters: at most four bytes each, and MariaDB takes 16 MB by default.
_STATEMENT = 1_000_000
# https://mariadb.com/docs/server/reference/clientserver-protocol/4-server-response-packets/ok_packet, "Server Status Flag"
_NO_BACKSLASHES = 512
Record = Sequence[Any]


@lru_cache(maxsize=100_000)
def _text_of_units(units: int) -> str | None:
    return plain(from_units(units))


class Bulk:
    """Bulk statements on one open connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.connection_dialect = connection.dialect
        self.dialect = connection.dialect.name
        self.is_postgres = self.dialect == "postgresql"
        self.is_sqlite = self.dialect == "sqlite"
        # Behind an asynchronous driver SQLAlchemy shows its own cursors, which look like any other.
        self._is_async = connection.dialect.is_async

    # -- values ---------------------------------------------------------------------------------------------------

    @property
    def id(self) -> Callable[[bytes], Any]:
        """16 bytes → parameter."""
        return bytes.hex if self.is_postgres else bytes

    def id_of(self, value: Any) -> bytes:
        """A column value → 16 bytes."""
        return value.bytes if isinstance(value, UUID) else bytes(value)

    def id_text(self, value: Any) -> str:
        """A column value → the id as people see it."""
        if self.is_postgres:
            return str(value)
        text = value.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def ids(self, values: Sequence[bytes | None]) -> Sequence[Any]:
        """A column of 16 bytes each, some of them empty → of parameters."""
        if not self.is_postgres:
            return values
        return [None if value is None else value.hex() for value in values]

    def ids_of(self, values: Sequence[Any]) -> Sequence[Any]:
        """A column of ids, some of them empty → 16 bytes each."""
        if self.is_sqlite:
            # They come as they are.
            return values
        return [None if value is None else self.id_of(value) for value in values]

    @property
    def amount(self) -> Callable[[str], Any]:
        """Decimal text → parameter."""
        return to_units if self.is_sqlite else str

    def amounts(self, texts: Sequence[str | None]) -> Sequence[Any]:
        """A column of decimal texts → of parameters. Empty text is no amount."""
        if self.is_sqlite:
            return all_to_units(texts)
        return [text or None for text in texts]

    def amount_of(self, value: Any) -> str | None:
        """A column value → plain decimal text."""
        if value is None:
            return None
        return _text_of_units(value) if self.is_sqlite else plain(value)

    def time(self, value: dt.datetime) -> str:
        """An aware instant → parameter."""
        if value.tzinfo is not dt.UTC:
            value = value.astimezone(dt.UTC)
        written = value.isoformat(" ", "microseconds")
        # strftime would take ten times as long to leave the zone out.
        return written if self.is_postgres else written[:26]

    def time_of(self, value: dt.datetime | str) -> str:
        """A column value → an instant in ISO 8601, in UTC."""
        if isinstance(value, str):
            return f"{value[:10]}T{value[11:]}Z"
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z") if value.tzinfo else f"{value.isoformat()}Z"

    def json_text(self, column: str) -> str:
        """The select expression that gives a JSON column as its text (PostgreSQL's driver would parse it)."""
        return f"CAST({column} AS text)" if self.is_postgres else column

    def name(self, word: str) -> str:
        """A column name, quoted where the database might take it for one of its own words."""
        return f"`{word}`" if self.dialect in {"mysql", "mariadb"} else word

    def quoted(self, word: str) -> str:
        """The name of a table or column, quoted where this database needs it."""
        return self._connection.dialect.identifier_preparer.quote(word)

    # -- statements -----------------------------------------------------------------------------------------------

    @property
    def _driver(self) -> Any:
        pooled = self._connection.connection
        return pooled.dbapi_connection if self._is_async else pooled.driver_connection

    def _sql(self, sql: str) -> str:
        if self.is_sqlite:
            return sql
        if self._is_async and self.is_postgres:
            return numbered(sql)
        return sql.replace("%", "%%").replace("?", "%s")

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """One statement; the number of rows it touched."""
        cursor = self._driver.cursor()
        try:
            with timed(sql):
                cursor.execute(self._sql(sql), tuple(parameters))
            return int(cursor.rowcount)
        finally:
            cursor.close()

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one query."""
        cursor = self._driver.cursor()
        try:
            with timed(sql):
                cursor.execute(self._sql(sql), tuple(parameters))
                return list(cursor.fetchall())
        finally:
            cursor.close()

    def fetch_each(
        self, sql: str, keys: Sequence[Sequence[Any]], *, types: Sequence[str]
    ) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """(the key's number, row) of one query asked for each key, in as few round trips as the database allows.

        ``sql`` has a ``?`` for each part of a key, in their order; ``types`` are those parts' types on PostgreSQL. Rows of a
        key come in the query's own order; it ends in ORDER BY and LIMIT as a rule.
        """
        if self.is_sqlite:
            # There is no way to go.
            for number, key in enumerate(keys):
                yield from ((number, row) for row in self.fetch(sql, key))
        elif self.is_postgres:
            names = [f"part{at}" for at in range(len(types))]
            for name in names:
                sql = sql.replace("?", f"keys.{name}", 1)
            given = ", ".join(f"CAST(? AS {kind}[])" for kind in types)
            whole = (
                f"SELECT keys.number, found.* FROM unnest({given}) WITH ORDINALITY AS keys({', '.join(names)}, number) "
                f"CROSS JOIN LATERAL ({sql}) AS found"
            )
            for start in range(0, len(keys), CHUNK):
                parts = zip(*keys[start : start + CHUNK], strict=True)
                for number, *row in self.fetch(whole, [list(each) for each in parts]):
                    yield start + number - 1, tuple(row)
        else:
            for start in range(0, len(keys), _TOGETHER):
                some = keys[start : start + _TOGETHER]
                # Every part stands in parentheses with its own ORDER BY and LIMIT, and says which it is.
                whole = " UNION ALL ".join(
                    f"(SELECT {start + at} AS number, found{at}.* FROM ({sql}) AS found{at})" for at in range(len(some))
                )
                for number, *row in self.fetch(whole, [part for key in some for part in key]):
                    yield number, tuple(row)

    def among(self, column: str, values: Sequence[Any], *, ids: bool = False) -> tuple[str, list[Any]]:
        """``column IN (values)`` in the form that plans best here: an array on PostgreSQL."""
        if ids:
            values = [self.id(value) for value in values]
        if self.is_postgres:
            return f"{column} = ANY(?{'::uuid[]' if ids else ''})", [list(values)]
        return f"{column} IN ({','.join('?' * len(values))})", list(values)

    def beginning(self, column: str, prefix: str) -> tuple[str, list[Any]]:
        """``column`` begins with ``prefix`` (ASCII, not empty), in the form that the column's index serves here.

        SQLite's LIKE folds case and passes the index over; a range of bytes is the same there. PostgreSQL orders by
        language, so a range is another thing, and its LIKE has an index of its own operator class.
        """
        if self.is_postgres:
            escaped = prefix.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
            return f"{column} LIKE ?", [f"{escaped}%"]
        return f"({column} >= ? AND {column} < ?)", [prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)]

    def filtering(self, column: str) -> str:
        """A column that filters and must not choose the index: SQLite, without statistics, takes any equality for rare."""
        return f"+{column}" if self.is_sqlite else column

    def prefer_indexes(self) -> None:
        """For the rest of this transaction, look rows up by index.

        PostgreSQL plans by statistics, and those of a table that this very transaction fills say that it is tiny: it
        would read the whole of it for every batch of keys.
        """
        if self.is_postgres:
            self.run("SET LOCAL enable_seqscan = off")

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Record]) -> None:
        """Insert many rows: COPY on PostgreSQL, long statements on MariaDB, ``executemany`` on SQLite. Values are already parameters."""
        for some in chunks(rows, CHUNK):
            self.insert_columns(table, dict(zip(columns, zip(*some, strict=True), strict=True)))

    def insert_columns(self, table: str, columns: Mapping[str, Sequence[Any]]) -> None:
        """Insert many rows that come as columns, all of one length: some thousands at once, not all of a file."""
        varying, same = _told_apart(columns)
        # Nothing needs saying of a column that is empty throughout: no table of ours has a default in the database.
        given = {column: value for column, value in same.items() if value is not None}
        count = len(next(iter(columns.values())))
        if given and not (self.is_sqlite and count >= _WORTH_A_STATEMENT):
            # Elsewhere a value is a parameter, or a field of COPY, however often it is said.
            varying |= {column: (value,) * count for column, value in given.items()}
            given = {}
        self._insert(table, varying, given)

    def insert_parts(self, table: str, parts: Iterable[Mapping[str, Sequence[Any]]]) -> None:
        """The same of rows that come in parts, all with the same columns. PostgreSQL's server works while the next is made."""
        if not self.is_postgres or self._is_async:
            for part in parts:
                self.insert_columns(table, part)
            return
        flow = iter(parts)
        first = next(flow, None)
        if first is None:
            return
        names = ", ".join(map(self.name, first))
        with self._driver.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for part in chain([first], flow):
                copy.write(copy_lines(part.values()))

    def insert_new(self, table: str, columns: Sequence[str], rows: Sequence[Record], *, key: str) -> None:
        """The same for rows whose ``key``, a unique column, somebody may take meanwhile: theirs stays, ours is left out.

        It waits for whoever inserts the same key just now, and sees what came of that. Give the rows in the order of their
        keys: two that insert several of the same then wait for each other in turn, not in a ring.
        """
        if not rows:
            return
        names = ", ".join(map(self.name, columns))
        if self.is_postgres:
            self.run(f"CREATE TEMPORARY TABLE bulk_new ON COMMIT DROP AS SELECT {names} FROM {table} LIMIT 0")
            self.insert("bulk_new", columns, rows)
            taken = f"ON CONFLICT ({key}) DO NOTHING"
            self.run(f"INSERT INTO {table} ({names}) SELECT {names} FROM bulk_new ORDER BY {key} {taken}")
            self.run("DROP TABLE bulk_new")
            return
        taken = (
            f"ON CONFLICT ({key}) DO NOTHING" if self.is_sqlite else f"ON DUPLICATE KEY UPDATE {key} = {table}.{key}"
        )
        self.many(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))}) {taken}", rows)

    def _insert(self, table: str, varying: Mapping[str, Sequence[Any]], given: Mapping[str, Any]) -> None:
        names = ", ".join(map(self.name, (*varying, *given)))
        if self.is_postgres and self._is_async:
            self._insert_arrays(table, varying)
            return
        if self.is_postgres:
            with self._driver.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                copy.write(copy_lines(varying.values()))
            return
        if self._writes_backslashes:
            self._insert_text(table, names, varying.values())
            return
        rows = zip(*varying.values(), strict=True)
        values = ", ".join((*("?" * len(varying)), *map(sqlite_literal, given.values())))
        self.many(f"INSERT INTO {table} ({names}) VALUES ({values})", rows)

    @property
    def _writes_backslashes(self) -> bool:
        """Whether this is MariaDB's driver that waits, and a backslash in a text is said with another one."""
        return not (self.is_sqlite or self._is_async) and not self._driver.server_status & _NO_BACKSLASHES

    def _insert_text(self, table: str, names: str, columns: Iterable[Sequence[Any]]) -> None:
        """Rows written into statements of some size: the driver's own way goes from value to value, which takes three times as long."""
        begin = f"INSERT INTO {table} ({names}) VALUES "
        cursor = self._driver.cursor()
        try:
            # Never the values: what is timed may be logged.
            with timed(begin):
                for some in in_lengths(mariadb_rows(columns), _STATEMENT):
                    cursor.execute(begin + ",".join(some))
        finally:
            cursor.close()

    def _insert_arrays(self, table: str, columns: Mapping[str, Sequence[Any]]) -> None:
        """Rows as arrays of text, which the server reads as it reads COPY: asyncpg's own COPY wants typed values."""
        found = self.fetch(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = CAST(? AS regclass)",
            [table],
        )
        types = {str(name): str(kind) for name, kind in found}
        given = ", ".join("CAST(? AS text[])" for _ in columns)
        cast = ", ".join(f"CAST({name} AS {types[name]})" for name in columns)
        names = ", ".join(columns)
        texts = [[None if each is None else str(each) for each in values] for values in columns.values()]
        self.run(f"INSERT INTO {table} ({names}) SELECT {cast} FROM unnest({given}) AS given({names})", texts)

    def many(self, sql: str, rows: Iterable[Record]) -> None:
        """One statement for many parameter rows."""
        cursor = self._driver.cursor()
        try:
            with timed(sql):
                cursor.executemany(self._sql(sql), rows if self.is_sqlite else list(rows))
        finally:
            cursor.close()

    def update(self, table: str, columns: Sequence[str], rows: Sequence[Record]) -> None:
        """Update many rows by ``id``. Each row is the new values in the order of ``columns``, then the id."""
        if not rows:
            return
        if not self.is_postgres:
            sets = ", ".join(f"{name} = ?" for name in columns)
            self.many(f"UPDATE {table} SET {sets} WHERE id = ?", rows)  # names come from our tables
            return
        names = ", ".join((*columns, "id"))
        self.run(f"CREATE TEMPORARY TABLE bulk_update ON COMMIT DROP AS SELECT {names} FROM {table} LIMIT 0")
        self.insert("bulk_update", (*columns, "id"), rows)
        sets = ", ".join(f"{name} = bulk_update.{name}" for name in columns)
        self.run(f"UPDATE {table} SET {sets} FROM bulk_update WHERE {table}.id = bulk_update.id")
        self.run("DROP TABLE bulk_update")

    def delete(self, table: str, column: str, values: Sequence[Any], *, ids: bool = True) -> int:
        """Delete the rows whose ``column`` is among the values; how many went."""
        gone = 0
        for some in chunks(values, CHUNK):
            where, parameters = self.among(column, some, ids=ids)
            gone += self.run(f"DELETE FROM {table} WHERE {where}", parameters)
        return gone


def numbered(sql: str) -> str:
    """The statement with its parameters as PostgreSQL itself counts them: ``$1``, ``$2``, ..."""
    first, *rest = sql.split("?")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))


def _told_apart(columns: Mapping[str, Sequence[Any]]) -> tuple[dict[str, Sequence[Any]], dict[str, Any]]:
    """(the columns that differ from row to row, with their values; those that do not, with their one value)."""
    varying: dict[str, Sequence[Any]] = {}
    same: dict[str, Any] = {}
    for column, values in columns.items():
        first = values[0]
        # The two ends first: nearly always they tell that it varies.
        if first == values[-1] and is_plain(first) and values.count(first) == len(values):
            same[column] = first
        else:
            varying[column] = values
    if not varying:
        # A row must be said somehow.
        column, value = same.popitem()
        varying[column] = (value,) * len(columns[column])
    return varying, same


def chunks(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Cut any iterable into lists of at most ``size``."""
    flow = iter(rows)
    while some := list(islice(flow, size)):
        yield some
