"""The schema goes up, down and up on every database, and the models say what is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from mercat.core.database import migrate
from mercat.core.database.revision import current, head
from mercat.core.unit import Runtime
from mercat.domain import register_tables

register_tables()
_scripts = Config()
_scripts.set_main_option("script_location", migrate.SCRIPTS)
REVISIONS = [each.revision for each in ScriptDirectory.from_config(_scripts).walk_revisions()][::-1]


def test_revisions_are_one_line_and_their_files_are_named_for_them() -> None:
    assert ScriptDirectory.from_config(_scripts).get_heads() == [head()]
    assert sorted(REVISIONS) == REVISIONS
    assert REVISIONS[-1] == head()


def test_down_and_up_again_and_autogenerate_finds_nothing(runtime: Runtime) -> None:
    assert migrate.differences(runtime.engine) == []
    migrate.downgrade(runtime.engine, "base")
    assert current(runtime.engine) is None
    for revision in REVISIONS:
        migrate.upgrade(runtime.engine, revision)
        assert current(runtime.engine) == revision
    assert migrate.differences(runtime.engine) == []
    for revision in [*REVISIONS[-2::-1], "base"]:
        migrate.downgrade(runtime.engine, revision)
    migrate.upgrade(runtime.engine)
    assert migrate.differences(runtime.engine) == []


@pytest.mark.parametrize("command", [("db", "check"), ("db", "current")])
def test_a_fresh_process_finds_its_own_database_in_order(tmp_path: Path, command: tuple[str, ...]) -> None:
    """What one command has imported says nothing about the next: each knows every room's tables."""
    home = {"MERCAT_HOME": str(tmp_path), "PATH": ""}
    for arguments in (("init",), command):
        done = subprocess.run(
            [sys.executable, "-c", "from mercat.main import main; main()", *arguments],
            env=home,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
