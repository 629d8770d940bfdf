"""PostgreSQL: a GIN index over the terms as a tsvector, and one over the trigrams of codes (extension pg_trgm).

The tsvector is made of folded tokens as they are: no text search configuration has a say in it, so that the databases
agree. https://www.postgresql.org/docs/15/textsearch.html, https://www.postgresql.org/docs/15/pgtrgm.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from mercat.core.database.bulk import Bulk
from mercat.core.database.search.asking import Need, Token, by_fragment
from mercat.core.database.search.documents import OTHER, Kept, terms_of
from mercat.core.database.search.engines import ByWords, Candidates
from mercat.core.database.search.vocabulary import learn
from mercat.core.errors import Invalid

_CREATE = (
    (
        "CREATE TABLE search_documents (id UUID PRIMARY KEY, title TEXT NOT NULL, words TEXT NOT NULL,"
        " codes TEXT NOT NULL, terms TSVECTOR NOT NULL, is_sampled BOOLEAN NOT NULL)"
    ),
    "CREATE INDEX ix_search_documents_terms ON search_documents USING gin (terms)",
    # GIN gathers all rows of a word before the first is given: in the sample they are few.
    "CREATE INDEX ix_search_documents_sample ON search_documents USING gin (terms) WHERE is_sampled",
    "CREATE INDEX ix_search_documents_codes ON search_documents USING gin (codes gin_trgm_ops)",
    'CREATE TABLE search_terms (term TEXT COLLATE "C" PRIMARY KEY)',
)
_PUT = (
    "INSERT INTO search_documents (id, title, words, codes, terms, is_sampled)"
    " SELECT id, title, words, codes, terms::tsvector, is_sampled"
    " FROM unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::boolean[])"
    " AS new (id, title, words, codes, terms, is_sampled)"
    " ON CONFLICT (id) DO UPDATE SET title = excluded.title, words = excluded.words, codes = excluded.codes,"
    " terms = excluded.terms"
)
# So many candidates are checked against their text before the index is asked for all that is needed at once.
_MOST_CHECKED = 2_000
_TERMS = "terms @@ ?::tsquery"
_TITLE = "position(' ' || ? IN ' ' || title) > 0"
_WORD = "position(' ' || ? IN ' ' || title || ' ' || words) > 0"


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
        connection.exec_driver_sql("DROP TABLE IF EXISTS search_terms")
        connection.exec_driver_sql("DROP TABLE IF EXISTS search_documents")

    def put(self, bulk: Bulk, documents: Sequence[Kept]) -> None:
        """Insert or replace one batch."""
        terms, words = terms_of(documents)
        columns = (
            [each.id.hex() for each in documents],
            [each.title for each in documents],
            [each.words for each in documents],
            [each.codes for each in documents],
            terms,
            [each.is_sampled for each in documents],
        )
        bulk.run(_PUT, columns)
        learn(bulk, words)

    def remove(self, bulk: Bulk, ids: Sequence[bytes]) -> None:
        """Take documents out."""
        bulk.delete("search_documents", "id", sorted(ids))

    @contextmanager
    def asking(self, bulk: Bulk) -> Iterator[None]:
        """Plan by index, and without compiling; the settings are put back.

        For a LIMIT the planner would rather read rows until enough fit, and its guess of how many fit is the same for the
        beginning of a rare word as for that of a common one: a rare one would cost the whole table.
        """
        before = bulk.fetch(
            "SELECT current_setting('enable_seqscan'), current_setting('jit'),"
            " set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)"
        )[0][:2]
        yield
        bulk.fetch("SELECT set_config('enable_seqscan', ?, true), set_config('jit', ?, true)", before)

    def with_code(self, bulk: Bulk, code: str, limit: int) -> Candidates:
        """Documents one of whose codes is this."""
        return _where(bulk, "codes LIKE ?", [f"% {code} %"], limit)

    def with_code_begun(self, bulk: Bulk, code: str, limit: int) -> Candidates:
        """Documents one of whose codes begins with this."""
        return _where(bulk, "codes LIKE ?", [f"% {code}%"], limit)

    def in_title(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents that hold all needs in the title."""
        return _by_words(bulk, ("",)).find(needs, limit)

    def anywhere(self, bulk: Bulk, needs: Sequence[Need], limit: int) -> Candidates:
        """Documents that hold all needs as words or as fragments."""
        found = _by_words(bulk, ("", OTHER)).find(needs, limit)
        if len(found.kept) >= limit:
            return found
        # Those that need a fragment for at least one need: each need in turn is one, if it can. Needs that no word can
        # answer are fragments together, for all.
        forced = [each for each in needs if not _all([each], ("",))]
        for leading in [forced] if forced else [[each] for each in needs]:
            conditions = [_by_text_or_index(each, leading) for each in needs]
            if all(condition for condition, _ in conditions):
                where = " AND ".join(f"({condition})" for condition, _ in conditions)
                led = _where(bulk, where, [value for _, values in conditions for value in values], limit)
                found.kept += led.kept
                found.is_whole &= led.is_whole
        return found


Condition = tuple[str, list[str]]


def _by_words(bulk: Bulk, marks: Sequence[str]) -> ByWords:
    def checked(narrow: Sequence[Need], wide: Sequence[Need], limit: int) -> Candidates | None:
        query = _all(narrow, marks)
        return _led(bulk, query, _check(wide, marks), limit) if query else _nothing()

    def sampled(needs: Sequence[Need], limit: int) -> Candidates:
        narrow = [each for each in needs if not each.is_wide]
        query = _all(narrow or needs, marks)
        check, values = _check([each for each in needs if each.is_wide] if narrow else [], marks)
        return _where(bulk, f"is_sampled AND {_TERMS} AND {check}", [query, *values], limit) if query else _nothing()

    def every(needs: Sequence[Need], limit: int) -> Candidates:
        query = _all(needs, marks)
        return _where(bulk, _TERMS, [query], limit) if query else _nothing()

    return ByWords(checked, sampled, every)


def _nothing() -> Candidates:
    return Candidates([], is_whole=True)


def _led(bulk: Bulk, query: str, check: Condition, limit: int) -> Candidates | None:
    """Candidates by a query that says too little, checked; ``None`` when they are too many to check."""
    where, values = check
    rows = bulk.fetch(
        "WITH hits AS MATERIALIZED (SELECT id, title, words, codes FROM search_documents"
        f" WHERE {_TERMS} LIMIT {_MOST_CHECKED}), fit AS (SELECT * FROM hits WHERE {where} LIMIT {limit})"
        " SELECT looked_at, fit.* FROM (SELECT count(*) AS looked_at FROM hits) AS counted LEFT JOIN fit ON true",
        [query, *values],
    )
    if rows[0][0] == _MOST_CHECKED:
        return None
    kept = [Kept(bulk.id_of(row[1]), *row[2:]) for row in rows if row[1] is not None]
    return Candidates(kept, is_whole=len(kept) < limit)


def _where(bulk: Bulk, where: str, values: Sequence[str], limit: int) -> Candidates:
    rows = bulk.fetch(f"SELECT id, title, words, codes FROM search_documents WHERE {where} LIMIT {limit}", values)
    return Candidates([Kept(bulk.id_of(row[0]), *row[1:]) for row in rows], is_whole=len(rows) < limit)


def _check(needs: Sequence[Need], marks: Sequence[str]) -> Condition:
    """The condition on the texts for all needs as words."""
    begins = _WORD if OTHER in marks else _TITLE
    each = [" OR ".join(" AND ".join([begins] * len(option)) for option in need.options) for need in needs]
    return " AND ".join(f"({one})" for one in each) or "true", [each.text for need in needs for each in need.tokens]


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
    if token.known is None:
        return "(" + " | ".join(f"'{mark}{token.text}':*" for mark in marks) + ")"
    return "(" + " | ".join(f"'{mark}{each}'" for mark in marks for each in token.known) + ")"


def _by_text_or_index(need: Need, leading: Sequence[Need]) -> Condition:
    """The condition for a need: by the index of fragments where it leads, else as a word or a fragment; empty: none."""
    options, values = [], []
    for option in need.options:
        condition, more = _leads(option) if need in leading else _together(option)
        if condition:
            options.append(f"({condition})")
            values += more
    return " OR ".join(options), values


def _leads(option: Sequence[Token]) -> Condition:
    tokens, are_all = by_fragment(option)
    others, values = _together([each for each in option if not (are_all and each in tokens)])
    if not tokens or (not others and not are_all):
        return "", []
    leads = (" AND " if are_all else " OR ").join(["codes LIKE ?"] * len(tokens))
    return f"({leads})" + (f" AND {others}" if others else ""), [f"%{each.text}%" for each in tokens] + values


def _together(option: Sequence[Token]) -> Condition:
    each = [_follows(token) for token in option]
    if not all(condition for condition, _ in each):
        return "", []
    return " AND ".join(condition for condition, _ in each), [value for _, values in each for value in values]


def _follows(token: Token) -> Condition:
    either, values = [], []
    if token.is_wide:
        # Left to the text: the index would gather all rows of all words that begin so.
        either, values = [_WORD], [token.text]
    elif token.may_be_word:
        either, values = [_TERMS], [_begun(token, ("", OTHER))]
    if token.fragments:
        either.append("position(? IN codes) > 0" if token.is_wide else "codes LIKE ?")
        values.append(token.text if token.is_wide else f"%{token.text}%")
    return (f"({' OR '.join(either)})", values) if either else ("", [])
