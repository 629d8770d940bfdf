"""The words that documents hold, or held: what a beginning may go on to, and what a typing error may have meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.database.search.documents import LONGEST_NUMBER
from mercat.core.database.search.folding import LONGEST_WORD

# A beginning that more words share is asked as one.
_MOST_KNOWN = 24
_LAST = "\U0010ffff"


def learn(bulk: Bulk, terms: Iterable[str]) -> None:
    """Keep those of the terms that are letters only: numbers would be as many as all words, and few begin alike."""
    # In one order, so that two writers do not wait for each other in a circle.
    words = sorted(each for each in terms if each.isalpha())
    if bulk.is_postgres:
        bulk.run("INSERT INTO search_terms (term) SELECT unnest(?::text[]) ON CONFLICT DO NOTHING", [words])
    elif bulk.is_sqlite:
        bulk.many("INSERT OR IGNORE INTO search_terms (term) VALUES (?)", [(each,) for each in words])
    else:
        # MariaDB locks even what it ignores, so writers of known words would wait for each other.
        known = {each for some in chunks(words, CHUNK) for each in which(bulk, some)}
        new = [(each,) for each in words if each not in known]
        bulk.many("INSERT IGNORE INTO search_terms (term) VALUES (?)", new)


def which(bulk: Bulk, words: Sequence[str]) -> list[str]:
    """Those of the words that are known."""
    if not words:
        return []
    some, values = bulk.among("term", words)
    return sorted(term for (term,) in bulk.fetch(f"SELECT term FROM search_terms WHERE {some}", values))


def beginning_with(bulk: Bulk, texts: Sequence[str]) -> dict[str, tuple[str, ...] | None]:
    """The words that begin with each text; ``None`` where they are not known, or more than can be asked for one by one."""
    found: dict[str, tuple[str, ...] | None] = {text: () if len(text) > LONGEST_NUMBER else None for text in texts}
    asked = [text for text in found if text.isalpha() and len(text) <= LONGEST_WORD]
    if not asked:
        return found
    each_one = (
        f"SELECT * FROM (SELECT {at}, term FROM search_terms WHERE term >= ? AND term < ? ORDER BY term"
        f" LIMIT {_MOST_KNOWN + 1}) AS some_{at}"
        for at in range(len(asked))
    )
    values = [end for each in asked for end in (each, each + _LAST)]
    known: list[list[str]] = [[] for _ in asked]
    for at, term in bulk.fetch(" UNION ALL ".join(each_one), values):
        known[at].append(term)
    return found | {
        text: tuple(terms) if len(terms) <= _MOST_KNOWN else None for text, terms in zip(asked, known, strict=True)
    }
