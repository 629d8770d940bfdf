"""SQLite's FTS5: one contentless table for words, one of trigrams for fragments of codes.

Both hold row numbers only; the texts stand once, in ``search_documents``. "ascii" as tokenizer splits at the spaces that
folding leaves and nowhere else. https://www.sqlite.org/fts5.html, version 3.40.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from mercat.core.database.bulk import Bulk
from mercat.core.database.search.asking import Need, Token
from mercat.core.database.search.documents import CODE, OTHER, SHORT_CODE, Kept
from mercat.core.database.search.engines import Candidates

_CREATE = (
    (
        "CREATE TABLE search_documents (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
        " title TEXT NOT NULL, words TEXT NOT NULL, codes TEXT NOT NULL)"
    ),
    (
        "CREATE VIRTUAL TABLE search_words USING fts5(terms, content='', columnsize=0, detail=none,"
        f" prefix='1 2 3', tokenize=\"ascii tokenchars '{CODE}{OTHER}'\")"
    ),
    (
        "CREATE VIRTUAL TABLE search_fragments USING fts5(codes, content='', columnsize=0, detail=none,"
        ' tokenize="trigram case_sensitive 1")'
    ),
    "CREATE VIRTUAL TABLE search_terms USING fts5vocab(search_words, row)",
)
# Candidates by fragments are checked in Python, since other needs may be words; so many are.
_MOST_CHECKED = 2_000


class SQLite:
    """The index on SQLite."""

    def create(self, connection: Connection) -> None:
        """Create the empty index."""
        for statement in _CREATE:
            connection.exec_driver_sql(statement)

    def drop(self, connection: Connection) -> None:
        """Drop the index and all that is in it."""
        for name in ("search_terms", "search_fragments", "search_words", "search_documents"):
            connection.exec_driver_sql(f"DROP TABLE {name}")

    def put(self, bulk: Bulk, documents: Sequence[Kept]) -> None:
        """Insert or replace one batch."""
        self.remove(bulk, [each.id for each in documents])
        ((last,),) = bulk.fetch("SELECT coalesce(max(number), 0) FROM search_documents")
        numbered = list(enumerate(documents, last + 1))
        bulk.insert(
            "search_documents",
            ("number", "id", "title", "words", "codes"),
            ((number, each.id, each.title, each.words, each.codes) for number, each in numbered),
        )
        bulk.insert("search_words", ("rowid", "terms"), ((number, " ".join(each.terms)) for number, each in numbered))
        bulk.insert("search_fragments", ("rowid", "codes"), ((number, each.fragmented) for number, each in numbered))

    def remove(self, bulk: Bulk, ids: Sequence[bytes]) -> None:
        """Take documents out. A contentless table has to be told what it held."""
        some, values = bulk.among("id", ids, ids=True)
        rows = bulk.fetch(f"SELECT number, id, title, words, codes FROM search_documents WHERE {some}", values)
        if not rows:
            return
        gone = [(row[0], Kept(*row[1:])) for row in rows]
        for table, column, old in (
            ("search_words", "terms", [(number, " ".join(each.terms)) for number, each in gone]),
            ("search_fragments", "codes", [(number, each.fragmented) for number, each in gone]),
        ):
            bulk.many(f"INSERT INTO {table} ({table}, rowid, {column}) VALUES ('delete', ?, ?)", old)
        bulk.delete("search_documents", "number", [number for number, _ in gone], ids=False)

    def with_code(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents one of whose codes may be the one token of the one need."""
        text = needs[0].words[0]
        if len(text) <= SHORT_CODE:
            return self._matching(bulk, "search_words", f'"{CODE}{text}"', limit)
        return self._matching(bulk, "search_fragments", _fragments(needs[0]), limit)

    def in_title(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents that hold all needs in the title."""
        return self._matching(bulk, "search_words", _all(needs, ("",)), limit)

    def anywhere(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents that hold all needs as words or as fragments."""
        found = self._matching(bulk, "search_words", _all(needs, ("", OTHER)), limit)
        if len(found.kept) >= limit:
            return found
        # Those that need a fragment for at least one need: each need in turn leads, and the others are checked.
        for at, need in enumerate(needs):
            leading = _fragments(need)
            if not leading:
                continue
            others = [each for place, each in enumerate(needs) if place != at]
            led = self._matching(bulk, "search_fragments", leading, _MOST_CHECKED)
            if not led.is_whole and others:
                # More than can be checked: at least those that have all other needs as words.
                more = self._matching(bulk, "search_fragments", leading, limit, others=_all(others, ("", OTHER)))
                led.kept += more.kept
            found.kept += led.kept
            found.is_whole &= led.is_whole
        return found

    def known(self, bulk: Bulk, words: Sequence[str]) -> list[str]:
        """Those of the words that some document holds."""
        some, values = bulk.among("term", [*words, *(OTHER + word for word in words)])
        rows = bulk.fetch(f"SELECT term FROM search_terms WHERE {some}", values)
        return sorted({term.removeprefix(OTHER) for (term,) in rows})

    def _matching(self, bulk: Bulk, table: str, expression: str, limit: int, *, others: str = "") -> Candidates:
        if not expression:
            return Candidates([], is_whole=True)
        where, values = f"{table} MATCH ?", [expression]
        if others:
            where += " AND rowid IN (SELECT rowid FROM search_words WHERE search_words MATCH ?)"
            values.append(others)
        rows = bulk.fetch(
            "SELECT id, title, words, codes FROM search_documents"
            f" JOIN (SELECT rowid AS hit FROM {table} WHERE {where} LIMIT {limit}) ON number = hit",
            values,
        )
        return Candidates([Kept(*row) for row in rows], is_whole=len(rows) < limit)


def _all(needs: Sequence[Need], marks: Sequence[str]) -> str:
    """The expression for all needs as words with one of the marks; empty when no word can answer one of them."""
    each = [_either([_together(option, marks) for option in need.options]) for need in needs]
    return " AND ".join(each) if all(each) else ""


def _together(option: Sequence[Token], marks: Sequence[str]) -> str:
    if not all(token.may_be_word for token in option):
        return ""
    return " AND ".join(_either([f'"{mark}{token.text}"*' for mark in marks]) for token in option)


def _either(expressions: Sequence[str]) -> str:
    some = [each for each in expressions if each]
    return f"({' OR '.join(f'({each})' for each in some)})" if some else ""


def _fragments(need: Need) -> str:
    """The expression for candidates by fragment; an option needs at least one token that is long enough."""
    options = []
    for option in need.options:
        keys = list(dict.fromkeys(key for token in option for key in token.fragments))
        options.append(" AND ".join(f'"{key}"' for key in keys))
    return _either(options)
