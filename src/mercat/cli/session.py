"""What every command needs: the runtime, who is at the terminal, and the one JSON document on standard output."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from structlog.contextvars import bound_contextvars

from mercat.core.actor import Actor
from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.memory import keep_for_good
from mercat.core.settings import Settings, load
from mercat.core.unit import Runtime
from mercat.domain import register_hearing

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
PageOption = Annotated[int, typer.Option("--page", min=1, help="Which page.")]
PerPageOption = Annotated[int, typer.Option("--per-page", min=1, max=1000, help="Lines per page.")]


class Needs(IntEnum):
    """How far the database has to be before a command can do anything with it."""

    NOTHING = 0
    THERE = 1
    CURRENT = 2


@contextmanager
def open_runtime(*, home: Path | None = None, needs: Needs = Needs.CURRENT) -> Iterator[Runtime]:
    """The runtime of this process, closed at the end.

    ``home`` is a folder of its own with an embedded database, whatever the settings say. Raises ``NotFound`` or
    ``Conflict`` where the database is not as far as the command needs it, and says what to run.
    """
    settings = load()
    if home is not None:
        settings = replace(settings, home=home, database_url="")
    if needs >= Needs.THERE:
        _refuse_missing(settings)
    runtime = Runtime(settings)
    try:
        if needs < Needs.CURRENT:
            keep_for_good()
            yield runtime
            return
        _refuse_outdated(runtime)
        register_hearing()
        from mercat.domain.operations.service import keeping_logs

        with keeping_logs(runtime), bound_contextvars(actor=me().name):
            keep_for_good()
            yield runtime
    finally:
        runtime.close()


def _refuse_missing(settings: Settings) -> None:
    # Looked for before it is opened: SQLite would make an empty one.
    if not settings.database_url and not (settings.home / "mercat.db").exists():
        message = f"there is no database in {settings.home} yet: run `mercat init` (MERCAT_HOME says where it lies)"
        raise NotFound(message)


def _refuse_outdated(runtime: Runtime) -> None:
    from mercat.core.database.revision import current, head

    revision, newest = current(runtime.engine), head()
    if revision is None:
        message = "the database is empty: run `mercat init`"
        raise NotFound(message)
    if revision != newest:
        message = f"the database is at revision {revision} and this Mercat works with {newest}: run `mercat init`"
        raise Conflict(message)


def me() -> Actor:
    """Whoever is at the terminal."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        name = f"uid {os.getuid()}"
    return Actor("user", name, via="terminal")


def confirm(question: str) -> None:
    """Ask on standard error before something is lost. Raises ``Invalid`` for a no, and where nobody is there to answer."""
    try:
        typer.confirm(question, abort=True, err=True)
    except typer.Abort as refused:
        message = "nothing was done; --yes goes on without asking"
        raise Invalid(message) from refused


def print_json(document: Any) -> None:
    """One JSON document on standard output, in UTF-8. Dates are ISO 8601, ids and decimals text."""
    text = msgspec.json.format(msgspec.json.encode(document), indent=2)
    sys.stdout.flush()
    sys.stdout.buffer.write(text + b"\n")
    sys.stdout.flush()
