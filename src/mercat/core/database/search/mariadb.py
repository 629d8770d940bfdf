"""MariaDB: one InnoDB FULLTEXT index over words and over every three characters of codes, as terms.

Each term starts with two characters of ours, so that none is too short for ``innodb_ft_min_token_size`` (3 by default)
and none is a stop word, whatever the server's settings. What a transaction writes is found once it is committed.
https://mariadb.com/kb/en/full-text-index-overview/
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from sqlalchemy import Connection

from mercat.core.database.bulk import Bulk
from mercat.core.database.search.asking import FRAGMENT, Need, Token, fragments
from mercat.core.database.search.documents import NO_CODE, OTHER, Kept, terms_of
from mercat.core.database.search.engines import Candidates
from mercat.core.database.search.vocabulary import learn

# The terms' beginnings: letters and digits, since FULLTEXT splits at signs.
_MARKS = {"": "t0", OTHER: "w0"}
_FRAGMENT = "f0"
_CODE = "c0"
# Codes up to this length are terms of their own: their fragments alone would lead to too many others.
_SHORT_CODE = 5
_TEXT = "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL"
_CREATE = (
    (
        f"CREATE TABLE search_documents (id BINARY(16) PRIMARY KEY, title {_TEXT}, words {_TEXT}, codes {_TEXT},"
        f" terms {_TEXT}, FULLTEXT INDEX ix_search_documents_terms (terms)) ENGINE=InnoDB"
    ),
    "CREATE TABLE search_terms (term VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY)",
)
_PUT = (
    "INSERT INTO search_documents (id, title, words, codes, terms) VALUES (?, ?, ?, ?, ?)"
    " ON DUPLICATE KEY UPDATE title = VALUES(title), words = VALUES(words), codes = VALUES(codes),"
    " terms = VALUES(terms)"
)


class MariaDB:
    """The index on MariaDB and MySQL."""

    def create(self, connection: Connection) -> None:
        """Create the empty index."""
        for statement in _CREATE:
            connection.exec_driver_sql(statement)

    def drop(self, connection: Connection) -> None:
        """Drop the index and all that is in it."""
        connection.exec_driver_sql("DROP TABLE IF EXISTS search_terms")
        connection.exec_driver_sql("DROP TABLE IF EXISTS search_documents")

    def put(self, bulk: Bulk, documents: Sequence[Kept]) -> None:
        """Insert or replace one batch."""
        terms, words = terms_of(documents)
        rows = [
            (each.id, each.title, each.words, each.codes, _terms(each, text))
            for each, text in zip(documents, terms, strict=True)
        ]
        bulk.many(_PUT, rows)
        learn(bulk, words)

    def remove(self, bulk: Bulk, ids: Sequence[bytes]) -> None:
        """Take documents out."""
        bulk.delete("search_documents", "id", sorted(ids))

    def asking(self, _bulk: Bulk) -> AbstractContextManager[None]:
        """Nothing to prepare."""
        return nullcontext()

    def with_code(self, bulk: Bulk, code: str, limit: int) -> Candidates:
        """Documents one of whose codes may be this."""
        if len(code) <= _SHORT_CODE:
            return self._matching(bulk, f"+{_CODE}{code}", limit)
        return self._matching(bulk, _keys(code), limit, within=f" {code} ")

    def with_code_begun(self, bulk: Bulk, code: str, limit: int) -> Candidates:
        """Documents one of whose codes begins with this."""
        return self._matching(bulk, _keys(code), limit, within=f" {code}")

    def in_title(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents that hold all needs in the title."""
        return self._matching(bulk, _all(needs, ("",), has_fragments=False), limit)

    def anywhere(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents that hold all needs as words or as fragments."""
        return self._matching(bulk, _all(needs, ("", OTHER), has_fragments=True), limit)

    def _matching(self, bulk: Bulk, expression: str, limit: int, *, within: str = "") -> Candidates:
        if not expression:
            return Candidates([], is_whole=True)
        where, values = "MATCH (terms) AGAINST (? IN BOOLEAN MODE)", [expression]
        if within:
            where += " AND LOCATE(?, codes) > 0"
            values.append(within)
        rows = bulk.fetch(f"SELECT id, title, words, codes FROM search_documents WHERE {where} LIMIT {limit}", values)
        return Candidates([Kept(*row) for row in rows], is_whole=len(rows) < limit)


def _terms(document: Kept, words: str) -> str:
    marked = [_MARKS[OTHER] + each[1:] if each[0] == OTHER else _MARKS[""] + each for each in words.split()]
    marked += [_CODE + each for each in document.codes.split() if len(each) <= _SHORT_CODE and each.isalnum()]
    # Fragments reach from one code into the next for nobody.
    codes = document.codes.replace(NO_CODE, " ").split()
    keys = {code[at : at + FRAGMENT] for code in codes for at in range(len(code) - FRAGMENT + 1)}
    return " ".join([*marked, *(_FRAGMENT + key for key in sorted(keys))])


def _keys(text: str) -> str:
    return " ".join(f"+{_FRAGMENT}{key}" for key in fragments(text))


def _all(needs: Sequence[Need], marks: Sequence[str], *, has_fragments: bool) -> str:
    """The boolean expression for all needs; empty when one of them cannot be answered so."""
    required = []
    for need in needs:
        options = [_together(option, marks, has_fragments=has_fragments) for option in need.options]
        either = " ".join(f"({each})" for each in options if each)
        if not either:
            return ""
        required.append(f"+({either})")
    return " ".join(required)


def _together(option: Sequence[Token], marks: Sequence[str], *, has_fragments: bool) -> str:
    required = []
    for token in option:
        ways = [f"{_MARKS[mark]}{token.text}*" for mark in marks if token.may_be_word]
        if has_fragments and token.fragments:
            ways.append(f"({_keys(token.text)})")
        if not ways:
            return ""
        required.append(f"+({' '.join(ways)})")
    return " ".join(required)
