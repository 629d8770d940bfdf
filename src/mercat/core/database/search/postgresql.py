"""PostgreSQL: a GIN index over the terms as a tsvector, and one over the trigrams of codes (extension pg_trgm).

The tsvector is made of folded tokens as they are: no text search configuration has a say in it, so that the databases
agree. https://www.postgresql.org/docs/15/textsearch.html, https://www.postgresql.org/docs/15/pgtrgm.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from mercat.core.database.bulk import Bulk
from mercat.core.database.search.asking import Need, Token
from mercat.core.database.search.documents import CODE, OTHER, SHORT_CODE, Kept
from mercat.core.database.search.engines import Candidates
from mercat.core.errors import Invalid

_CREATE = (
    (
        "CREATE TABLE search_documents (id UUID PRIMARY KEY, title TEXT NOT NULL, words TEXT NOT NULL,"
        " codes TEXT NOT NULL, fragmented TEXT NOT NULL, terms TSVECTOR NOT NULL)"
    ),
    "CREATE INDEX ix_search_documents_terms ON search_documents USING gin (terms)",
    "CREATE INDEX ix_search_documents_fragmented ON search_documents USING gin (fragmented gin_trgm_ops)",
    'CREATE TABLE search_terms (term TEXT COLLATE "C" PRIMARY KEY)',
)
_PUT = (
    "INSERT INTO search_documents (id, title, words, codes, fragmented, terms)"
    " SELECT id, title, words, codes, fragmented, terms::tsvector"
    " FROM unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[])"
    " AS new (id, title, words, codes, fragmented, terms)"
    " ON CONFLICT (id) DO UPDATE SET title = excluded.title, words = excluded.words, codes = excluded.codes,"
    " fragmented = excluded.fragmented, terms = excluded.terms"
)
# Only words that are not there are written, in one order: two writers wait for each other for a new word alone.
_PUT_TERMS = (
    "INSERT INTO search_terms (term) SELECT term FROM unnest(?::text[]) AS new (term)"
    ' WHERE NOT EXISTS (SELECT 1 FROM search_terms AS known WHERE known.term = new.term COLLATE "C")'
    " ON CONFLICT DO NOTHING"
)


class PostgreSQL:
    """The index on PostgreSQL."""

    def create(self, connection: Connection) -> None:
        """Create the empty index. Raises ``Invalid`` when the extension is missing and may not be created."""
        try:
            with connection.begin_nested():
                connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        except DBAPIError as refused:
            name = connection.engine.url.database
            reason = str(refused.orig).splitlines()[0]
            message = (
                f"PostgreSQL would not create the extension pg_trgm, which search needs: {reason}. Ask the administrator"
                f' to install postgresql-contrib if it is missing, and to run CREATE EXTENSION pg_trgm in "{name}", or to'
                f' let this user do so: GRANT CREATE ON DATABASE "{name}" TO this user.'
            )
            raise Invalid(message) from refused
        for statement in _CREATE:
            connection.exec_driver_sql(statement)

    def drop(self, connection: Connection) -> None:
        """Drop the index and all that is in it. The extension stays: others may use it."""
        connection.exec_driver_sql("DROP TABLE search_terms")
        connection.exec_driver_sql("DROP TABLE search_documents")

    def put(self, bulk: Bulk, documents: Sequence[Kept]) -> None:
        """Insert or replace one batch."""
        columns = (
            [each.id.hex() for each in documents],
            [each.title for each in documents],
            [each.words for each in documents],
            [each.codes for each in documents],
            [each.fragmented for each in documents],
            [" ".join(each.terms) for each in documents],
        )
        bulk.run(_PUT, columns)
        bulk.run(_PUT_TERMS, [sorted({word for each in documents for word in each.vocabulary})])

    def remove(self, bulk: Bulk, ids: Sequence[bytes]) -> None:
        """Take documents out."""
        bulk.delete("search_documents", "id", sorted(ids))

    def with_code(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents one of whose codes may be the one token of the one need."""
        text = needs[0].words[0]
        if len(text) <= SHORT_CODE:
            return self._where(bulk, "terms @@ ?::tsquery", [f"'{CODE}{text}'"], limit)
        return self._where(bulk, "fragmented LIKE ?", [f"%{text}%"], limit)

    def in_title(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents that hold all needs in the title."""
        query = _all(needs, ("",))
        return self._where(bulk, "terms @@ ?::tsquery", [query], limit) if query else Candidates([], is_whole=True)

    def anywhere(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents that hold all needs as words or as fragments."""
        query = _all(needs, ("", OTHER))
        found = Candidates([], is_whole=True)
        if query:
            found = self._where(bulk, "terms @@ ?::tsquery", [query], limit)
            if not found.is_whole:
                return found
        conditions, values = [], []
        for need in needs:
            either = []
            for option in need.options:
                condition, more = _option(option)
                either.append(condition)
                values += more
            conditions.append(f"({' OR '.join(either)})")
        return self._where(bulk, " AND ".join(conditions), values, limit)

    def known(self, bulk: Bulk, words: Sequence[str]) -> list[str]:
        """Those of the words that some document holds, or held."""
        some, values = bulk.among("term", words)
        rows = _by_index(bulk, f"SELECT term FROM search_terms WHERE {some} ORDER BY term", values)
        return [term for (term,) in rows]

    def _where(self, bulk: Bulk, where: str, values: Sequence[str], limit: int) -> Candidates:
        rows = _by_index(
            bulk, f"SELECT id, title, words, codes FROM search_documents WHERE {where} LIMIT {limit}", values
        )
        return Candidates([Kept(bulk.id_of(row[0]), *row[1:]) for row in rows], is_whole=len(rows) < limit)


def _by_index(bulk: Bulk, sql: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    """Ask without reading the whole table.

    For a LIMIT the planner would rather read rows until enough fit, and its guess of how many fit is the same for the
    beginning of a rare word as for that of a common one: a rare one would cost the whole table. The setting is put back.
    """
    ((before, _),) = bulk.fetch("SELECT current_setting('enable_seqscan'), set_config('enable_seqscan', 'off', true)")
    rows = bulk.fetch(sql, values)
    if before != "off":
        bulk.fetch("SELECT set_config('enable_seqscan', ?, true)", [before])
    return rows


def _all(needs: Sequence[Need], marks: Sequence[str]) -> str:
    """The tsquery for all needs as words with one of the marks; empty when no word can answer one of them."""
    each = []
    for need in needs:
        options = [option for option in need.options if all(token.may_be_word for token in option)]
        if not options:
            return ""
        each.append(" | ".join(" & ".join(_begun(token, marks) for token in option) for option in options))
    return " & ".join(f"({one})" for one in each)


def _begun(token: Token, marks: Sequence[str]) -> str:
    return "(" + " | ".join(f"'{mark}{token.text}':*" for mark in marks) + ")"


def _option(option: Sequence[Token]) -> tuple[str, list[str]]:
    """The condition for all tokens of an option, each as a word or a fragment."""
    conditions, values = [], []
    for token in option:
        either = []
        if token.may_be_word:
            either.append("terms @@ ?::tsquery")
            values.append(_begun(token, ("", OTHER)))
        if token.fragments:
            either.append("fragmented LIKE ?")
            values.append(f"%{token.text}%")
        conditions.append(f"({' OR '.join(either)})")
    return " AND ".join(conditions), values
