"""SQLite's FTS5: contentless tables for words, for the words of a sample, and of trigrams for fragments of codes.

They hold row numbers only; the texts stand once, in ``search_documents``. "ascii" as tokenizer splits at the spaces that
folding leaves and nowhere else. https://www.sqlite.org/fts5.html, version 3.40.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from sqlalchemy import Connection

from mercat.core.database.bulk import Bulk
from mercat.core.database.search.asking import Need, Token, by_fragment, fragments
from mercat.core.database.search.documents import OTHER, Kept, terms_of
from mercat.core.database.search.engines import ByWords, Candidates
from mercat.core.database.search.vocabulary import learn

_WORDS = "fts5(terms, content='', columnsize=0, detail=none, tokenize=\"ascii tokenchars '~'\""
_CREATE = (
    (
        "CREATE TABLE search_documents (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
        " title TEXT NOT NULL, words TEXT NOT NULL, codes TEXT NOT NULL)"
    ),
    f"CREATE VIRTUAL TABLE search_words USING {_WORDS})",
    # An index of beginnings would double the work of a load; the sample, where all common ones are found, has it.
    f"CREATE VIRTUAL TABLE search_sample USING {_WORDS}, prefix='1 2 3')",
    (
        "CREATE VIRTUAL TABLE search_fragments USING fts5(codes, content='', columnsize=0, detail=none,"
        ' tokenize="trigram case_sensitive 1")'
    ),
    "CREATE TABLE search_terms (term TEXT PRIMARY KEY) WITHOUT ROWID",
)
_TABLES = ("search_terms", "search_fragments", "search_sample", "search_words", "search_documents")
_TITLE = "instr(' ' || title, ' ' || ?)"
_WORD = "instr(' ' || title || ' ' || words, ' ' || ?)"
_FRAGMENT = "instr(codes, ?)"
# So many candidates are checked against their text before the index is asked for all that is needed at once.
_MOST_CHECKED = 4_000


class SQLite:
    """The index on SQLite."""

    def create(self, connection: Connection) -> None:
        """Create the empty index."""
        for statement in _CREATE:
            connection.exec_driver_sql(statement)

    def drop(self, connection: Connection) -> None:
        """Drop the index and all that is in it."""
        for name in _TABLES:
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")

    def put(self, bulk: Bulk, documents: Sequence[Kept]) -> None:
        """Insert or replace one batch."""
        self.remove(bulk, [each.id for each in documents])
        ((last,),) = bulk.fetch("SELECT coalesce(max(number), 0) FROM search_documents")
        numbers = range(last + 1, last + 1 + len(documents))
        bulk.insert(
            "search_documents",
            ("number", "id", "title", "words", "codes"),
            ((row, each.id, each.title, each.words, each.codes) for row, each in zip(numbers, documents, strict=True)),
        )
        texts, words = terms_of(documents)
        bulk.insert("search_words", ("rowid", "terms"), zip(numbers, texts, strict=True))
        sampled = ((row, text) for row, text, each in zip(numbers, texts, documents, strict=True) if each.is_sampled)
        bulk.insert("search_sample", ("rowid", "terms"), sampled)
        bulk.insert(
            "search_fragments", ("rowid", "codes"), zip(numbers, (each.codes for each in documents), strict=True)
        )
        learn(bulk, words)

    def remove(self, bulk: Bulk, ids: Sequence[bytes]) -> None:
        """Take documents out. A contentless table has to be told what it held."""
        some, values = bulk.among("id", ids, ids=True)
        rows = bulk.fetch(f"SELECT number, id, title, words, codes FROM search_documents WHERE {some}", values)
        if not rows:
            return
        gone = [(row[0], Kept(*row[1:])) for row in rows]
        terms, _ = terms_of([each for _, each in gone])
        worded = [(number, text, each.is_sampled) for (number, each), text in zip(gone, terms, strict=True)]
        for table, column, old in (
            ("search_words", "terms", [row[:2] for row in worded]),
            ("search_sample", "terms", [row[:2] for row in worded if row[2]]),
            ("search_fragments", "codes", [(number, each.codes) for number, each in gone]),
        ):
            bulk.many(f"INSERT INTO {table} ({table}, rowid, {column}) VALUES ('delete', ?, ?)", old)
        bulk.delete("search_documents", "number", [number for number, _ in gone], ids=False)

    def asking(self, _bulk: Bulk) -> AbstractContextManager[None]:
        """Nothing to prepare."""
        return nullcontext()

    def with_code(self, bulk: Bulk, code: str, limit: int) -> Candidates:
        """Documents one of whose codes is this."""
        return _matching(bulk, "search_fragments", _keys(f" {code} "), limit, check=(_FRAGMENT, [f" {code} "]))

    def with_code_begun(self, bulk: Bulk, code: str, limit: int) -> Candidates:
        """Documents one of whose codes begins with this."""
        return _matching(bulk, "search_fragments", _keys(f" {code}"), limit, check=(_FRAGMENT, [f" {code}"]))

    def in_title(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents that hold all needs in the title."""
        return _by_words(bulk, ("",)).find(needs, limit)

    def anywhere(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents that hold all needs as words or as fragments."""
        found = _by_words(bulk, ("", OTHER)).find(needs, limit)
        if len(found.kept) >= limit:
            return found
        # Those that need a fragment for at least one need: each need in turn leads, and all are checked. Needs that no
        # word can answer lead together, for all.
        forced = [each for each in needs if not _all([each], ("",))]
        for leading in [forced] if forced else [[each] for each in needs]:
            led = _by_fragments(bulk, leading, needs, limit)
            found.kept += led.kept
            found.is_whole &= led.is_whole
        return found


Check = tuple[str, list[str]]


def _by_words(bulk: Bulk, marks: Sequence[str]) -> ByWords:
    def checked(narrow: Sequence[Need], wide: Sequence[Need], limit: int) -> Candidates | None:
        expression, check = _all(narrow, marks), _check(wide, _WORD if OTHER in marks else _TITLE)
        return _led(bulk, "search_words", expression, limit, check) if expression else Candidates([], is_whole=True)

    return ByWords(
        checked,
        lambda needs, limit: _matching(bulk, "search_sample", _all(needs, marks), limit),
        lambda needs, limit: _matching(bulk, "search_words", _all(needs, marks), limit),
    )


def _by_fragments(bulk: Bulk, leading: Sequence[Need], needs: Sequence[Need], limit: int) -> Candidates:
    each = list(map(_fragments, leading))
    if not all(each):
        return Candidates([], is_whole=True)
    expression, check = " AND ".join(each), _check(needs, _WORD, has_fragments=True)
    led = _led(bulk, "search_fragments", expression, limit, check)
    if led is not None:
        return led
    others = _all([each for each in needs if each not in leading], ("", OTHER))
    if not others:
        return _matching(bulk, "search_fragments", expression, limit, check=check)
    hits = (
        "SELECT rowid AS hit FROM search_fragments WHERE search_fragments MATCH ?"
        " INTERSECT SELECT rowid FROM search_words WHERE search_words MATCH ?"
    )
    return _candidates(bulk, hits, [expression, others], limit, check)


def _led(bulk: Bulk, table: str, expression: str, limit: int, check: Check) -> Candidates | None:
    """Candidates by an expression that says too little, checked; ``None`` when they are too many to check."""
    hits = f"SELECT rowid AS hit FROM {table} WHERE {table} MATCH ? LIMIT {_MOST_CHECKED}"
    ((looked_at,),) = bulk.fetch(f"SELECT count(*) FROM ({hits})", [expression])
    return _candidates(bulk, hits, [expression], limit, check) if looked_at < _MOST_CHECKED else None


def _matching(bulk: Bulk, table: str, expression: str, limit: int, *, check: Check | None = None) -> Candidates:
    if not expression:
        return Candidates([], is_whole=True)
    return _candidates(bulk, f"SELECT rowid AS hit FROM {table} WHERE {table} MATCH ?", [expression], limit, check)


def _candidates(bulk: Bulk, hits: str, values: list[str], limit: int, check: Check | None) -> Candidates:
    where, checked = check or ("1", [])
    rows = bulk.fetch(
        f"SELECT id, title, words, codes FROM ({hits}) CROSS JOIN search_documents ON number = hit"
        f" WHERE {where} LIMIT {limit}",
        [*values, *checked],
    )
    return Candidates([Kept(*row) for row in rows], is_whole=len(rows) < limit)


def _check(needs: Sequence[Need], begins: str, *, has_fragments: bool = False) -> Check:
    """The condition on the texts for all needs."""
    values: list[str] = []

    def held(token: Token) -> str:
        values.append(token.text)
        if not (has_fragments and token.fragments):
            return begins
        values.append(token.text)
        return f"({begins} OR {_FRAGMENT})"

    each = [" OR ".join(" AND ".join(map(held, option)) for option in need.options) for need in needs]
    return " AND ".join(f"({one})" for one in each), values


def _all(needs: Sequence[Need], marks: Sequence[str]) -> str:
    """The expression for all needs as words with one of the marks; empty when no word can answer one of them."""
    each = [_either([_together(option, marks) for option in need.options]) for need in needs]
    return " AND ".join(each) if all(each) else ""


def _together(option: Sequence[Token], marks: Sequence[str]) -> str:
    if not all(token.may_be_word for token in option):
        return ""
    return " AND ".join(_either([_begun(token, mark) for mark in marks]) for token in option)


def _begun(token: Token, mark: str) -> str:
    if token.known is None:
        return f'"{mark}{token.text}"*'
    return " OR ".join(f'"{mark}{each}"' for each in token.known)


def _either(expressions: Sequence[str]) -> str:
    some = [each for each in expressions if each]
    return f"({' OR '.join(f'({each})' for each in some)})" if some else ""


def _fragments(need: Need) -> str:
    """The expression for documents that answer a need by fragment; empty: none can."""
    options = []
    for option in need.options:
        tokens, are_all = by_fragment(option)
        options.append((" AND " if are_all else " OR ").join(f"({_keys(token.text)})" for token in tokens))
    return _either(options)


def _keys(text: str) -> str:
    return " AND ".join(f'"{key}"' for key in fragments(text))
