"""``mercat db slow``, ``explain``, ``shell`` and ``partitions``: for who wants to know how the database works."""

from __future__ import annotations

import subprocess
from dataclasses import asdict
from typing import Annotated

import typer

from mercat.cli.display import number, out, plain, say, shown, table
from mercat.cli.progress import progressing
from mercat.cli.session import JsonOption, Needs, me, open_runtime, print_json
from mercat.core.jobs.watch import Watch
from mercat.core.settings import child_environment
from mercat.domain import register_configurable

app = typer.Typer(rich_markup_mode=None)
partitions = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.add_typer(partitions, name="partitions")


@app.command(epilog="Example: mercat db slow --days 1")
def slow(
    *,
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="Of the last so many days.")] = 7,
    as_json: JsonOption = False,
) -> None:
    """Statements that took over a second (MERCAT_DATABASE_SLOW_MS), those first that took most time in all.

    PostgreSQL's pg_stat_statements, where it is there, tells of all the time since it was begun, whatever --days says.
    """
    from mercat.domain.operations import service as operations

    with open_runtime() as runtime:
        found = operations.slow_statements(runtime, me(), days=days)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            number(each["times"]),
            f"{each['total_s']:.1f}",
            f"{each['longest_s']:.1f}",
            shown(each["statement"], most=160),
        )
        for each in found["data"]
    ]
    if not rows:
        say(f"No statement took over {found['limit_s']:g} s in the last {days} days.")
        return
    out().print(table(("times", "seconds", "longest", "statement"), rows, right=("times", "seconds", "longest")))
    say(f"as {found['source']} tells it", style="dim")


@app.command(epilog="Example: mercat db explain listing-history")
def explain(
    name: Annotated[str | None, typer.Argument(metavar="[QUERY]", help="Its name; without one all are listed.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """How the database answers what is asked all the time: the plan, and which indexes it uses. Nothing is run."""
    from mercat.domain.reports import service as reports

    with open_runtime() as runtime, runtime.read(me()) as unit:
        if name is None:
            listed = reports.list_hot_queries(unit)
            if as_json:
                print_json({"data": listed, "total": len(listed)})
            else:
                out().print(table(("query", "what it asks"), [(each["name"], each["question"]) for each in listed]))
            return
        found = reports.explain_query(unit, name)
    if as_json:
        print_json(found)
        return
    say(plain(found["sql"]), style="bold")
    for line in found["lines"]:
        say(plain(line))
    say(f"indexes: {', '.join(found['indexes']) or 'none'}{'; it reads a whole table' if found['is_scan'] else ''}")


@app.command(epilog="Example: echo 'SELECT count(*) FROM products;' | mercat db shell")
def shell(*, as_json: JsonOption = False) -> None:
    """Open sqlite3, psql or mariadb on the database. What is changed there is changed past every promise of Mercat's.

    With --json it prints what it would start. The password, if there is one, goes by the environment.
    """
    from mercat.core.database.client import client_of

    with open_runtime(needs=Needs.THERE) as runtime:
        client = client_of(runtime.engine)
    if as_json:
        print_json({"command": client.command, "environment": list(client.environment)})
        return
    done = subprocess.run(client.command, env=child_environment(**client.environment), check=False)  # noqa: S603  # the database's own client
    raise typer.Exit(done.returncode)


@partitions.callback()
def months() -> None:
    """The monthly partitions of what was seen of listings (PostgreSQL)."""


@partitions.command("list", epilog="Example: mercat db partitions list")
def list_(*, as_json: JsonOption = False) -> None:
    """Each month with its rows and bytes, and whether it is old enough to go."""
    from mercat.domain.market import service as market

    register_configurable()
    with open_runtime() as runtime, runtime.read(me()) as unit:
        found = market.list_months(unit)
        dialect = runtime.engine.dialect.name
    if as_json:
        print_json({"dialect": dialect, "data": [asdict(each) for each in found], "total": len(found)})
        return
    if not found:
        say(f"{dialect} keeps what was seen in one table; what is old is deleted there by the night's work.")
        return
    rows = [(each.month, number(each.rows), number(each.bytes), "old" if each.is_old else "") for each in found]
    out().print(table(("month", "rows", "bytes", ""), rows, right=("rows", "bytes")))


@partitions.command(epilog="Example: mercat db partitions create --ahead 6")
def create(
    *,
    ahead: Annotated[int, typer.Option("--ahead", min=0, max=120, help="Months after this one.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Make partitions before they are needed. A night's work makes three months of them by itself."""
    from mercat.domain.market import service as market

    with open_runtime() as runtime:
        made = runtime.attempt(lambda unit: market.make_months(unit, ahead), me())
    if as_json:
        print_json({"made": made})
    else:
        say(f"made: {', '.join(made) or 'none, all were there'}")


@partitions.command(epilog="Example: mercat db partitions drop --dry-run")
def drop(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Name what would go.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Drop months older than `retention.market_days` says, after each day got its line; elsewhere old rows are deleted."""
    from mercat.domain.market import service as market

    register_configurable()
    with open_runtime() as runtime, progressing("listings") as progress:
        if dry_run:
            with runtime.read(me()) as unit:
                counts = {"partitions_dropped": sum(1 for each in market.list_months(unit) if each.is_old)}
        else:
            counts = market.drop_months(runtime, me(), watch=Watch(progress=progress))
    if as_json:
        print_json({"dry_run": dry_run, **counts})
        return
    for name, count in counts.items():
        say(f"{name.replace('_', ' ')}: {number(count)}")
