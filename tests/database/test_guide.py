"""What the guide prints works."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mercat.core.unit import Runtime
from mercat.database import close_database, init_database
from tests.architecture.house import ROOT

GUIDE = Path(ROOT / "docs" / "guides" / "database.md").read_text("utf-8")


@pytest.fixture
def as_it_was() -> Iterator[None]:
    """The guide turns logging on and opens databases."""
    engine, handlers = logging.getLogger("sqlalchemy.engine"), list(logging.getLogger().handlers)
    level = engine.level
    yield
    engine.setLevel(level)
    logging.getLogger().handlers[:] = handlers
    close_database()


@pytest.mark.usefixtures("as_it_was")
def test_every_python_block_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MERCAT_HOME", str(tmp_path))
    monkeypatch.delenv("MERCAT_DATABASE_URL", raising=False)
    blocks = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    assert len(blocks) >= 9
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "database.md", "exec"), names)
    names["test_product_creation"]()


def test_the_block_that_names_another_server_is_one_call(database_url: str) -> None:
    [block] = re.findall(r"```python norun\n(.*?)```", GUIDE, re.DOTALL)
    exec(block.replace("postgresql://user:pass@localhost/dbname", database_url), {"init_database": init_database})
    close_database()


def test_every_command_runs(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    block = "".join(re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "MERCAT_HOME": str(sqlite_runtime.settings.home), "PATH": path}
    environment.pop("MERCAT_DATABASE_URL", None)
    done = subprocess.run(
        ["sh", "-e", "-c", block], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(list((sqlite_runtime.settings.home / "backups").glob("*.zip"))) == 1
