"""``mercat db backup`` and the like: copies of the database, proved and put back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

import typer

from mercat.cli.display import number, out, plain, say, table
from mercat.cli.progress import progressing
from mercat.cli.session import JsonOption, Needs, confirm, me, open_runtime, print_json
from mercat.core.jobs.watch import Watch
from mercat.core.unit import Runtime
from mercat.domain import register_hearing, register_tables
from mercat.domain.operations import service as operations

app = typer.Typer(rich_markup_mode=None)
_NAME = typer.Argument(metavar="BACKUP", help="Its name in the backups folder, a path, or s3://bucket/folder/name.")
AtOption = Annotated[
    str | None, typer.Option("--at", help="A folder or s3://bucket/folder; else backups in the home folder.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


class Form(StrEnum):
    """What a backup is made of."""

    AUTO = "auto"
    NATIVE = "native"
    PORTABLE = "portable"


@contextmanager
def _watched(needs: Needs) -> Iterator[tuple[Runtime, Watch]]:
    register_tables()
    with open_runtime(needs=needs) as runtime, progressing("rows") as progress:
        yield runtime, Watch(progress=progress)


@app.command(
    epilog="Example: mercat db backup --description 'before the summer sale' --to s3://shop-backups/mercat --encrypt"
)
def backup(
    *,
    description: Annotated[str, typer.Option("--description", help="What for; shown in lists.")] = "",
    form: Annotated[
        Form,
        typer.Option("--form", help="native: the database's own; portable: restores on any; auto: native if it can."),
    ] = Form.AUTO,
    to: Annotated[
        str | None, typer.Option("--to", help="A folder or s3://bucket/folder, instead of backups in the home folder.")
    ] = None,
    encrypt: Annotated[bool, typer.Option("--encrypt", help="With the password in MERCAT_BACKUP_PASSWORD.")] = False,
    files: Annotated[bool, typer.Option("--files/--no-files", help="With the kept files (feeds, pictures).")] = True,
    as_json: JsonOption = False,
) -> None:
    """Back the database up while everybody goes on working."""
    with _watched(Needs.CURRENT) as (runtime, watch):
        draft = operations.BackupDraft(description, form.value, to, encrypt, files)
        made = operations.create_backup(runtime, me(), draft, watch=watch)
    _show(made, "backed up to", as_json=as_json)


@app.command("list-backups", epilog="Example: mercat db list-backups --at /mnt/backups --json")
def list_backups(*, at: AtOption = None, as_json: JsonOption = False) -> None:
    """The backups there are, newest first."""
    with open_runtime(needs=Needs.NOTHING) as runtime:
        found = operations.list_backups(runtime, me(), at=at)
    if as_json:
        print_json({"data": [_document(each) for each in found], "total": len(found)})
        return
    if not found:
        say("There is no backup yet: `mercat db backup` makes one.")
        return
    headings = ("name", "made", "state", "form", "revision", "rows", "bytes", "description")
    rows = [
        (
            *(each.name, each.created_at[:19], each.state, each.form or "", each.revision or ""),
            *(number(each.rows), number(each.size), each.description or ""),
        )
        for each in found
    ]
    out().print(table(headings, rows, right=("rows", "bytes")))


@app.command(epilog="Example: mercat db verify backup_20261121_201500.zip")
def verify(backup: Annotated[str, _NAME], *, as_json: JsonOption = False) -> None:
    """Read a backup whole, and compare every part and row with its manifest; exit code 1 where one differs."""
    with _watched(Needs.NOTHING) as (runtime, watch):
        proved = operations.verify_backup(runtime, me(), backup, watch=watch)
    _show(proved, "whole:", as_json=as_json)


@app.command(epilog="Example: mercat db restore backup_20261121_201500.zip --yes")
def restore(
    backup: Annotated[str, _NAME],
    *,
    yes: YesOption = False,
    safety: Annotated[
        bool, typer.Option("--safety/--no-safety", help="Back up what is there before it is replaced.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in the place of everything, or leave all as it was. Works across databases for portable and SQLite's."""
    if not yes:
        confirm("All that the database holds is replaced, users and jobs too. Go on?")
    register_hearing()
    with _watched(Needs.NOTHING) as (runtime, watch):
        done = operations.restore_backup(runtime, me(), backup, is_safe=safety, watch=watch)
    if as_json:
        made = None if done.safety is None else _document(done.safety)
        print_json({"restored": _document(done.backup), "safety": made})
        return
    say(f"restored {plain(done.backup.name)}: {number(done.backup.rows)} rows, made {done.backup.created_at}")
    if done.safety is not None:
        say(f"what was there before is in {plain(done.safety.path)}", style="dim")


@app.command(epilog="Example: mercat db retention --keep-daily 30 --keep-weekly 8 --dry-run")
def retention(
    *,
    keep_daily: Annotated[int, typer.Option("--keep-daily", min=0, help="Days whose last backup stays.")] = 30,
    keep_weekly: Annotated[int, typer.Option("--keep-weekly", min=0, help="Weeks whose last backup stays.")] = 8,
    at: AtOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Name what would go, and remove nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove the backups that need not be kept. The newest always stays."""
    with open_runtime(needs=Needs.NOTHING) as runtime:
        keep = {"daily": keep_daily, "weekly": keep_weekly}
        gone = operations.retain_backups(runtime, me(), at=at, dry_run=dry_run, **keep)
    if as_json:
        print_json({"removed": gone, "dry_run": dry_run})
        return
    _name_each(gone, "would go" if dry_run else "removed")


def _name_each(names: Sequence[str], what: str) -> None:
    for name in names:
        say(f"{plain(name)} {what}")
    if not names:
        say("All of them are kept.")


def _show(view: operations.BackupView, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json(_document(view))
        return
    say(f"{what} {plain(view.path)}: {number(view.rows)} rows, {number(view.files)} files, {number(view.size)} bytes")


def _document(view: operations.BackupView) -> dict[str, Any]:
    return {**asdict(view), "path": view.path}
