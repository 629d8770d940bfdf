"""``mercat health``: whether all is well."""

from __future__ import annotations

from typing import Any

import typer

from mercat.cli.display import out, shown, table
from mercat.cli.errors import FAILED
from mercat.cli.session import JsonOption, Needs, me, open_runtime, print_json
from mercat.domain.operations import service as operations

app = typer.Typer(rich_markup_mode=None)


@app.command()
def health(*, as_json: JsonOption = False) -> None:
    """Database, schema, jobs, workers, disk, feeds and stores; exit code 1 where something does not work."""
    with open_runtime(needs=Needs.THERE) as runtime:
        found = operations.health(runtime, me())
    if as_json:
        print_json(found)
    else:
        rows = [(name, check["state"], _facts(check)) for name, check in found["checks"].items()]
        out().print(table(("what", "state", "facts"), [*rows, ("all in all", found["state"], "")]))
    if found["state"] == operations.FAILING:
        raise typer.Exit(FAILED)


def _facts(check: dict[str, Any]) -> str:
    bad = [each for each in check.get("runs", ()) if each["state"] != operations.OK]
    facts = {name: value for name, value in check.items() if name not in {"state", "runs"}}
    named = [f"{each['type']} {each['source'] or each['target']} {each['last_status']}" for each in bad]
    return "; ".join([*(f"{name} {shown(value)}" for name, value in facts.items()), *named])
