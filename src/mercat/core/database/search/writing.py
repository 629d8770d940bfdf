"""Put documents into the index, a batch at a time, and take them out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.database.search.choosing import engine_of
from mercat.core.database.search.documents import Document, keep

# The larger, the fewer of its words are looked up; twenty thousand documents are some thirty megabytes.
_BATCH = 20_000


def create_index(connection: Connection) -> None:
    """Create the empty index."""
    engine_of(connection).create(connection)


def drop_index(connection: Connection) -> None:
    """Drop the index and all that is in it."""
    engine_of(connection).drop(connection)


def clear_index(connection: Connection) -> None:
    """Empty the index in the connection's transaction, whatever was in it."""
    if connection.dialect.name in {"mysql", "mariadb"}:
        # Changes of the schema would commit there.
        for table in ("search_documents", "search_terms"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        return
    drop_index(connection)
    create_index(connection)


def put(bulk: Bulk, documents: Iterable[Document]) -> None:
    """Insert or replace documents: (id of 16 bytes, title, words, codes with spaces between). Streams."""
    engine = engine_of(bulk)
    for batch in chunks(documents, _BATCH):
        # In one order, so that two writers of the same documents do not wait for each other in a circle.
        engine.put(bulk, sorted(keep(batch), key=lambda each: each.id))


def remove(bulk: Bulk, ids: Sequence[bytes]) -> None:
    """Take documents out; ids that are not in it are no error."""
    engine = engine_of(bulk)
    for some in chunks(ids, CHUNK):
        engine.remove(bulk, some)
