"""Errors from vendors and their files: by what recovers them."""

from __future__ import annotations

from typing import ClassVar

from mercat.core.errors import Recovery


class VendorError(Exception):
    """The root of what a connector may raise. The message is shown to people: it names the place and the mend."""

    recovery: ClassVar[Recovery] = Recovery.NEVER

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts


class Rejected(VendorError):
    """This input can never succeed as it is: a bad row, a draft over the limits. ``field`` names the culprit if known."""

    def __init__(self, message: str, *, field: str | None = None, **facts: object) -> None:
        super().__init__(message, **facts)
        self.field = field


class Unreadable(Rejected):
    """A whole file that cannot or must not be read: damaged, encrypted, a bomb, or of no known format."""


class RateLimited(VendorError):
    """Asked too often: try again ``after_s`` seconds from now."""

    recovery = Recovery.AFTER

    def __init__(self, message: str, *, after_s: float, **facts: object) -> None:
        super().__init__(message, **facts)
        self.after_s = after_s


class Unauthorized(VendorError):
    """The credentials are wrong, expired or not enough: a person has to mend them."""

    recovery = Recovery.PERSON


class Unavailable(VendorError):
    """The other side does not answer as it should just now: try again later."""

    recovery = Recovery.LATER
