"""``mercat db health`` and the like: how the database is, and what keeps it quick."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from mercat.cli.display import number, out, plain, say, shown, status, table
from mercat.cli.session import JsonOption, Needs, me, open_runtime, print_json
from mercat.core.database import migrate
from mercat.core.database import revision as schema
from mercat.domain import register_tables
from mercat.domain.operations import service as operations

app = typer.Typer(rich_markup_mode=None)
_DEGRADED, _FAILING = 1, 2


@app.command(epilog="Example: mercat db health --json")
def health(*, as_json: JsonOption = False) -> None:
    """Connection, schema, integrity, indexes, dead rows, log, long transactions, disk. Exit code 0 well, 1 look at it, 2 failing."""
    register_tables()
    with open_runtime(needs=Needs.THERE) as runtime:
        found = operations.database_health(runtime, me())
    if as_json:
        print_json(found)
    else:
        rows = [
            (
                name,
                status(each["state"]),
                "; ".join(f"{fact} {shown(value)}" for fact, value in each["facts"].items()),
                each["mend"],
            )
            for name, each in found["checks"].items()
        ]
        out().print(table(("what", "state", "facts", "what to do"), rows))
        say(f"all in all: {found['state']}")
    if found["state"] != operations.OK:
        raise typer.Exit(_FAILING if found["state"] == operations.FAILING else _DEGRADED)


@app.command(epilog="Example: mercat db stats --exact")
def stats(
    *,
    exact: Annotated[bool, typer.Option("--exact", help="Count every row, where a server would estimate.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Rows and bytes of every table, largest first."""
    register_tables()
    with open_runtime() as runtime:
        found = operations.database_figures(runtime, me(), is_exact=exact)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            each["name"],
            ("about " if each["is_estimate"] else "") + number(each["rows"]),
            number(each["grown"]),
            number(each["bytes"]),
        )
        for each in found["tables"]
    ]
    grown = f"more than {found['since']}" if found["since"] else "more than a month ago"
    out().print(table(("table", "rows", grown, "bytes"), rows, right=("rows", grown, "bytes")))
    say(f"the whole database: {number(found['bytes'])} bytes")


@app.command(epilog="Example: mercat db optimize")
def optimize(*, as_json: JsonOption = False) -> None:
    """Give space back, sort indexes anew and take statistics, as fits the database. SQLite's writers wait meanwhile."""
    register_tables()
    with open_runtime() as runtime:
        took = operations.optimize_database(runtime, me())
    if as_json:
        print_json({"seconds": took})
        return
    for step, seconds in took.items():
        say(f"{step}: {seconds} s")


@app.command(epilog="Example: mercat db cleanup --all --days 30 --dry-run")
def cleanup(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Every kind of what piles up.")] = False,
    days: Annotated[
        int | None, typer.Option("--days", min=1, help="Older than so many days; else as `mercat config` says of each.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would go, and remove nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove old log lines, job logs, calls, deliveries, alerts, messages and suggestions, in small steps that hold nobody up."""
    if not everything:
        message = "say --all: what piles up is removed together"
        raise typer.BadParameter(message)
    with open_runtime() as runtime:
        gone = operations.tidy(runtime, me(), dry_run=dry_run, days=days)
    if as_json:
        print_json({"dry_run": dry_run, "rows": gone, "total": sum(gone.values())})
        return
    heading = "rows that would go" if dry_run else "rows removed"
    out().print(table(("table", heading), [(name, number(count)) for name, count in gone.items()], right=(heading,)))


@app.command(epilog="Example: mercat db init")
def init(*, as_json: JsonOption = False) -> None:
    """Make the database, or bring it up to date: the same as `mercat init`."""
    from mercat.cli.init import init as whole

    whole(as_json=as_json)


@app.command(epilog="Example: mercat db history")
def history(*, as_json: JsonOption = False) -> None:
    """The schema's revisions, newest first, and which of them the database is at."""
    with open_runtime(needs=Needs.NOTHING) as runtime:
        at = schema.current(runtime.engine)
    found = [{**asdict(each), "is_current": each.revision == at} for each in migrate.revisions()]
    if as_json:
        print_json({"data": found, "current": at})
        return
    rows = [(each["revision"], "here" if each["is_current"] else "", plain(each["title"])) for each in found]
    out().print(table(("revision", "", "what it does"), rows))


@app.command(epilog="Example: mercat db revision -m 'a colour for each shelf'")
def revision(
    *,
    message: Annotated[str, typer.Option("-m", "--message", help="What it does, in a line.")],
    as_json: JsonOption = False,
) -> None:
    """Write the next step of the schema from what the models say and the database does not. For a checkout of the source."""
    register_tables()
    with open_runtime() as runtime:
        path = migrate.make_revision(runtime.engine, message)
    if as_json:
        print_json({"path": path})
    else:
        say(f"wrote {plain(path)}: read it, complete it, and test both ways")
