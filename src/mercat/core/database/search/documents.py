"""What the index keeps of a document: made from its texts, and judged against a query. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from mercat.core.database.search.asking import Need, Token
from mercat.core.database.search.folding import LONGEST_WORD, fold_lines, is_word, joined, parts

Document = tuple[bytes, str, str, str]
# The mark of a term that is not a word of the title; and of texts that are no codes but have fragments as codes have.
# Folded text never holds them.
OTHER = "~"
NO_CODE = "|"
# Longer numbers and codes are no terms: they are found by their fragments, and no vocabulary of theirs can grow.
LONGEST_NUMBER = 5
_BEGINNING = 2
# Of so many tokens is remembered what they are.
_MOST_KNOWN = 50_000
# One in so many documents belongs to the sample.
_SAMPLED = 16


class Kept(msgspec.Struct, gc=False):
    """One document as the index keeps it.

    ``title`` and ``words`` are tokens between spaces, parts and joined forms, each once; ``words`` only what is not in
    the title. ``codes`` is the text whose fragments find it: each joined code between spaces, then the tokens that only
    read like codes, between bars. Tens of thousands of them at once would keep the garbage collector busy for nothing.
    """

    id: bytes
    title: str
    words: str
    codes: str

    @property
    def _tokens(self) -> str:
        return f" {self.title} {self.words} "

    @property
    def is_sampled(self) -> bool:
        """Whether the sample holds it. The last byte of an id is random."""
        return self.id[-1] % _SAMPLED == 0

    def holds(self, token: Token) -> bool:
        """Whether it has the token as the beginning of a word, or as three or more characters of a code."""
        text = token.text
        return f" {text}" in self._tokens or (len(text) > 2 and text in self.codes)

    def answers(self, needs: Sequence[Need]) -> bool:
        """Whether it holds all that is needed."""
        return all(any(all(map(self.holds, option)) for option in need.options) for need in needs)

    def has_code(self, text: str) -> bool:
        """Whether one of its codes is exactly this."""
        return f" {text} " in self.codes

    def has_code_begun(self, text: str) -> bool:
        """Whether one of its codes begins with this."""
        return f" {text}" in self.codes

    def rank(self, needs: Sequence[Need], code: str) -> tuple[int, int, int, int, int, int, bytes]:
        """Smaller is better: the whole query as a code, codes, as the beginning of one, words of the title, short titles."""
        options = [max(need.options, key=lambda option: all(map(self.holds, option))) for need in needs]
        tokens = [token.text for option in options for token in option]
        title = f" {self.title} "
        return (
            0 if code and self.has_code(code) else 1,
            -sum(map(self.has_code, tokens)),
            0 if code and self.has_code_begun(code) else 1,
            -sum(f" {token} " in title for token in tokens),
            -sum(f" {token}" in title for token in tokens),
            len(self.title),
            self.id,
        )


def keep(documents: Sequence[Document]) -> Iterator[Kept]:
    """Fold a batch of documents; of several with one id the last counts."""
    ids, titles, words, codes = zip(*{each[0]: each for each in documents}.values(), strict=True)
    folded = (fold_lines(titles), fold_lines(words), fold_lines(codes))
    # Scripts without spaces need a closer look, and this runs for every token of a load.
    is_plain = all(map(str.isascii, folded))
    columns = (_tokens(folded[0]), _tokens(folded[1]), joined(folded[2]).split("\n"))
    is_odd = (_ODD_ASCII if is_plain else _ODD).__getitem__
    for key, title, other, line in zip(ids, *columns, strict=True):
        own = dict.fromkeys(title.split())
        more = [each for each in dict.fromkeys(other.split()) if each not in own]
        listed = f" {' '.join(line.split())} " if line else ""
        odd = [each for each in filter(is_odd, (*own, *more)) if each not in listed]
        if odd:
            listed += NO_CODE + NO_CODE.join(odd) + NO_CODE
        yield Kept(key, " ".join(own), " ".join(more), listed)


def terms_of(documents: Sequence[Kept]) -> tuple[list[str], set[str]]:
    """The terms that find each of the documents, with their marks, between spaces; and every one of their words.

    Of a long code its first two characters stand, for those who have typed no more yet.
    """
    texts, seen = [], set[str]()
    for each in documents:
        terms = _terms(each.title)
        seen.update(terms)
        if each.words:
            others = _terms(each.words)
            seen.update(others)
            terms += [OTHER + term for term in others]
        texts.append(" ".join(terms))
    return texts, seen


def _terms(tokens: str) -> list[str]:
    return list(map(_TERM.__getitem__, tokens.split()))


def _term(token: str) -> str:
    is_whole = len(token) <= LONGEST_NUMBER or (token.isalpha() and len(token) <= LONGEST_WORD)
    return token if is_whole else token[:_BEGINNING]


def _is_odd_ascii(token: str) -> bool:
    return len(token) > 2 and (not token.isalpha() or len(token) > LONGEST_WORD)


def _is_odd(token: str) -> bool:
    return not is_word(token)


class _Known(dict[str, Any]):
    """What is known of tokens: a load of a million titles has some thousand words, and asks it of each twelve times."""

    def __init__(self, judge: Callable[[str], Any]) -> None:
        super().__init__()
        self._judge = judge

    def __missing__(self, token: str) -> Any:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        value = self[token] = self._judge(token)
        return value


_TERM, _ODD_ASCII, _ODD = map(_Known, (_term, _is_odd_ascii, _is_odd))


def _tokens(folded: str) -> list[str]:
    """The parts and the joined forms of each line."""
    apart, whole = parts(folded).split("\n"), joined(folded).split("\n")
    return [one if len(one) == len(two) else f"{one} {two}" for one, two in zip(apart, whole, strict=True)]
