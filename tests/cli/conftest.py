"""A terminal with a home of its own: in this process for most tests, as a real process for a few."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mercat.cli.app import app


@dataclass
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Terminal:
    """Runs commands in ``home``; ``script`` runs the installed console script as a process."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *arguments: object) -> Answer:
        result = CliRunner().invoke(app, [str(each) for each in arguments])
        return Answer(result.exit_code, result.stdout, result.stderr)

    def script(self, *arguments: object, **environment: str) -> Answer:
        return self.feeding("", *arguments, **environment)

    def feeding(self, typed: str, *arguments: object, **environment: str) -> Answer:
        """The console script with this on its standard input."""
        script = Path(sys.executable).with_name("mercat")
        done = subprocess.run(
            [script, *map(str, arguments)],
            env={**os.environ, "MERCAT_HOME": str(self.home), **environment},
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Nothing is initialised yet."""
    home = tmp_path / "bare"
    for name in list(os.environ):
        if name.startswith("MERCAT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MERCAT_HOME", str(home))
    return Terminal(home)


@pytest.fixture
def terminal(bare: Terminal, _sqlite_template: Path) -> Iterator[Terminal]:
    """``mercat init`` has been run."""
    bare.home.mkdir()
    (bare.home / "mercat.db").write_bytes(_sqlite_template.read_bytes())
    return bare


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """Twelve products with prices."""
    return write_feed(tmp_path / "feed.csv")


def write_feed(path: Path, *, factor: int = 1, products: int = 12) -> Path:
    rows = [f"A-{n},Lamp {n},{n * 10 * factor}.50" for n in range(1, products + 1)]
    path.write_text("\n".join(["sku,name,price", *rows]) + "\n")
    return path
