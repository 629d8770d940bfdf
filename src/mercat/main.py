"""The console script: everything is put together from here, and imported only when a command asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mercat.cli.app import app

if TYPE_CHECKING:
    from fastapi import FastAPI


def main() -> None:
    """Run ``mercat``; the process ends with the exit code 0 done, 1 failed, 2 usage, 3 held for review."""
    app()


def make_app() -> FastAPI:
    """The HTTP application on the settings in force; what ``mercat serve`` and any other ASGI server runs."""
    from mercat.api.app import make_app as make  # noqa: PLC0415  # only a server needs it
    from mercat.core.settings import load  # noqa: PLC0415
    from mercat.core.unit import Runtime  # noqa: PLC0415
    from mercat.domain import register_hearing  # noqa: PLC0415

    register_hearing()
    return make(Runtime(load()))
