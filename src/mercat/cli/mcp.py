"""``mercat mcp``: an assistant works with Mercat, on standard input and output."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from mercat.cli.session import me, open_runtime

app = typer.Typer(rich_markup_mode=None)
# By name: doors do not know each other, and only ``main`` knows them all.
_MAIN = "mercat.main"


@app.command(epilog='Example, in an assistant\'s settings: {"command": "mercat", "args": ["mcp", "--read-only"]}')
def mcp(
    *,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Only what reads; else also what proposes. Nothing changes anything.")
    ] = False,
) -> None:
    """Let an assistant work with Mercat, by the Model Context Protocol. Over HTTP it is at /mcp of `mercat serve`."""
    with open_runtime() as runtime:
        import_module(_MAIN).serve_assistant(runtime, me(), read_only=read_only)
