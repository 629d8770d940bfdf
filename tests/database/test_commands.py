"""Every command of ``mercat db`` on every database: one JSON document, its exit code, and a help text that holds."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from mercat.cli.app import app
from mercat.cli.db import app as db
from mercat.core.database import migrate
from mercat.core.database.client import client_of
from mercat.core.database.revision import head
from mercat.core.unit import Runtime
from mercat.domain import register_tables
from tests.database.terminal import mercat

register_tables()
Says = Callable[[dict[str, Any]], bool]
NEWEST = head()
BEFORE = f"{int(NEWEST) - 1:04}"

# In the order in which somebody might type them: the arguments, the exit code, and what the document says.
# {backup} is the one that was made, {folder} an empty folder, {newest} and {before} are revisions.
JOURNEY: tuple[tuple[str, int, Says], ...] = (
    ("init", 0, lambda told: told["before"] == told["revision"] == NEWEST),
    ("current", 0, lambda told: told == {"revision": NEWEST, "head": NEWEST}),
    ("history", 0, lambda told: told["current"] == NEWEST and len(told["data"]) == int(NEWEST)),
    ("check", 0, lambda told: told == {"agrees": True, "differences": []}),
    ("sql --from base --to 0001", 0, lambda told: "CREATE TABLE" in told["sql"]),
    ("seed products --count 3", 0, lambda told: told["made"]["products"]["created"] == 3),
    ("seed users --count 2", 0, lambda told: told["made"]["users"]["created"] == 2),
    ("export users {folder}/users.jsonl", 0, lambda told: (told["rows"], told["format"]) == (2, "jsonl")),
    ("import users {folder}/users.jsonl --update", 0, lambda told: told["unchanged"] == 2),
    ("import users {folder}/users.jsonl", 1, lambda told: told["error"]["kind"] == "Conflict"),
    ("export nothing {folder}/x.csv", 1, lambda told: "there is no table 'nothing'" in told["error"]["message"]),
    ("import users {folder}/nothing.csv", 1, lambda told: told["error"]["kind"] == "NotFound"),
    ("backup --form portable --no-files", 0, lambda told: told["rows"] > 5 and told["revision"] == NEWEST),
    ("backup --encrypt", 1, lambda told: "MERCAT_BACKUP_PASSWORD" in told["error"]["message"]),
    ("list-backups", 0, lambda told: [each["state"] for each in told["data"]] == ["whole"]),
    ("verify {backup}", 0, lambda told: told["state"] == "whole" and told["rows"] > 5),
    ("verify nothing.zip", 1, lambda told: told["error"]["kind"] == "NotFound"),
    ("seed users --count 5", 0, lambda told: told["made"]["users"]["created"] == 3),
    ("restore {backup}", 1, lambda told: "--yes" in told["error"]["message"]),
    ("restore {backup} --yes --no-safety", 0, lambda told: told["safety"] is None and told["restored"]["rows"] > 5),
    ("stats --exact", 0, lambda told: {"name": "users", "rows": 2}.items() <= _table(told, "users").items()),
    ("retention --dry-run", 0, lambda told: told == {"removed": [], "dry_run": True}),
    ("health", 0, lambda told: told["state"] == "ok" and "migrations" in told["checks"]),
    ("optimize", 0, lambda told: len(told["seconds"]) > 0),
    ("cleanup --all --days 30 --dry-run", 0, lambda told: told["rows"]["system_logs"] == 0),
    ("cleanup --all --days 30", 0, lambda told: told["dry_run"] is False),
    ("partitions create --ahead 1", 0, lambda told: isinstance(told["made"], list)),
    ("partitions list", 0, lambda told: (told["total"] > 1) == (told["dialect"] == "postgresql")),
    ("partitions drop", 0, lambda told: told["dry_run"] is False),
    ("slow --days 1", 0, lambda told: told["source"] == "the log"),
    ("explain", 0, lambda told: told["total"] > 15),
    ("explain product-by-sku", 0, lambda told: "sku" in told["sql"] and told["lines"] != []),
    ("explain nothing", 1, lambda told: "there is no query" in told["error"]["message"]),
    ("shell", 0, lambda told: len(told["command"]) > 1),
    ("erd {folder}/schema.mmd", 0, lambda told: told["tables"] > 50 and told["size"] > 1_000),
    ("migrate-icons {folder}/icons", 0, lambda told: (told["records"], told["migrated"]) == (1, 1)),
    ("revision -m nothing", 0, lambda told: _wrote_a_step(Path(told["path"]))),
    ("downgrade 9999 --yes", 1, lambda told: "there is no revision 9999" in told["error"]["message"]),
    ("downgrade {before}", 1, lambda told: "--yes" in told["error"]["message"]),
    ("downgrade {before} --yes", 0, lambda told: told == {"revision": BEFORE, "head": NEWEST}),
    ("health", 2, lambda told: told["checks"]["migrations"]["mend"] == "mercat db upgrade"),
    ("stats", 1, lambda told: "mercat init" in told["error"]["message"]),
    ("upgrade 9999", 1, lambda told: "there is no revision 9999" in told["error"]["message"]),
    ("upgrade --no-backup", 0, lambda told: told["revision"] == NEWEST),
)


def _table(told: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in told["tables"] if each["name"] == name)


def _wrote_a_step(path: Path) -> bool:
    text = path.read_text()
    # What follows knows the steps of this version only.
    path.unlink()
    return path.name.endswith("_nothing.py") and "def downgrade" in text


def _leaves(command: Any, *names: str) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield " ".join(names), command
        return
    for name, each in command.commands.items():
        yield from _leaves(each, *names, name)


COMMANDS = dict(_leaves(typer.main.get_command(db)))


@pytest.fixture
def typed(runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[int, Any]]:
    """A command of ``mercat db`` as it is typed → (exit code, its one JSON document)."""
    monkeypatch.chdir(tmp_path)
    # A revision is written where the others are: here into a copy.
    scripts = tmp_path / "migrations"
    shutil.copytree(Path(migrate.__file__).parents[2] / "migrations", scripts)
    monkeypatch.setattr(migrate, "SCRIPTS", str(scripts))

    return lambda line: mercat(runtime, *shlex.split(line))


def test_every_command_answers_with_one_document_and_its_exit_code(
    runtime: Runtime, typed: Callable[[str], tuple[int, Any]], tmp_path: Path
) -> None:
    if shutil.which(client_of(runtime.engine).command[0]) is None:
        pytest.skip("the database's own program is not here")
    (tmp_path / "icons").mkdir()
    (tmp_path / "icons" / "desk.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    (tmp_path / "icons" / "icons.json").write_text(json.dumps([{"category": "Desk", "file_path": "desk.png"}]))
    known = {"folder": str(tmp_path), "newest": NEWEST, "before": BEFORE, "backup": ""}
    wrong = {}
    for line, code, says in JOURNEY:
        found, told = typed(line.format(**known))
        if line.startswith("backup") and not found:
            known["backup"] = told["name"]
        if found != code or not says(told):
            wrong[line] = (found, str(told)[:500])
    assert wrong == {}


def test_the_journey_leaves_no_command_out() -> None:
    typed = [line for line, _, _ in JOURNEY]
    assert [name for name in COMMANDS if not any(f"{line} ".startswith(f"{name} ") for line in typed)] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_its_help_has_an_example_that_can_be_typed(name: str) -> None:
    command = COMMANDS[name]
    shown = CliRunner().invoke(app, ["db", *name.split(), "--help"])
    assert (shown.exit_code, "--json" in shown.stdout) == (0, True)
    assert [each.name for each in command.params if not getattr(each, "help", None)] == []
    example = command.epilog.removeprefix("Example: ")
    assert example in " ".join(shown.stdout.split())
    # Without the shell's own part of it.
    words = shlex.split(example.rpartition(" | ")[2].partition(" > ")[0])
    assert words[: 2 + len(name.split())] == ["mercat", "db", *name.split()]
    command.make_context(name, words[2 + len(name.split()) :])


@pytest.mark.parametrize(
    "line", ["backup --form paper", "stats --colour", "cleanup", "retention --keep-daily x", "verify"]
)
def test_what_cannot_be_meant_ends_with_2_and_touches_nothing(line: str) -> None:
    done = CliRunner().invoke(app, ["db", *line.split(), "--json"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Usage: " in done.stderr
