"""From what a person types to what the index is asked: pure, and harmless for any input."""

from __future__ import annotations

from dataclasses import dataclass

from mercat.core.database.search.folding import LONGEST_WORD, fold, joined, parts

MOST_CHARACTERS = 512
MOST_NEEDS = 12
_MOST_PARTS = 6
FRAGMENT = 3
_MOST_KEYS = 5
_ALPHABETS = ("abcdefghijklmnopqrstuvwxyz", "абвгдежзиклмнопрстуфхцчшщъыьэюяіїєґђјљњћџ", "αβγδεζηθικλμνξοπρσςτυφχψω")


@dataclass(frozen=True)
class Token:
    """One run of letters and digits, and where it may stand."""

    text: str
    is_whole_code: bool = False

    @property
    def may_be_word(self) -> bool:
        """Whether a word can start with it."""
        return not self.is_whole_code and len(self.text) <= LONGEST_WORD

    @property
    def fragments(self) -> list[str]:
        """The groups of three characters that a code with this token in it must have; empty: no code can."""
        text = self.text
        keys = [text[at : at + FRAGMENT] for at in range(len(text) - FRAGMENT + 1)]
        # Neighbours say nearly the same: keys side by side select as well as all of them.
        chosen = keys if len(keys) < _MOST_KEYS else [*keys[:-1:FRAGMENT][: _MOST_KEYS - 1], keys[-1]]
        return list(dict.fromkeys(chosen))


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


def whole_code(query: str) -> Need | None:
    """The query read as one whole code, if it can be one."""
    text = joined(fold(query[:MOST_CHARACTERS])).replace(" ", "")
    return Need(((Token(text, is_whole_code=True),),)) if text else None


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
