"""MariaDB: one InnoDB FULLTEXT index over words and over every three characters of codes, as terms.

Each term starts with two characters of ours, so that none is too short for ``innodb_ft_min_token_size`` (3 by default)
and none is a stop word, whatever the server's settings. What a transaction writes is found once it is committed.
https://mariadb.com/kb/en/full-text-index-overview/
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from mercat.core.database.bulk import Bulk
from mercat.core.database.search.asking import FRAGMENT, Need, Token
from mercat.core.database.search.documents import CODE, OTHER, SHORT_CODE, Kept
from mercat.core.database.search.engines import Candidates

# The terms' beginnings: letters and digits, since FULLTEXT splits at signs.
_MARKS = {"": "t0", OTHER: "w0", CODE: "c0"}
_FRAGMENT = "f0"
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
        connection.exec_driver_sql("DROP TABLE search_terms")
        connection.exec_driver_sql("DROP TABLE search_documents")

    def put(self, bulk: Bulk, documents: Sequence[Kept]) -> None:
        """Insert or replace one batch."""
        bulk.many(_PUT, [(each.id, each.title, each.words, each.codes, _terms(each)) for each in documents])
        words = sorted({word for each in documents for word in each.vocabulary})
        known = set(self.known(bulk, words))
        bulk.many("INSERT IGNORE INTO search_terms (term) VALUES (?)", [(word,) for word in words if word not in known])

    def remove(self, bulk: Bulk, ids: Sequence[bytes]) -> None:
        """Take documents out."""
        bulk.delete("search_documents", "id", sorted(ids))

    def with_code(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents one of whose codes may be the one token of the one need."""
        text = needs[0].words[0]
        if len(text) <= SHORT_CODE:
            return self._matching(bulk, f"+{_MARKS[CODE]}{text}", limit)
        return self._matching(bulk, _together(needs[0].tokens, (), has_fragments=True), limit)

    def in_title(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents that hold all needs in the title."""
        return self._matching(bulk, _all(needs, ("",), has_fragments=False), limit)

    def anywhere(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents that hold all needs as words or as fragments."""
        return self._matching(bulk, _all(needs, ("", OTHER), has_fragments=True), limit)

    def known(self, bulk: Bulk, words: Sequence[str]) -> list[str]:
        """Those of the words that some document holds, or held."""
        if not words:
            return []
        some, values = bulk.among("term", words)
        return sorted(term for (term,) in bulk.fetch(f"SELECT term FROM search_terms WHERE {some}", values))

    def _matching(self, bulk: Bulk, expression: str, limit: int) -> Candidates:
        if not expression:
            return Candidates([], is_whole=True)
        rows = bulk.fetch(
            "SELECT id, title, words, codes FROM search_documents"
            f" WHERE MATCH (terms) AGAINST (? IN BOOLEAN MODE) LIMIT {limit}",
            [expression],
        )
        return Candidates([Kept(*row) for row in rows], is_whole=len(rows) < limit)


def _terms(document: Kept) -> str:
    marked = [
        _MARKS[term[0]] + term[1:] if term[0] in {CODE, OTHER} else _MARKS[""] + term for term in document.terms if term
    ]
    codes = document.fragmented.split()
    keys = {code[at : at + FRAGMENT] for code in codes for at in range(len(code) - FRAGMENT + 1)}
    return " ".join([*marked, *(_FRAGMENT + key for key in sorted(keys))])


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
            ways.append("(" + " ".join(f"+{_FRAGMENT}{key}" for key in token.fragments) + ")")
        if not ways:
            return ""
        required.append(f"+({' '.join(ways)})")
    return " ".join(required)
