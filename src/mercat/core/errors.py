"""Errors for people: six kinds, named for what the reader can do next. They know no HTTP and no exit code."""

from __future__ import annotations

from enum import StrEnum


class Recovery(StrEnum):
    """What would help after an error; a class of errors declares it as ``recovery``, and a job acts on it."""

    NEVER = "never"
    LATER = "later"
    AFTER = "after"  # the error's ``after_s`` says when
    PERSON = "person"


class MercatError(Exception):
    """A refusal with a reason. ``facts`` carry ids and places for logs and for programs.

    The message names the place and the mend: it is shown to a shopkeeper as it stands.
    """

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts


class NotFound(MercatError):
    """What was asked for is not there: check the name or the id."""


class Invalid(MercatError):
    """The input is wrong: mend it and try again."""


class Conflict(MercatError):
    """The world moved since this was decided: look again, then decide again."""


class Forbidden(MercatError):
    """The actor may not do this: ask someone who may."""


class Unauthenticated(MercatError):
    """Nobody, or nobody known, asks: sign in, or send a valid key."""


class TooManyTries(MercatError):
    """Too much at once, or too many failures: wait ``after_s`` seconds, then try again."""

    def __init__(self, message: str, *, after_s: float, **facts: object) -> None:
        super().__init__(message, after_s=after_s, **facts)
        self.after_s = after_s
