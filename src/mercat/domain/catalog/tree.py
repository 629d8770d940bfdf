"""Where does a category stand in the tree, and may it go there? Pure."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Container, Iterable

from mercat.core.errors import Conflict, Invalid
from mercat.domain.catalog.models.categories import PATH_LENGTH
from mercat.sdk.values import slug

SEPARATOR = " > "
NAME_LENGTH = 255
_CODE_BYTES = 5
CODE_LENGTH = 8
_STEP = CODE_LENGTH + 1
MOST_LEVELS = PATH_LENGTH // _STEP
_BETWEEN = re.compile(r"(?:^|\s+)>(?=\s|$)")
Names = tuple[str, ...]


def code_of(category_id: bytes) -> str:
    """A category's step in the paths: the last five bytes of its id in base 32 (RFC 4648), eight of a-z2-7.

    The end of an id is the random counter, and these letters are the same to every collation and no wildcard of LIKE.
    Two categories share a code once in 2^40: below one parent the unique path refuses the second; elsewhere nothing
    notices, because a look-up by code is checked by the id.
    """
    return base64.b32encode(category_id[-_CODE_BYTES:]).decode("ascii").lower()


def path_under(parent_path: str, category_id: bytes) -> str:
    """The path of a category below ``parent_path`` (``""`` for a root). Raises ``Invalid`` where the tree would be too deep."""
    path = f"{parent_path}{code_of(category_id)}/"
    refuse_depth(len(path))
    return path


def refuse_depth(path_length: int) -> None:
    """Raises ``Invalid`` for a path of more characters than the databases can index."""
    if path_length > PATH_LENGTH:
        levels = path_length // _STEP
        message = f"this would make the tree {levels} levels deep; {MOST_LEVELS} is the most: put it nearer to a root"
        raise Invalid(message, levels=levels)


def level_of(path: str) -> int:
    """0 for a root."""
    return len(path) // _STEP - 1


def parent_key_of(path: str) -> str:
    """The parent's code, ``""`` for a root."""
    return path[-2 * _STEP : -_STEP - 1]


def ancestry(path: str) -> list[str]:
    """The paths from the root down to and with this one."""
    return [path[:end] for end in range(_STEP, len(path) + 1, _STEP)]


def is_within(path: str, other: str) -> bool:
    """Whether ``path`` is ``other`` or stands somewhere below it."""
    return path.startswith(other)


def refuse_cycle(moved: str, target: str) -> None:
    """Raises ``Conflict`` where the path ``target`` lies in the subtree of the path ``moved``."""
    if is_within(target, moved):
        message = "a category cannot go below itself or below one of its own subcategories"
        raise Conflict(message)


def split_path(text: str) -> Names:
    """``"A > B"`` → ``("A", "B")``. Blank steps do not count. Raises ``Invalid`` as ``fault_of_path`` says."""
    names = tuple(name for name in (clean_name(part) for part in _BETWEEN.split(text)) if name)
    if fault := _fault_of_names(names):
        message = f"category {text[:100]!r}: {fault}"
        raise Invalid(message)
    return names


def join_path(names: Iterable[str]) -> str:
    """``("A", "B")`` → ``"A > B"``."""
    return SEPARATOR.join(names)


def fault_of_path(text: str) -> str | None:
    """Why a path of names cannot be a category, in words, or ``None``."""
    return _fault_of_names([name for name in (clean_name(part) for part in _BETWEEN.split(text)) if name])


def _fault_of_names(names: Iterable[str]) -> str | None:
    names = list(names)
    if not names:
        return "has no name"
    if len(names) > MOST_LEVELS:
        return f"is {len(names)} levels deep; {MOST_LEVELS} is the most"
    longest = max(names, key=len)
    if len(longest) > NAME_LENGTH:
        return f"has a name of {len(longest)} characters; {NAME_LENGTH} is the most"
    return None


def clean_name(text: str) -> str:
    """A name in NFC, without control characters, blanks collapsed."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return " ".join("".join(" " if char < " " or char == "\x7f" else char for char in text).split())


def checked_name(text: str) -> str:
    """A clean name, or ``Invalid`` where it is empty, too long, or would read as a path."""
    name = clean_name(text)
    if SEPARATOR in f" {name} ":
        message = (
            f'a category\'s name cannot contain "{SEPARATOR.strip()}" between blanks, which separates levels: {name!r}'
        )
        raise Invalid(message)
    if fault := _fault_of_names([name] if name else []):
        message = f"the category {name[:100]!r} {fault}"
        raise Invalid(message)
    return name


def name_key(name: str) -> str:
    """Two siblings whose names differ in nothing but case or blanks are the same category."""
    return clean_name(name).casefold()


def free_slug(name: str, taken: Container[str]) -> str:
    """A slug that no sibling has: ``paper``, ``paper-2``, …; a name without Latin letters gets one from its hash."""
    wanted = slug(name) or "c-" + hashlib.blake2b(name_key(name).encode(), digest_size=5).hexdigest()
    fresh, number = wanted, 2
    while fresh in taken:
        fresh = f"{wanted}-{number}"
        number += 1
    return fresh
