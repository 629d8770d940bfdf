"""Lists at the terminal, by the same fields as over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mercat.cli.display import say
from mercat.cli.session import me, open_runtime
from mercat.core.lists import ListQuery, ListSpec, list_rows


def rows_of(
    spec: ListSpec, equal: Mapping[str, Sequence[Any]], *, q: str | None = None, page: int = 1, per_page: int = 50
) -> dict[str, Any]:
    """A page of a list, as JSON shows it."""
    query = ListQuery(equal=equal, q=q, page=page, per_page=per_page)
    with open_runtime() as runtime, runtime.read(me()) as unit:
        rows = list_rows(unit, spec, query)
    pages = max(1, -(-rows.total // per_page))
    return {"data": rows.data, "total": rows.total, "page": page, "per_page": per_page, "pages": pages}


def print_rows(rows: Mapping[str, Any], what: str) -> None:
    """Where the page lies, if there is more than one."""
    if rows["pages"] > 1:
        say(f"page {rows['page']} of {rows['pages']} ({rows['total']:,} {what}); --page shows another", style="dim")
