"""``mercat db``: the schema, for who runs the database. Further commands stand in modules of their own."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mercat.cli import db_backups, db_looking, db_schema, db_seeding, db_tables, db_tending
from mercat.cli.display import plain, say, shown
from mercat.cli.errors import FAILED
from mercat.cli.session import JsonOption, Needs, confirm, me, open_runtime, print_json
from mercat.cli.upgrading import settle_in
from mercat.core.database import migrate
from mercat.core.database import revision as schema
from mercat.core.unit import Runtime
from mercat.domain import register_tables
from mercat.domain.operations import service as operations

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.add_typer(db_backups.app)
app.add_typer(db_tending.app)
app.add_typer(db_tables.app)
app.add_typer(db_schema.app)
app.add_typer(db_looking.app)
app.add_typer(db_seeding.app)


@app.callback(
    epilog="Exit codes: 0 done, 1 failed or refused, 2 usage. Of health: 0 well, 1 look at it, 2 failing. check: 1 if they differ."
)
def db() -> None:
    """The database: its schema, its backups, its health."""


def _report(revision: str | None, *, as_json: bool, backup: str | None = None) -> None:
    if as_json:
        print_json({"revision": revision, "head": schema.head(), **({"backup": backup} if backup else {})})
    else:
        say(f"revision {revision or 'none: the database is empty'}, newest {schema.head()}")


@app.command(epilog="Example: mercat db upgrade --backup")
def upgrade(
    revision: Annotated[str, typer.Argument(help="The revision to go up to.")] = "head",
    *,
    backup: Annotated[
        bool | None, typer.Option("--backup/--no-backup", help="Back the database up before; asked at a terminal.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Bring the schema up to a revision, beside whoever works on it. What is behind it is offered to be backed up before."""
    with open_runtime(needs=Needs.NOTHING) as runtime:
        made = _offer_backup(runtime, wanted=backup)
        migrate.upgrade(runtime.engine, revision)
        if schema.current(runtime.engine) == schema.head():
            settle_in(runtime)
        if made and not as_json:
            say(f"what was there before is in {plain(made)}", style="dim")
        _report(schema.current(runtime.engine), as_json=as_json, backup=made)


def _offer_backup(runtime: Runtime, *, wanted: bool | None) -> str | None:
    """The path of a backup of a database that is behind, where one was wanted."""
    at = schema.current(runtime.engine)
    if at is None or at == schema.head() or wanted is False:
        return None
    if wanted is None:
        if not sys.stdin.isatty():
            return None
        if not typer.confirm(
            f"The schema goes from {at} to {schema.head()}. Back the database up before?", default=True, err=True
        ):
            return None
    draft = operations.BackupDraft(f"before the upgrade from {at}", form="native")
    return operations.create_backup(runtime, me(), draft).path


@app.command(epilog="Example: mercat db downgrade 0016 --yes")
def downgrade(
    revision: Annotated[str, typer.Argument(help="The revision to go down to; `base` empties the database.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: going down loses data.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take the schema down to a revision. Tables that it does not know are dropped with what is in them."""
    if not yes:
        confirm("Tables and columns that the older schema does not know are lost. Go on?")
    with open_runtime(needs=Needs.THERE) as runtime:
        migrate.downgrade(runtime.engine, revision)
        _report(schema.current(runtime.engine), as_json=as_json)


@app.command(epilog="Example: mercat db current --json")
def current(*, as_json: JsonOption = False) -> None:
    """The revision that the database is at."""
    with open_runtime(needs=Needs.THERE) as runtime:
        _report(schema.current(runtime.engine), as_json=as_json)


@app.command(epilog="Example: mercat db check")
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
