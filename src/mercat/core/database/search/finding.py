"""Find documents: candidates from the database's own index, checked against the text, the first few hundred ranked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from mercat.core.database.bulk import Bulk
from mercat.core.database.search.asking import Need, Token, may_begin_code, misspellings, understand, whole_code
from mercat.core.database.search.choosing import engine_of
from mercat.core.database.search.documents import Kept
from mercat.core.database.search.engines import Candidates, Engine
from mercat.core.database.search.vocabulary import beginning_with, which

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
    corrected = None
    with engine.asking(bulk):
        found = _hits(engine, bulk, needs, whole_code(query), wanted)
        if not found.kept and found.is_whole:
            for correction in _corrections(engine, bulk, needs):
                found = _hits(engine, bulk, correction.needs, "", wanted)
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


@dataclass
class _Look:
    """One question to the index: what it is given to find, which candidates it keeps, and how many are enough."""

    ask: Callable[[int], Candidates]
    keeps: Callable[[Kept], bool]
    most: int


def _hits(engine: Engine, bulk: Bulk, needs: Sequence[Need], code: str, wanted: int) -> _Hits:
    """At most ``wanted`` hits: those whose code it is or begins with, however many hold it; then title, then all."""
    hits: dict[bytes, Kept] = {}
    is_whole = True
    for look in _looks(engine, bulk, needs, code, wanted):
        if len(hits) >= look.most:
            is_whole = False
            continue
        # What an earlier look has found comes again.
        candidates = look.ask(look.most + len(hits))
        is_whole = candidates.is_whole
        for each in candidates.kept:
            if each.id not in hits and look.keeps(each):
                hits[each.id] = each
    first = list(hits.values())
    ranked = sorted(first[:_RANKED], key=lambda each: each.rank(needs, code))
    return _Hits(ranked + first[_RANKED:wanted], is_whole and len(first) <= wanted)


def _looks(engine: Engine, bulk: Bulk, needs: Sequence[Need], code: str, wanted: int) -> Iterator[_Look]:
    if code:
        yield _Look(partial(_by_code, engine, bulk, code), lambda each: _has_code(each, code), _RANKED)
    known = beginning_with(bulk, [token.text for need in needs for token in need.tokens])
    asked = [need.knowing(known) for need in needs]
    for where in (engine.in_title, engine.anywhere):
        yield _Look(partial(where, bulk, asked), lambda each: each.answers(asked), wanted)


def _has_code(kept: Kept, code: str) -> bool:
    return kept.has_code_begun(code) if may_begin_code(code) else kept.has_code(code)


def _by_code(engine: Engine, bulk: Bulk, code: str, limit: int) -> Candidates:
    """Those with a code that begins with this, if it reads like one; that has all whose code it is, unless cut short."""
    begun = engine.with_code_begun(bulk, code, limit) if may_begin_code(code) else Candidates([], is_whole=False)
    if begun.is_whole:
        return begun
    exact = engine.with_code(bulk, code, limit)
    return Candidates(exact.kept + begun.kept, is_whole=False)


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
    lost = [at for at in open_to if not _hits(engine, bulk, [plain[at]], "", 1).kept]
    for places in [lost] if lost else [[at] for at in open_to[:_TRIES]]:
        changed, spellings = list(plain), {}
        for at in places:
            known = which(bulk, sorted(misspellings(texts[at])))[:_MOST_SPELLINGS]
            if not known:
                break
            changed[at] = Need(tuple((Token(text),) for text in known))
            spellings[at] = known
        else:
            yield _Correction(changed, texts, spellings)
