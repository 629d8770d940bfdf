"""Which of our categories does a supplier's word mean? Pure: names in, a proposal out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mercat.domain.catalog.tree import Names, name_key

_TOKEN = re.compile(r"[^\W_]+")
# Below it what is proposed is wrong more often than right.
_LEAST = 0.55
# What stands above a category tells two of one name apart, and no more.
_ABOVE = 0.15
_OURS = 0.05


@dataclass(frozen=True)
class Place:
    """A category: its names from the root down, how many products it holds, and whether it is a word yet to be mapped."""

    id: bytes
    names: Names
    products: int
    is_word: bool


@dataclass(frozen=True)
class Proposal:
    """The category that is meant, and how sure that is, from 0 to 1."""

    id: bytes
    confidence: float


def proposals(words: Sequence[Place], places: Iterable[Place]) -> dict[bytes, Proposal]:
    """For each of the words the place that is most alike, where one is alike enough.

    Alike is Dice's coefficient of the three-letter pieces of their names (Dice 1945). A word is proposed for another one
    only where that holds more, so that no two are proposed for each other; nothing for what lies above or below it.
    """
    known = list(places)
    pieces = [_pieces(place.names[-1]) for place in known]
    having: dict[str, list[int]] = {}
    for index, some in enumerate(pieces):
        for piece in some:
            having.setdefault(piece, []).append(index)
    found: dict[bytes, Proposal] = {}
    for word in words:
        own = _pieces(word.names[-1])
        common = Counter(index for piece in own for index in having.get(piece, ()))
        rated = [
            (_rating(word, known[index], 2 * shared / (len(own) + len(pieces[index]))), known[index])
            for index, shared in common.items()
            if _may_be(word, known[index])
        ]
        if rated:
            rating, place = max(rated, key=lambda each: (each[0], each[1].products, each[1].id))
            if rating >= _LEAST:
                found[word.id] = Proposal(place.id, round(min(rating, 1.0), 2))
    return found


def _may_be(word: Place, place: Place) -> bool:
    short, long = sorted((_keys(word.names), _keys(place.names)), key=len)
    is_of_one_branch = long[: len(short)] == short
    return not is_of_one_branch and (not place.is_word or (place.products, place.id) > (word.products, word.id))


def _rating(word: Place, place: Place, alike: float) -> float:
    above, others = _tokens(word.names[:-1]), _tokens(place.names[:-1])
    shared = 2 * len(above & others) / (len(above) + len(others)) if above or others else 0.0
    return alike * (1 - _ABOVE) + shared * _ABOVE + (0 if place.is_word else _OURS)


def _keys(names: Names) -> Names:
    return tuple(map(name_key, names))


def _tokens(names: Names) -> set[str]:
    return {token for name in names for token in _TOKEN.findall(name_key(name))}


def _pieces(name: str) -> set[str]:
    """Three letters each, of every word with its ends: beginnings and endings count like all else."""
    padded = [f" {token} " for token in _TOKEN.findall(name_key(name))]
    return {token[at : at + 3] for token in padded for at in range(max(len(token) - 2, 1))}
