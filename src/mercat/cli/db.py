"""``mercat db``: the schema, for who runs the database. Further commands stand in modules of their own."""

from __future__ import annotations

from typing import Annotated

import typer

from mercat.cli import db_backups, db_looking, db_schema, db_tables, db_tending
from mercat.cli.display import say, shown
from mercat.cli.errors import FAILED
from mercat.cli.session import JsonOption, Needs, me, open_runtime, print_json
from mercat.core.database import migrate
from mercat.core.database import revision as schema
from mercat.domain import register_tables
from mercat.domain.alerts import service as alerts
from mercat.domain.catalog import service as catalog
from mercat.domain.market import service as market
from mercat.domain.operations import service as operations
from mercat.domain.suggestions import service as suggestions

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.add_typer(db_backups.app)
app.add_typer(db_tending.app)
app.add_typer(db_tables.app)
app.add_typer(db_schema.app)
app.add_typer(db_looking.app)


@app.callback()
def db() -> None:
    """The database: its schema, its backups, its health."""


def _report(revision: str | None, *, as_json: bool) -> None:
    if as_json:
        print_json({"revision": revision, "head": schema.head()})
    else:
        say(f"revision {revision or 'none: the database is empty'}, newest {schema.head()}")


@app.command()
def upgrade(
    revision: Annotated[str, typer.Argument(help="The revision to go up to.")] = "head", *, as_json: JsonOption = False
) -> None:
    """Bring the schema up to a revision."""
    with open_runtime(needs=Needs.NOTHING) as runtime:
        migrate.upgrade(runtime.engine, revision)
        if schema.current(runtime.engine) == schema.head():
            # A revision may have emptied the search index.
            catalog.index_pending(runtime)
            with runtime.write(me()) as unit:
                operations.ensure_nightly(unit)
                alerts.ensure_rules(unit)
                alerts.ensure_watch(unit)
                market.ensure_schedules(unit)
                suggestions.ensure_consulting(unit)
        _report(schema.current(runtime.engine), as_json=as_json)


@app.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help="The revision to go down to; `base` empties the database.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: going down loses data.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take the schema down to a revision. Tables that it does not know are dropped with what is in them."""
    if not yes:
        typer.confirm("Tables and columns that the older schema does not know are lost. Go on?", abort=True, err=True)
    with open_runtime(needs=Needs.THERE) as runtime:
        migrate.downgrade(runtime.engine, revision)
        _report(schema.current(runtime.engine), as_json=as_json)


@app.command()
def current(*, as_json: JsonOption = False) -> None:
    """The revision that the database is at."""
    with open_runtime(needs=Needs.THERE) as runtime:
        _report(schema.current(runtime.engine), as_json=as_json)


@app.command()
def check(*, as_json: JsonOption = False) -> None:
    """Compare the database with what this version expects; exit code 1 if they differ."""
    register_tables()
    with open_runtime(needs=Needs.THERE) as runtime:
        found = migrate.differences(runtime.engine)
    if as_json:
        print_json({"agrees": not found, "differences": found})
    elif found:
        for each in found:
            say(shown(each, most=160))
    else:
        say("The database is as this version expects it.")
    if found:
        raise typer.Exit(FAILED)
