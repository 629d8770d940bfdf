"""Passwords as they are kept: argon2id, and a few at a time.

19 MiB, two passes, one lane is the first choice of OWASP's Password Storage Cheat Sheet (2025). A flood of sign-ins must not eat the
memory: ``AT_ONCE`` threads hash, and nobody else does, since the C library keeps what a thread once used for that thread (200 sign-ins
in threads of their own left 730 MB). Who waits too long for them is sent away.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from mercat.core.errors import Invalid, TooManyTries

if TYPE_CHECKING:
    from argon2 import PasswordHasher

T = TypeVar("T")
MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
# More than there are processors would only be slower.
AT_ONCE = min(4, os.cpu_count() or 1)
_LONGEST_WAIT_S = 5.0
# Older systems cut a password here; bcrypt itself never saw more.
_BCRYPT_BYTES = 72


def hashed(password: str) -> str:
    """The argon2id hash of a password, with a salt of its own. Raises ``TooManyTries`` where too many are at it."""
    return _in_turn(lambda: _argon2().hash(password))


def verified(kept: str | None, password: str) -> bool:
    """Whether this is the password; ``kept`` is ``None`` for a name that nobody has, and takes as long.

    Raises ``TooManyTries`` where too many are at it.
    """
    if kept is not None and is_bcrypt(kept):
        return _in_turn(lambda: _bcrypt_verified(kept, password))
    return _in_turn(lambda: _argon2_verified(kept or _nobodys(), password)) and kept is not None


def is_outdated(kept: str) -> bool:
    """Whether the hash should be made anew, now that the password is known."""
    return is_bcrypt(kept) or _argon2().check_needs_rehash(kept)


def is_bcrypt(kept: str) -> bool:
    """Whether an older system made it."""
    return kept.startswith(("$2a$", "$2b$", "$2y$"))


def checked_hash(kept: str) -> str:
    """A hash that another system made. Raises ``Invalid`` for one that we could not verify against."""
    from argon2 import extract_parameters  # noqa: PLC0415  # most commands need no password
    from argon2.exceptions import InvalidHashError  # noqa: PLC0415

    kept = kept.strip()
    try:
        is_known = (is_bcrypt(kept) and len(kept) == 60) or extract_parameters(kept).memory_cost <= 256 * 1024
    except InvalidHashError:
        is_known = False
    if not is_known:
        message = "this is no password hash that can be taken over: bcrypt ($2b$…) and argon2 ($argon2id$…) can"
        raise Invalid(message, field="password_hash")
    return kept


def _argon2_verified(kept: str, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415  # most commands need no password

    try:
        return _argon2().verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def _bcrypt_verified(kept: str, password: str) -> bool:
    import bcrypt  # noqa: PLC0415  # only for the users of an older system

    try:
        return bcrypt.checkpw(password.encode()[:_BCRYPT_BYTES], kept.encode())
    except ValueError:
        return False


def _in_turn(work: Callable[[], T]) -> T:
    waiting = _threads().submit(work)
    try:
        return waiting.result(timeout=_LONGEST_WAIT_S)
    except TimeoutError:
        waiting.cancel()
        message = "too many people sign in at this moment: try again shortly"
        raise TooManyTries(message, after_s=_LONGEST_WAIT_S) from None


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, "mercat-hashing")


@cache
def _argon2() -> PasswordHasher:
    from argon2 import PasswordHasher, Type  # noqa: PLC0415  # most commands need no password

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES, type=Type.ID)


@cache
def _nobodys() -> str:
    """A hash to verify against where there is none: of a password that was never told."""
    return _argon2().hash(secrets.token_urlsafe(32))
