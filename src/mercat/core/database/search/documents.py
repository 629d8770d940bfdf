"""What the index keeps of a document: made from its texts, and judged against a query. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from mercat.core.database.search.asking import Need, Token
from mercat.core.database.search.folding import LONGEST_WORD, fold_lines, is_word, joined, parts

Document = tuple[bytes, str, str, str]
# The marks of the engines' terms; a word of the title has none. Folded text never holds them.
OTHER = "~"
CODE = "="
# Codes up to this length are terms of their own: their fragments alone would lead to too many others.
SHORT_CODE = 5


@dataclass
class Kept:
    """One document as the index keeps it, each text as tokens between spaces.

    ``title`` and ``words`` hold parts and joined forms, each once; ``words`` only what is not in the title. ``codes``
    are the joined codes; ``fragmented`` adds the tokens of title and words that read like codes.
    """

    id: bytes
    title: str
    words: str
    codes: str

    @cached_property
    def _tokens(self) -> str:
        return f" {self.title} {self.words} "

    @cached_property
    def fragmented(self) -> str:
        """The text whose fragments find it."""
        codes = self.codes
        # Checked by is_word only where a cheap look leaves doubt: this runs for every document of a load.
        more = [each for each in self._tokens.split() if not is_word(each) and each not in codes]
        return " ".join([codes, *more]) if more else codes

    @property
    def terms(self) -> list[str]:
        """The terms that find it, with their marks."""
        found = self.title.split()
        found += [OTHER + each for each in self.words.split()]
        found += [CODE + each for each in self.codes.split() if len(each) <= SHORT_CODE]
        return [each for each in found if len(each) <= LONGEST_WORD] if len(self._tokens) > LONGEST_WORD else found

    @cached_property
    def vocabulary(self) -> list[str]:
        """The words that a typing error may have meant."""
        return [each for each in self._tokens.split() if each.isalpha() and len(each) <= LONGEST_WORD]

    def holds(self, token: Token) -> bool:
        """Whether it has the token as the beginning of a word, or as three or more characters of a code."""
        text = token.text
        if token.is_whole_code:
            return self.has_code(text)
        return f" {text}" in self._tokens or (len(text) > 2 and text in self.fragmented)

    def answers(self, needs: Sequence[Need]) -> bool:
        """Whether it holds all that is needed."""
        return all(any(all(map(self.holds, option)) for option in need.options) for need in needs)

    def has_code(self, text: str) -> bool:
        """Whether one of its codes is exactly this."""
        return f" {text} " in f" {self.codes} "

    def rank(self, needs: Sequence[Need], code: str) -> tuple[int, int, int, int, int, bytes]:
        """Smaller is better: the whole query as a code, codes, words of the title, their beginnings, short titles."""
        options = [max(need.options, key=lambda option: all(map(self.holds, option))) for need in needs]
        tokens = [token.text for option in options for token in option]
        title = f" {self.title} "
        return (
            0 if self.has_code(code) else 1,
            -sum(map(self.has_code, tokens)),
            -sum(f" {token} " in title for token in tokens),
            -sum(f" {token}" in title for token in tokens),
            len(self.title),
            self.id,
        )


def keep(documents: Sequence[Document]) -> Iterator[Kept]:
    """Fold a batch of documents; of several with one id the last counts."""
    ids, titles, words, codes = zip(*{each[0]: each for each in documents}.values(), strict=True)
    columns = (_tokens(fold_lines(titles)), _tokens(fold_lines(words)), joined(fold_lines(codes)).split("\n"))
    for key, title, other, line in zip(ids, *columns, strict=True):
        own = dict.fromkeys(title.split())
        more = [each for each in dict.fromkeys(other.split()) if each not in own]
        yield Kept(key, " ".join(own), " ".join(more), " ".join(line.split()))


def _tokens(folded: str) -> list[str]:
    """The parts and the joined forms of each line."""
    apart, whole = parts(folded).split("\n"), joined(folded).split("\n")
    return [one if len(one) == len(two) else f"{one} {two}" for one, two in zip(apart, whole, strict=True)]
