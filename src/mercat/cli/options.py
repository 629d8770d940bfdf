"""Reading what was typed: files, profiles, settings and guards."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from mercat.core.errors import Invalid, NotFound
from mercat.sdk.roles import FeedFile

_LARGEST_PROFILE = 1_000_000
_SPAN = re.compile(r"(\d{1,9})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
TimezoneOption = Annotated[
    str, typer.Option("--timezone", metavar="ZONE", help="Whose clock counts, e.g. Europe/Berlin.")
]
_OFF = {"none", "off", "never"}


def files_at(path: Path) -> list[FeedFile]:
    """The file, or the visible files of a folder by name, as one set. Raises ``NotFound``, ``Invalid``."""
    if not path.exists():
        message = f"there is no file or folder {path}"
        raise NotFound(message)
    if not path.is_dir():
        if not path.is_file():
            message = f"{path} is not a regular file"
            raise Invalid(message)
        return [FeedFile(_name(path), path)]
    found = [each for each in sorted(path.iterdir()) if each.is_file() and not each.name.startswith(".")]
    if not found:
        message = f"the folder {path} holds no files"
        raise NotFound(message)
    return [FeedFile(_name(each), each) for each in found]


def _name(path: Path) -> str:
    # A name on a disk is bytes; what is no UTF-8 in it no database would keep.
    return os.fsencode(path.name).decode("utf-8", "replace")


def profile_at(path: Path) -> str:
    """The text of a profile. Raises ``NotFound``, ``Invalid``."""
    try:
        if path.stat().st_size > _LARGEST_PROFILE:
            message = f"{path} is too long for a profile"
            raise Invalid(message)
        return path.read_text("utf-8-sig")
    except FileNotFoundError as missing:
        message = f"there is no profile {path}; `mercat feed inspect FILE --save {path}` writes one"
        raise NotFound(message) from missing
    except UnicodeDecodeError as wrong:
        message = f"the profile {path} is not UTF-8 text"
        raise Invalid(message) from wrong


def settings_of(pairs: Sequence[str]) -> dict[str, Any]:
    """``a.b=c`` becomes ``{"a": {"b": "c"}}``. Values are text, or JSON where they begin with a bracket."""
    settings: dict[str, Any] = {}
    for name, text in map(pair_of, pairs):
        *groups, last = name.split(".")
        place = settings
        for group in groups:
            place = place.setdefault(group, {})
            if not isinstance(place, dict):
                message = f"--setting {name}: {group} is given as a plain value too"
                raise Invalid(message)
        place[last] = _value(name, text)
    return settings


def _value(name: str, text: str) -> Any:
    if not text.startswith(("[", "{")):
        return text
    try:
        # Money never passes through a float: a number with a point stays the text it is.
        return json.loads(text, parse_float=str)
    except ValueError as wrong:
        message = f"--setting {name}: {text} is not JSON ({wrong})"
        raise Invalid(message) from wrong


def guards_of(pairs: Sequence[str]) -> dict[str, Any]:
    """Guard limits as numbers, switches or ``None``; whether they are known the catalogue says."""
    return {name: _limit(name, text) for name, text in map(pair_of, pairs)}


def _limit(name: str, text: str) -> float | int | bool | None:
    word = text.strip().lower()
    if word in _OFF:
        return None
    if word in {"true", "false"}:
        return word == "true"
    try:
        return int(word) if word.isdigit() else float(word)
    except ValueError as wrong:
        message = f"--guard {name}: {text!r} is no number; none switches the guard off"
        raise Invalid(message) from wrong


def seconds_of(given: str) -> int:
    """``90s``, ``15m``, ``6h`` or ``1d`` in seconds. Raises ``Invalid``."""
    found = _SPAN.fullmatch(given.strip())
    if found is None:
        message = f"{given!r} is no length of time: write 90s, 15m, 6h or 1d"
        raise Invalid(message)
    return int(found[1]) * _SECONDS[found[2]]


def pair_of(given: str) -> tuple[str, str]:
    """``NAME=VALUE`` taken apart. Raises ``Invalid``."""
    name, mark, text = given.partition("=")
    if not mark or not name.strip():
        message = f"{given!r} should look like NAME=VALUE"
        raise Invalid(message)
    return name.strip(), text.strip()
