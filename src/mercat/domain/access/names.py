"""What a user may be called, and how names are compared."""

from __future__ import annotations

import re
import unicodedata

from mercat.core.errors import Invalid

_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,63}")
_LONGEST_EMAIL = 254
_LONGEST_NAME = 100


def folded(name: str) -> str:
    """A name as it is compared: without regard to case, and of letters that every database takes."""
    text = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode()).casefold().strip()
    return "".join(char for char in text if char.isprintable())[:_LONGEST_EMAIL]


def checked_username(name: str) -> str:
    """A user name. It holds no ``@``, so that it is never taken for an address. Raises ``Invalid``."""
    name = name.strip()
    if not _USERNAME.fullmatch(name):
        message = f"{name[:80]!r} is no user name: 2 to 64 letters of a to z, digits and . _ -, a letter or digit first"
        raise Invalid(message, field="username")
    return name


def checked_email(address: str) -> str:
    """An e-mail address, judged by its shape only: whether it is anybody's a link shows. Raises ``Invalid``."""
    address = address.strip()
    local, mark, domain = address.rpartition("@")
    is_shaped = bool(local and mark and domain) and len(address) <= _LONGEST_EMAIL
    is_clean = address.isprintable() and not any(char.isspace() or char in '<>,;"' for char in address)
    if not is_shaped or not is_clean or "@" in local or domain.startswith(".") or domain.endswith("."):
        message = f"{address[:80]!r} is no e-mail address: one looks like name@example.com"
        raise Invalid(message, field="email")
    return address


def checked_name(name: str | None, field: str) -> str | None:
    """A first or last name; an empty one is none. Raises ``Invalid``."""
    text = " ".join((name or "").split())
    if len(text) > _LONGEST_NAME or not text.isprintable():
        message = f"a {field.replace('_', ' ')} has at most {_LONGEST_NAME} printable characters"
        raise Invalid(message, field=field)
    return text or None
