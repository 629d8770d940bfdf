"""The console script: everything is put together from here, and imported only when a command asks for it."""

from __future__ import annotations

from mercat.cli.app import app


def main() -> None:
    """Run ``mercat``; the process ends with the exit code 0 done, 1 failed, 2 usage, 3 held for review."""
    app()
