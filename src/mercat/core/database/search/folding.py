"""One folding of text for all databases: case, accents, widths and signs do not count.

Letters are compared after Unicode's compatibility decomposition (UAX #15, NFKD) and case folding, without combining
marks. "DCP-130C" gives the parts ``dcp`` and ``130c`` and the joined ``dcp130c``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

# Signs that hold a word together; each also gives the joined form.
JOINERS = "-'./_+&"
LONGEST_TEXT = 4_000
# Longer words are found by their fragments, as codes are.
LONGEST_WORD = 40
# Letters that Unicode does not decompose.
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th", "ŧ": "t", "ħ": "h"}
)
# From here on scripts write no spaces between words (CJK radicals onward), so fragments must find.
_UNSPACED = "\u2e80"


class _Signs(dict[int, str | None]):
    """A translation that keeps letters and digits of every script and learns what it meets."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        kept = self[code] = sign.lower() if sign.isalnum() else " "
        return kept


def _table(joiner: str | None) -> _Signs:
    table = _Signs({code: " " for code in range(128) if not chr(code).isalnum()})
    table.update({ord(sign): sign if joiner == "keep" else joiner for sign in JOINERS})
    table[ord("\n")] = "\n"
    return table


_KEEP = _table("keep")
_PARTS = _table(" ")
_JOINED = _table(None)


def fold(text: str) -> str:
    """Lower-case letters, digits, joiners and spaces; nothing else is left. Line breaks become spaces."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_LETTERS)
        text = "".join([sign for sign in text if not unicodedata.combining(sign)])
        text = unicodedata.normalize("NFC", text)
    return _cleaned(text.replace("\n", " "))


def _cleaned(text: str) -> str:
    # Signs between words join nothing; without them most titles have no joiner.
    return text.translate(_KEEP).replace(" - ", " ").replace(" & ", " ").replace(" / ", " ")


def fold_lines(lines: Sequence[str]) -> str:
    """Fold many texts at once: the results, one a line. Each text counts up to 4,000 characters."""
    if max(map(len, lines)) > LONGEST_TEXT:
        lines = [line[:LONGEST_TEXT] for line in lines]
    text = "\n".join(lines)
    if not text.isascii():
        text = "\n".join([line if line.isascii() else fold(line) for line in lines])
    if text.count("\n") != len(lines) - 1:
        return "\n".join([fold(line) for line in lines])
    return _cleaned(text)


def parts(folded: str) -> str:
    """Folded text with its joiners as spaces."""
    return folded.translate(_PARTS)


def joined(folded: str) -> str:
    """Folded text without its joiners."""
    return folded.translate(_JOINED)


def is_word(token: str) -> bool:
    """Whether a token is a word only; others (numbers, codes, unspaced scripts) are found by their fragments too."""
    if len(token) < 3:  # too short for a fragment
        return True
    return token.isalpha() and len(token) <= LONGEST_WORD and (token.isascii() or max(token) < _UNSPACED)
