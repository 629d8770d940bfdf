"""``mercat init``: the database is there and of this version."""

from __future__ import annotations

import typer

from mercat.cli.display import say
from mercat.cli.session import JsonOption, Needs, open_runtime, print_json
from mercat.cli.upgrading import settle_in
from mercat.core.database import migrate
from mercat.core.database.revision import current
from mercat.core.settings import masked_url

app = typer.Typer(rich_markup_mode=None)


@app.command()
def init(*, as_json: JsonOption = False) -> None:
    """Create the database, or bring it to this version. Safe to repeat."""
    with open_runtime(needs=Needs.NOTHING) as runtime:
        before = current(runtime.engine)
        migrate.upgrade(runtime.engine)
        settle_in(runtime)
        after = current(runtime.engine)
        shown = masked_url(runtime.settings.url)
    if as_json:
        print_json({"database": shown, "before": before, "revision": after})
        return
    done = "is up to date" if before == after else "was created" if before is None else f"was brought from {before}"
    say(f"The database {done} at revision {after}: {shown}")
    say("Next: `mercat import FILE`, or `mercat demo` to see it at work.", style="dim")
