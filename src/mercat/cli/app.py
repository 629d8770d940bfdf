"""The commands by name. Each lives in a module of its own that is imported when it runs: ``--help`` imports none."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mercat.cli.errors import answering

# name → (module, what it does in a line)
COMMANDS = {
    "init": ("init", "Create or migrate the database."),
    "demo": ("demo", "Play the main job on sample data, or on a file of yours, start to end."),
    "feed": ("feed", "Suppliers' feeds: inspect, add, list, show, run, remove."),
    "import": ("imports", "Import a supplier's file: plan, guard, apply."),
    "worker": ("worker", "Run jobs and schedules, until it is stopped."),
    "jobs": ("jobs", "Jobs: list, show, logs, cancel, retry."),
    "schedule": ("schedule", "Schedules: list, add, remove, run."),
    "overview": ("overview", "What needs a person, costliest to leave first, and what changed."),
    "changes": ("changes", "Change sets: list, show, decide, apply-passed, approve, reject, undo."),
    "why": ("why", "Where each value of a product came from, newest first."),
    "match": ("match", "Supplier codes that only a person can match: list, pin, ban."),
    "product": ("product", "Products: list, show, set, lock, unlock, picture."),
    "category": ("categories", "The category tree: show, move, import."),
    "collection": ("collections", "Groups of products: by hand, or by rules."),
    "export": ("export", "Export the catalogue."),
    "store": ("store", "Shops that we sell at: add, list, show, test, set, remove."),
    "publish": ("publish", "Show at a store what the catalogue says."),
    "pull": ("pull", "Look what a store shows by now."),
    "reconcile": ("reconcile", "Compare all that a store shows, and mend what differs."),
    "listings": ("listings", "What stores show of ours: list, show, retry, settle."),
    "market": ("market", "Listings at marketplaces: track, list, show, history, refresh, import."),
    "serve": ("serve", "The dashboard, the API and what channels deliver, with a worker inside."),
    "user": ("user", "People who may come in: create, list, set-role, disable, reset-password, sessions."),
    "key": ("key", "Programs that may come in: create, list, revoke."),
    "secrets": ("secrets", "The key that seals credentials: rotate, generate."),
    "webhook": ("webhooks", "Tell other programs what happens: add, list, show, test, replay."),
    "alerts": ("alerts", "What needs a person: list, show, ack, snooze, resolve, mute, rules."),
    "suggestions": ("suggestions", "What could be done: list, show, approve, reject, edit, apply, rollback."),
    "mcp": ("mcp", "Let an assistant work with Mercat, by the Model Context Protocol."),
    "notify": ("notify", "Who was told of what: test, list."),
    "usage": ("usage", "Calls that went out this month, and their budgets."),
    "history": ("history", "What ran, when, and how it went."),
    "health": ("health", "Whether all is well: database, jobs, workers, disk, feeds, stores."),
    "tidy": ("tidy", "Remove what is older than it is to be kept."),
    "sandbox": ("sandbox", "Loopback servers to try things on: a Shopify shop, Keepa, Amazon, FTP, SFTP, S3."),
    "logs": ("logs", "What Mercat logged: list."),
    "config": ("config", "What can be set: show, list, get, set, history."),
    "db": ("db", "The database: schema, backup, restore, health."),
}


class Commands(TyperGroup):
    """A group that knows its commands by name only."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order in which one meets them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = typer.main.get_command(import_module(f"mercat.cli.{COMMANDS[cmd_name][0]}").app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list in the help, without importing anything."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def main(self, *arguments: Any, **more: Any) -> Any:
        """Run, and answer every failure with a message and an exit code."""
        given = arguments[0] if arguments else more.get("args")
        with answering(as_json="--json" in (sys.argv[1:] if given is None else given)):
            return super().main(*arguments, **more)


def _version(wanted: bool) -> None:  # noqa: FBT001  # typer calls it so
    if wanted:
        from importlib.metadata import version

        typer.echo(f"mercat {version('mercat')}")
        raise typer.Exit


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # drawing the help with rich costs more than all the rest of it
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(epilog="Exit codes: 0 done, 1 failed, 2 usage, 3 held for review. First: mercat init, or mercat demo.")
def mercat(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """A self-hosted commerce hub: supplier feeds become a catalogue that can be explained and undone."""
    del version
    # Before any command: a line that is logged without this would stand before the document on standard output.
    from mercat.core import log
    from mercat.core.settings import load

    settings = load()
    log.configure(settings.log_level, as_json=settings.log_json)
