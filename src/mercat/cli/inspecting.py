"""Showing what a file looks like, and the profile that would read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from mercat.cli.display import out, plain, say, shown, table
from mercat.cli.session import print_json
from mercat.core.errors import Conflict, Invalid
from mercat.domain.suppliers import service as suppliers
from mercat.sdk.roles import FeedFile, Inspection


def inspect_files(files: Sequence[FeedFile], *, connector: str | None, save: Path | None, as_json: bool) -> None:
    """Print what the files hold, column by column, with the proposed profile; write it to ``save`` if given."""
    found = suppliers.inspect(files, connector=connector)
    if save is not None:
        _save(found, save)
    if as_json:
        print_json(asdict(found))
        return
    _print(found)
    if save is not None:
        say(f"The profile is in {save}. Next: `mercat import FILE --profile {save} --plan-only`.")


def _save(found: Inspection, path: Path) -> None:
    if found.profile is None:
        message = f"the connector {found.connector} needs no profile: there is nothing to save"
        raise Invalid(message)
    try:
        # Never over a profile that somebody may have edited.
        with path.open("x", encoding="utf-8") as file:
            file.write(found.profile)
    except FileExistsError as there:
        message = f"{path} is there already: give another name, or remove it first"
        raise Conflict(message) from there


def _print(found: Inspection) -> None:
    facts = [found.format, found.encoding, None if found.delimiter is None else f"delimiter {found.delimiter!r}"]
    say(f"{found.connector}: {', '.join(plain(fact) for fact in facts if fact)}", style="bold")
    say(f"  {found.rows_sampled:,} rows looked at, {len(found.columns):,} columns")
    rows = [
        (
            shown(column.name, most=40),
            column.kind,
            f"{column.filled:.0%}",
            column.field or "?",
            shown(", ".join(column.samples[:3]), most=60),
        )
        for column in found.columns
    ]
    out().print(table(("column", "kind", "filled", "goes to", "samples"), rows, right=("filled",)))
    for note in found.notes:
        say(f"! {note}", style="yellow")
    if found.profile is not None:
        say("The proposed profile (--save FILE.toml writes it):", style="bold")
        for line in found.profile.splitlines():
            say(line)
