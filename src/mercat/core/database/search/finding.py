"""Find documents: candidates from the database's own index, checked against the text, the first few hundred ranked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mercat.core.database.bulk import Bulk
from mercat.core.database.search.asking import Need, Token, misspellings, understand, whole_code
from mercat.core.database.search.choosing import engine_of
from mercat.core.database.search.documents import Kept
from mercat.core.database.search.engines import Engine

# So many hits are ranked; later ones follow in the database's order.
_RANKED = 200
# No page lies further in than this.
_DEEPEST = 5_000
_SHORTEST_CORRECTED = 4
_MOST_SPELLINGS = 16
_TRIES = 3


@dataclass(frozen=True)
class Found:
    """``ids``, best first; ``total`` of all pages, a lower bound unless ``is_exact_total``.

    ``corrected`` is the query that was answered instead, when the one given finds nothing.
    """

    ids: list[bytes]
    total: int
    is_exact_total: bool
    corrected: str | None = None


def find(bulk: Bulk, query: str, *, limit: int = 50, offset: int = 0) -> Found:
    """Documents that hold every word of the query: as a word or its beginning, or as three or more characters of a code.

    No input raises; a query without a letter or digit finds nothing.
    """
    limit, offset = max(limit, 0), max(offset, 0)
    needs = understand(query)
    if not needs:
        return Found([], 0, is_exact_total=True)
    engine = engine_of(bulk)
    wanted = min(max(offset + limit, _RANKED), _DEEPEST)
    found = _hits(engine, bulk, needs, whole_code(query), wanted)
    corrected = None
    if not found.kept and found.is_whole:
        for correction in _corrections(engine, bulk, needs):
            found = _hits(engine, bulk, correction.needs, None, wanted)
            if found.kept:
                corrected = correction.spelling(found.kept[:_RANKED])
                break
    ids = [each.id for each in found.kept[offset : offset + limit]]
    return Found(ids, len(found.kept), found.is_whole, corrected)


@dataclass
class _Hits:
    """What one pass found, best first."""

    kept: list[Kept]
    is_whole: bool


def _hits(engine: Engine, bulk: Bulk, needs: Sequence[Need], code: Need | None, wanted: int) -> _Hits:
    """At most ``wanted`` hits: those whose code it is first, however many hold it as a fragment; then title, then all."""
    hits: dict[bytes, Kept] = {}
    asked = [] if code is None else [(engine.with_code, [code], _RANKED)]
    asked += [(engine.in_title, list(needs), wanted), (engine.anywhere, list(needs), wanted)]
    is_whole = True
    for look, what, most in asked:
        if len(hits) >= most:
            is_whole = False
            continue
        # What an earlier look has found comes again.
        candidates = look(bulk, what, most + len(hits))
        is_whole = candidates.is_whole
        for each in candidates.kept:
            if each.answers(what):
                hits.setdefault(each.id, each)
    first = list(hits.values())
    text = code.words[0] if code else ""
    ranked = sorted(first[:_RANKED], key=lambda each: each.rank(needs, text))
    return _Hits(ranked + first[_RANKED:wanted], is_whole and len(first) <= wanted)


@dataclass
class _Correction:
    """The needs with some words replaced by known ones; ``spellings`` of each changed place."""

    needs: list[Need]
    texts: list[str]
    spellings: dict[int, list[str]]

    def spelling(self, kept: Sequence[Kept]) -> str:
        """The query as most of the hits have it."""
        shown = list(self.texts)
        for at, known in self.spellings.items():
            shown[at] = max(known, key=lambda text: sum(each.holds(Token(text)) for each in kept))
        return " ".join(shown)


def _corrections(engine: Engine, bulk: Bulk, needs: Sequence[Need]) -> Iterator[_Correction]:
    """The needs with one or more words replaced by the known words at one edit."""
    plain = [Need(((Token(text),),)) for need in needs for text in need.words]
    texts = [need.words[0] for need in plain]
    open_to = [at for at, text in enumerate(texts) if len(text) >= _SHORTEST_CORRECTED and text.isalpha()]
    lost = [at for at in open_to if not _hits(engine, bulk, [plain[at]], None, 1).kept]
    for places in [lost] if lost else [[at] for at in open_to[:_TRIES]]:
        changed, spellings = list(plain), {}
        for at in places:
            known = engine.known(bulk, sorted(misspellings(texts[at])))[:_MOST_SPELLINGS]
            if not known:
                break
            changed[at] = Need(tuple((Token(text),) for text in known))
            spellings[at] = known
        else:
            yield _Correction(changed, texts, spellings)
