"""From what a person types to what the index is asked: pure, and harmless for any input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mercat.core.database.search.folding import LONGEST_WORD, fold, joined, parts

MOST_CHARACTERS = 512
MOST_NEEDS = 12
_MOST_PARTS = 6
FRAGMENT = 3
_MOST_KEYS = 5
# Shorter runs of digits are as often a word of a title as the beginning of a code.
_SHORTEST_BEGINNING = 5
_ALPHABETS = ("abcdefghijklmnopqrstuvwxyz", "абвгдежзиклмнопрстуфхцчшщъыьэюяіїєґђјљњћџ", "αβγδεζηθικλμνξοπρσςτυφχψω")


@dataclass(frozen=True)
class Token:
    """One run of letters and digits; ``known``: the words that begin with it, ``None`` where they are too many to list."""

    text: str
    known: tuple[str, ...] | None = None

    @property
    def may_be_word(self) -> bool:
        """Whether a word can start with it."""
        return len(self.text) <= LONGEST_WORD and self.known != ()

    @property
    def is_wide(self) -> bool:
        """Whether so many words start with it that the index would gather far too much."""
        return self.may_be_word and self.known is None

    @property
    def fragments(self) -> list[str]:
        """The groups of three characters that a code with this token in it must have; empty: no code can."""
        return fragments(self.text)


@dataclass(frozen=True)
class Need:
    """What a document must hold: all tokens of at least one of the options."""

    options: tuple[tuple[Token, ...], ...]

    @property
    def tokens(self) -> tuple[Token, ...]:
        """Every token of every option."""
        return tuple(token for option in self.options for token in option)

    @property
    def words(self) -> list[str]:
        """The plain texts that it was typed as."""
        return [token.text for token in self.options[-1]]

    @property
    def is_wide(self) -> bool:
        """Whether one of its tokens is."""
        return any(token.is_wide for token in self.tokens)

    def knowing(self, known: dict[str, tuple[str, ...] | None]) -> Need:
        """The same need, its tokens with the words that begin with them."""
        return Need(tuple(tuple(Token(each.text, known[each.text]) for each in option) for option in self.options))


def by_fragment(option: Sequence[Token]) -> tuple[Sequence[Token], bool]:
    """Of an option that words alone do not answer: which of its tokens are fragments, and whether all of them are.

    A token that no word begins with is one; else it is one of those that are long enough. Empty: none can be.
    """
    forced = [each for each in option if not each.may_be_word]
    if forced:
        return (forced if all(each.fragments for each in forced) else []), True
    return [each for each in option if each.fragments], False


def fragments(text: str) -> list[str]:
    """A few of the text's groups of three characters, the first and the last among them."""
    keys = [text[at : at + FRAGMENT] for at in range(len(text) - FRAGMENT + 1)]
    # Neighbours say nearly the same: keys side by side select as well as all of them.
    chosen = keys if len(keys) < _MOST_KEYS else [*keys[:-1:FRAGMENT][: _MOST_KEYS - 1], keys[-1]]
    return list(dict.fromkeys(chosen))


def understand(query: str) -> list[Need]:
    """One need for each group of signs between spaces; the first 512 characters and 12 groups count.

    "dcp-130c" may stand as ``dcp130c`` or as ``dcp`` and ``130c``. A text with no letter or digit needs nothing.
    """
    needs = []
    for group in fold(query[:MOST_CHARACTERS])[:MOST_CHARACTERS].split():
        pieces = tuple(Token(piece) for piece in parts(group).split())
        whole = (Token(joined(group)),)
        if len(pieces) > _MOST_PARTS:
            needs.append(Need((whole,)))
        elif pieces:
            needs.append(Need((pieces,) if pieces == whole else (whole, pieces)))
    return list(dict.fromkeys(needs))[:MOST_NEEDS]


def whole_code(query: str) -> str:
    """The query read as one whole code; empty: it can be none."""
    return joined(fold(query[:MOST_CHARACTERS])).replace(" ", "")


def may_begin_code(code: str) -> bool:
    """Whether a query reads like the beginning of a code, rather than like a word of a title."""
    has_digit = any(each.isdigit() for each in code)
    return has_digit and (len(code) >= _SHORTEST_BEGINNING or (len(code) >= FRAGMENT and not code.isdigit()))


def misspellings(word: str) -> set[str]:
    """Every word at one edit: a letter left out, put in, replaced, or two neighbours swapped (Damerau, CACM 1964)."""
    letters = set(word).union(*(each for each in _ALPHABETS if set(each).intersection(word)))
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    found = {head + tail[1:] for head, tail in cuts if tail}
    found.update(head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1)
    found.update(head + letter + tail[1:] for head, tail in cuts if tail for letter in letters)
    found.update(head + letter + tail for head, tail in cuts for letter in letters)
    found.discard(word)
    return found
