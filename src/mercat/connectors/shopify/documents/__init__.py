"""The operations that are sent, one document each; a document brings the fragments that it names."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_SPREAD = re.compile(r"\.\.\.\s*([A-Z]\w*)")


@cache
def document(name: str) -> str:
    """The text of one operation with its fragments, ready to be sent."""
    parts = [_read(name)]
    wanted = _SPREAD.findall(parts[0])
    seen: set[str] = set()
    while wanted:
        fragment = wanted.pop()
        if fragment not in seen:
            seen.add(fragment)
            parts.append(_read(fragment))
            wanted += _SPREAD.findall(parts[-1])
    return "\n".join(parts)


def operations() -> list[str]:
    """The names of all operations."""
    names = (entry.name.removesuffix(".graphql") for entry in files(__name__).iterdir())
    return sorted(name for name in names if not name.startswith("_") and not _is_fragment(name))


def _is_fragment(name: str) -> bool:
    return _read(name).lstrip().startswith("fragment ")


def _read(name: str) -> str:
    return files(__name__).joinpath(f"{name}.graphql").read_text("utf-8").strip()
