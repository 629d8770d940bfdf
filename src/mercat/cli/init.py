"""``mercat init``: the database is there and of this version."""

from __future__ import annotations

import typer

from mercat.cli.display import say
from mercat.cli.session import JsonOption, Needs, me, open_runtime, print_json
from mercat.core.database import migrate
from mercat.core.database.revision import current
from mercat.core.settings import masked_url
from mercat.domain.alerts import service as alerts
from mercat.domain.catalog import service as catalog
from mercat.domain.market import service as market
from mercat.domain.operations import service as operations
from mercat.domain.suggestions import service as suggestions

app = typer.Typer(rich_markup_mode=None)


@app.command()
def init(*, as_json: JsonOption = False) -> None:
    """Create the database, or bring it to this version. Safe to repeat."""
    with open_runtime(needs=Needs.NOTHING) as runtime:
        before = current(runtime.engine)
        migrate.upgrade(runtime.engine)
        # A revision may have emptied the search index.
        catalog.index_pending(runtime)
        with runtime.write(me()) as unit:
            operations.ensure_nightly(unit)
            alerts.ensure_rules(unit)
            alerts.ensure_watch(unit)
            market.ensure_schedules(unit)
            suggestions.ensure_consulting(unit)
        after = current(runtime.engine)
        shown = masked_url(runtime.settings.url)
    if as_json:
        print_json({"database": shown, "before": before, "revision": after})
        return
    done = "is up to date" if before == after else "was created" if before is None else f"was brought from {before}"
    say(f"The database {done} at revision {after}: {shown}")
    say("Next: `mercat import FILE`, or `mercat demo` to see it at work.", style="dim")
