"""Failures at the terminal: a message on standard error and an exit code; a traceback only for who asks for it."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from mercat.core.errors import MercatError
from mercat.sdk.errors import VendorError
from mercat.sdk.redaction import scrub

FAILED = 1
USAGE = 2
HELD = 3
STOPPED = 130


class HeldForReview(SystemExit):
    """The plan waits for a person: exit code 3."""

    def __init__(self) -> None:
        super().__init__(HELD)


@contextmanager
def answering(*, as_json: bool) -> Iterator[None]:
    """Turn whatever is raised inside into a line for people and ``SystemExit``.

    ``as_json``: a program is reading, and gets the failure as the one document on standard output.
    """
    try:
        yield
    except (MercatError, VendorError) as refused:
        _say(refused.message)
        if as_json:
            _document(type(refused).__name__, refused.message)
        raise SystemExit(FAILED) from None
    except KeyboardInterrupt:
        _say("stopped")
        raise SystemExit(STOPPED) from None
    except BrokenPipeError:
        # Whoever read us has gone; the interpreter would complain when it flushes what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(FAILED) from None
    except Exception as failed:  # noqa: BLE001  # the outermost door: a person gets a line, not a stack
        _say(_in_a_line(failed))
        _explain()
        if as_json:
            _document("Failed", _in_a_line(failed))
        raise SystemExit(FAILED) from None


def _in_a_line(failed: Exception) -> str:
    """What a failure that nobody foresaw says. A database driver's own words are the useful ones."""
    from mercat.core.database.drivers import said_by_driver

    said = said_by_driver(failed)
    if said is not None:
        return f"the database refused: {said}"
    if isinstance(failed, OSError) and failed.strerror:
        return f"{failed.filename}: {failed.strerror}" if failed.filename else failed.strerror
    return f"unexpected {type(failed).__name__}: {_first_line(failed)}"


def _first_line(failed: BaseException) -> str:
    return (str(failed).strip() or type(failed).__name__).splitlines()[0]


def _explain() -> None:
    from mercat.core.settings import load

    try:
        debugging = load().log_level.upper() == "DEBUG"
    except MercatError:
        debugging = False
    if debugging:
        sys.stderr.write(scrub(traceback.format_exc()))
    else:
        sys.stderr.write("MERCAT_LOG_LEVEL=DEBUG shows where it happened\n")


def _say(message: str) -> None:
    sys.stderr.write(f"mercat: {_clean(message)}\n")


def _document(kind: str, message: str) -> None:
    sys.stdout.write(json.dumps({"error": {"kind": kind, "message": _clean(message)}}) + "\n")


def _clean(message: str) -> str:
    return "".join(char if char.isprintable() or char == "\n" else " " for char in scrub(message))
