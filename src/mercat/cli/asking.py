"""Asking for what must not be an argument: arguments stand in the shell's history and in the list of processes."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import typer

from mercat.core.errors import Invalid
from mercat.core.settings import store_secrets, user_password

_LONGEST = 4096


def ask_password(what: str, *, twice: bool = True) -> str:
    """From ``MERCAT_USER_PASSWORD``, at a terminal without echo, or the first line of standard input."""
    given = user_password()
    if given:
        return given
    if sys.stdin.isatty():
        typed: str = typer.prompt(what, hide_input=True, confirmation_prompt=twice, err=True)
        return typed
    line = sys.stdin.readline(_LONGEST).rstrip("\r\n")
    if not line:
        message = "no password given: set MERCAT_USER_PASSWORD, give it on standard input, or call this at a terminal"
        raise Invalid(message)
    return line


def ask_secrets(wanted: Iterable[tuple[str, str, bool]]) -> dict[str, str]:
    """Credentials (name, what it is, whether it must be given) from the environment, else asked for without echo. Raises ``Invalid`` where nobody can be asked."""
    given = store_secrets()
    secrets: dict[str, str] = {}
    for name, what, is_required in wanted:
        value = given.get(name, "")
        if not value and sys.stdin.isatty():
            asked = what if is_required else f"{what} (empty: none)"
            value = typer.prompt(asked, default="" if not is_required else None, hide_input=True, show_default=False)
        if not value and is_required:
            message = f"no {what} given: set MERCAT_STORE_{name.upper()}, or call this at a terminal to be asked for it"
            raise Invalid(message)
        if value:
            secrets[name] = value
    return secrets
