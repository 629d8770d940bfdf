"""Drawing on the terminal. Text from files is hostile: nothing in it may move the cursor or colour the screen."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TextIO
from uuid import UUID

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mercat.core.page import Page

_WIDEST = 400
_STATUS_STYLES = {
    "applied": "green",
    "success": "green",
    "partially_applied": "yellow",
    "partial": "yellow",
    "planned": "cyan",
    "held": "bold yellow",
    "failed": "bold red",
    "rejected": "red",
    "undone": "magenta",
    "unchanged": "green",
}


def out() -> Console:
    """Standard output: results."""
    return _console(sys.stdout)


def aside() -> Console:
    """Standard error: progress, and what is said beside the results."""
    return _console(sys.stderr)


@cache
def _console(stream: TextIO) -> Console:
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        # A pipe has no width: nothing is to be cut for it.
        console.width = _WIDEST
    return console


def plain(text: object) -> str:
    """Text that is safe to print: control and direction characters are left out."""
    return "".join(char if char.isprintable() else " " if char.isspace() else "" for char in str(text))


def shown(value: Any, *, most: int = 60) -> str:
    """A field's value in one line of at most so many characters."""
    if value is None:
        return "—"
    if isinstance(value, dict) and set(value) == {"type", "value"}:
        value = value["value"]
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        value = ", ".join(value)
    text = plain(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= most else text[: most - 1] + "…"


def short(id_: UUID | str) -> str:
    """The end of an id: enough to name it at the terminal."""
    return str(id_)[-8:]


def at(instant: dt.datetime | None) -> str:
    """An instant as people read it, in UTC."""
    return "" if instant is None else instant.strftime("%Y-%m-%d %H:%M:%S")


def number(value: int | None) -> str:
    """A count with its thousands set apart."""
    return "—" if value is None else f"{value:,}"


def status(name: str) -> Text:
    """A status in its colour."""
    return Text(name, _STATUS_STYLES.get(name, ""))


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Sequence[str] = ()) -> Table:
    """A table; ``right`` names the columns of figures."""
    drawn = Table(box=SIMPLE, pad_edge=False, header_style="bold")
    for heading in headings:
        drawn.add_column(heading, justify="right" if heading in right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(cell if isinstance(cell, Text) else Text(plain(cell)) for cell in row))
    return drawn


def say(*parts: object, style: str = "") -> None:
    """A line of the result."""
    out().print(Text(" ".join(plain(each) for each in parts), style))


def print_paging(page: Page[Any], what: str) -> None:
    """Where this page lies, if there is more than one."""
    if page.pages > 1:
        say(f"page {page.page} of {page.pages} ({page.total:,} {what}); --page shows another", style="dim")


def paged(page: Page[Any], data: Sequence[Any]) -> dict[str, Any]:
    """A page as JSON."""
    return {"data": list(data), "total": page.total, "page": page.page, "per_page": page.per_page, "pages": page.pages}
