"""The guards bite: each trespass is committed into a scratch copy of the tree and has to be stopped there, by name."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.architecture.house import ROOT

IMPORTS = ("-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache")
RUFF = ("-m", "ruff", "check", "--no-cache", "--output-format=concise", "src")
MYPY = ("-m", "mypy", "--cache-dir=/dev/null", "--follow-imports=silent", "src/mercat/domain/catalog/trespass.py")
PYTEST = ("-m", "pytest", "-vv", "-n", "0", "-p", "no:cacheprovider")
ROOMS, STATEMENTS, FILES, TABLES = (
    (*PYTEST, f"tests/architecture/test_{name}.py") for name in ("rooms", "statements", "files", "tables")
)


class Trespass(NamedTuple):
    """``files`` are appended to what stands in src/mercat, or made; ``named`` is what the guard has to say."""

    guard: tuple[str, ...]
    files: dict[str, str]
    named: str


UPWARD_KEY = """
from sqlalchemy import Column as Col, ForeignKey as Key, Table as Tab
from mercat.core.database.base import Base as Root
trespass = Tab("trespass", Root.metadata, Col("product_id", Key("products.id")))
"""
HOMELESS_TABLE = """
from sqlalchemy import Column, Integer, Table
from mercat.core.database.base import Base
trespass = Table("trespass", Base.metadata, Column("id", Integer))
"""
WRITING_READER = """
from mercat.core.unit import ReadUnit, WriteUnit
def change(unit: WriteUnit) -> None: unit.announce("changed")
def show(unit: ReadUnit) -> None: change(unit)
"""
TANGLE = (
    "def tangle(n: int) -> int:\n"
    + "".join(f"    if n > {i}:\n        n -= {i}\n" for i in range(11))
    + "    return n\n"
)

TRESPASSES = {
    # Floors
    "core knows a room": Trespass(
        IMPORTS,
        {"core/trespass.py": "import mercat.domain.catalog"},
        "mercat.core is not allowed to import mercat.domain",
    ),
    "the sdk knows a room": Trespass(
        IMPORTS,
        {"sdk/trespass.py": "import mercat.domain.catalog"},
        "mercat.sdk is not allowed to import mercat.domain",
    ),
    "core knows the sdk": Trespass(
        IMPORTS, {"core/trespass.py": "import mercat.sdk.roles"}, "mercat.core is not allowed to import mercat.sdk"
    ),
    "a connector knows the business": Trespass(
        IMPORTS,
        {"connectors/trespass/__init__.py": "import mercat.domain.catalog"},
        "mercat.connectors is not allowed to import mercat.domain",
    ),
    "a room knows a door": Trespass(
        IMPORTS,
        {"domain/catalog/trespass.py": "import mercat.cli"},
        "mercat.domain is not allowed to import mercat.cli",
    ),
    "a new floor that nobody placed": Trespass(IMPORTS, {"lobby.py": ""}, "mercat.lobby"),
    # Rooms
    "two modules of a room need each other": Trespass(
        ROOMS,
        {
            "domain/catalog/trespass.py": "from mercat.domain.catalog import trespassing",
            "domain/catalog/trespassing.py": "def go() -> None:\n    from mercat.domain.catalog import trespass",
        },
        "mercat.domain.catalog.trespassing imports mercat.domain.catalog.trespass",
    ),
    "a room uses the room above": Trespass(
        IMPORTS,
        {"domain/catalog/trespass.py": "import mercat.domain.suppliers"},
        "mercat.domain.catalog is not allowed to import mercat.domain.suppliers",
    ),
    "the lowest room uses the one above": Trespass(
        IMPORTS,
        {"domain/operations/trespass.py": "import mercat.domain.catalog"},
        "mercat.domain.operations is not allowed to import mercat.domain.catalog",
    ),
    "a new room that nobody placed": Trespass(IMPORTS, {"domain/cellar/__init__.py": ""}, "mercat.domain.cellar"),
    # Connectors, the sandbox and frameworks
    "the sandbox knows how Mercat talks": Trespass(
        IMPORTS,
        {"sandbox/trespass.py": "import mercat.sdk.records"},
        "mercat.sandbox is not allowed to import mercat.sdk",
    ),
    "connectors know each other": Trespass(
        IMPORTS,
        {"connectors/one/__init__.py": "import mercat.connectors.two", "connectors/two/__init__.py": ""},
        "mercat.connectors.one is not allowed to import mercat.connectors.two",
    ),
    "a connector is imported by name": Trespass(
        IMPORTS,
        {"cli/trespass.py": "import mercat.connectors.one", "connectors/one/__init__.py": ""},
        "Illegal imports of protected package mercat.connectors",
    ),
    "a framework in a room": Trespass(
        IMPORTS, {"domain/catalog/trespass.py": "import typer"}, "mercat.domain is not allowed to import typer"
    ),
    "a framework in core": Trespass(
        IMPORTS, {"core/trespass.py": "import rich.table"}, "mercat.core is not allowed to import rich"
    ),
    "a door speaks SQL": Trespass(
        IMPORTS, {"cli/trespass.py": "import sqlalchemy"}, "mercat.cli is not allowed to import sqlalchemy"
    ),
    "a revision that changes with today's models": Trespass(
        IMPORTS,
        {"migrations/versions/trespass.py": "import mercat.domain.catalog"},
        "mercat.migrations.versions is not allowed to import mercat.domain",
    ),
    # What ruff knows
    "the environment in a room": Trespass(
        RUFF, {"domain/catalog/trespass.py": "import os\n\nHOME = os.environ['HOME']\n"}, "core/settings.py"
    ),
    "the environment by another way": Trespass(
        RUFF, {"sdk/trespass.py": "from os import getenv\n\nHOME = getenv('HOME')\n"}, "core/settings.py"
    ),
    "the wall clock in a room": Trespass(
        RUFF,
        {"domain/catalog/trespass.py": "import datetime as dt\n\nNOW = dt.datetime.now(dt.UTC)\n"},
        "The wall clock is read in core only",
    ),
    "today in a connector": Trespass(
        RUFF,
        {"connectors/trespass/__init__.py": "from datetime import date\n\nTODAY = date.today()\n"},
        "The wall clock is read in core only",
    ),
    "seconds in a door": Trespass(
        RUFF, {"cli/trespass.py": "import time\n\nNOW = time.time()\n"}, "for a duration, time.monotonic"
    ),
    "the database's clock": Trespass(
        RUFF,
        {"domain/catalog/trespass.py": "from sqlalchemy import func\n\nNOW = func.now()\n"},
        "The database's clock is another clock",
    ),
    "an engine of one's own": Trespass(
        RUFF,
        {"domain/catalog/trespass.py": "from sqlalchemy import create_engine\n\nENGINE = create_engine('')\n"},
        "Engines are made in core/database only",
    ),
    "SQL put together outside a repository": Trespass(
        RUFF,
        {"domain/catalog/trespass.py": "def f(x: str) -> str:\n    return f'SELECT {x} FROM t'\n"},
        "SQL injection",
    ),
    "a mock in the product": Trespass(RUFF, {"sdk/trespass.py": "from unittest.mock import Mock\n"}, "No mock"),
    "a tangle": Trespass(RUFF, {"domain/catalog/trespass.py": TANGLE}, "`tangle` is too complex"),
    "a long function": Trespass(
        RUFF, {"sdk/trespass.py": "def long() -> None:\n" + "    print()\n" * 51}, "Too many statements (51 > 50)"
    ),
    "six positional arguments": Trespass(
        RUFF, {"sdk/trespass.py": "def many(a, b, c, d, e, f): ...\n"}, "Too many positional arguments (6 > 5)"
    ),
    "a task left in the code": Trespass(RUFF, {"sdk/trespass.py": "# TODO: later\n"}, "Line contains TODO"),
    "a suppression that suppresses nothing": Trespass(
        RUFF, {"sdk/trespass.py": "ONE = 1  # noqa: TID251\n"}, "Unused `noqa` directive"
    ),
    # What mypy knows
    "a reader that writes": Trespass(
        MYPY,
        {"domain/catalog/trespass.py": WRITING_READER},
        'incompatible type "ReadUnit"; expected "WriteUnit"',
    ),
    # Files of a room
    "a room reads the repository of another": Trespass(
        ROOMS,
        {"domain/suppliers/trespass.py": "import mercat.domain.catalog.repository", "domain/catalog/repository.py": ""},
        "domain/suppliers/trespass.py:1 imports mercat.domain.catalog.repository",
    ),
    "a repository of another spelling": Trespass(
        ROOMS,
        {
            "domain/suppliers/trespass.py": "import mercat.domain.catalog.old_repository",
            "domain/catalog/old_repository.py": "",
        },
        "domain/suppliers/trespass.py:1 imports mercat.domain.catalog.old_repository",
    ),
    "a room asks the decider of another": Trespass(
        ROOMS,
        {"domain/suppliers/trespass.py": "import mercat.domain.catalog.deciding", "domain/catalog/deciding.py": ""},
        "domain/suppliers/trespass.py:1 imports mercat.domain.catalog.deciding",
    ),
    "a service reads the tables of another room": Trespass(
        ROOMS,
        {"domain/suppliers/trespass.py": "import mercat.domain.catalog.models", "domain/catalog/models.py": ""},
        "domain/suppliers/trespass.py:1 imports mercat.domain.catalog.models",
    ),
    "a door goes past the service": Trespass(
        ROOMS,
        {"cli/trespass.py": "import mercat.domain.catalog.models", "domain/catalog/models.py": ""},
        "cli/trespass.py:1 imports mercat.domain.catalog.models",
    ),
    "a room is entered through the wall": Trespass(
        ROOMS, {"cli/trespass.py": "import mercat.domain.catalog"}, "cli/trespass.py:1 imports mercat.domain.catalog"
    ),
    "a decider knows the database": Trespass(
        ROOMS, {"domain/catalog/trespass.py": "from sqlalchemy import text"}, "catalog/trespass.py:1 imports sqlalchemy"
    ),
    # Statements
    "a service sends SQL": Trespass(
        STATEMENTS,
        {"domain/catalog/trespass.py": "def f(unit): unit.session.execute('')"},
        "catalog/trespass.py:1: unit.session.execute()",
    ),
    "a service fills the session": Trespass(
        STATEMENTS,
        {"domain/catalog/trespass.py": "def f(session): session.add(1)"},
        "catalog/trespass.py:1: session.add()",
    ),
    "a service sends SQL in bulk": Trespass(
        STATEMENTS,
        {"domain/catalog/trespass.py": "def f(unit): unit.bulk.run('')"},
        "catalog/trespass.py:1: unit.bulk.run()",
    ),
    "a table that changes rows": Trespass(
        STATEMENTS,
        {"domain/catalog/models/trespass.py": "from sqlalchemy import delete\nEMPTY = delete(1)"},
        "catalog/models/trespass.py:2: delete()",
    ),
    "a room commits": Trespass(
        STATEMENTS,
        {"domain/catalog/trespass_repository.py": "def f(session): session.commit()"},
        "catalog/trespass_repository.py:1: session.commit()",
    ),
    "core commits outside the unit": Trespass(
        STATEMENTS,
        {"core/trespass.py": "def f(connection): connection.commit()"},
        "core/trespass.py:1: connection.commit()",
    ),
    "the environment elsewhere in core": Trespass(
        STATEMENTS, {"core/trespass.py": "import os\nHOME = os.environ['HOME']"}, "core/trespass.py:2: os.environ"
    ),
    "an if on a connector": Trespass(
        STATEMENTS,
        {"domain/catalog/trespass.py": "def f(feed): return feed.connector == 'etilize'"},
        "catalog/trespass.py:1: feed.connector == 'etilize'",
    ),
    "a connector among others": Trespass(
        STATEMENTS,
        {"domain/catalog/trespass.py": "def f(connector): return connector in {'etilize', 'icecat'}"},
        "catalog/trespass.py:1: connector in",
    ),
    "a match on a connector": Trespass(
        STATEMENTS,
        {"domain/catalog/trespass.py": "def f(feed):\n    match feed.connector:\n        case 'etilize': return 1"},
        "catalog/trespass.py:2: match feed.connector",
    ),
    # Files
    "a file that asks for a split": Trespass(FILES, {"sdk/trespass.py": "\n" * 401}, "sdk/trespass.py"),
    "a file for everything": Trespass(FILES, {"sdk/utils.py": ""}, "mercat.sdk.utils"),
    "a folder for everything": Trespass(FILES, {"common/__init__.py": ""}, "mercat.common"),
    "a connector that nobody announced": Trespass(
        FILES, {"connectors/trespass/__init__.py": ""}, "mercat.connectors.trespass:connector"
    ),
    "a connector without a page": Trespass(
        FILES, {"connectors/trespass/__init__.py": ""}, "connectors/trespass/README.md"
    ),
    # Tables
    "a key that points up": Trespass(
        TABLES,
        {"domain/operations/models.py": UPWARD_KEY},
        "trespass.product_id of operations points to products.id of catalog",
    ),
    "SQL that reads upward": Trespass(
        TABLES,
        {"domain/catalog/trespass_repository.py": "SQL = 'SELECT 1 FROM products p JOIN supplier_offers o ON 1'"},
        "trespass_repository.py:1 reads supplier_offers of suppliers",
    ),
    "SQL that changes the tables of another room": Trespass(
        TABLES,
        {"domain/suppliers/trespass_repository.py": "SQL = 'UPDATE products SET name = 1'"},
        "trespass_repository.py:1 changes products of catalog",
    ),
    "a bulk statement on the tables of another room": Trespass(
        TABLES,
        {"domain/suppliers/trespass_repository.py": "def f(bulk): bulk.insert('products', [], [])"},
        "trespass_repository.py:1 changes products of catalog",
    ),
    "a table outside the models": Trespass(
        TABLES, {"domain/catalog/trespass_repository.py": HOMELESS_TABLE}, "assert not {'trespass'}"
    ),
}


ALONE = {"a new floor that nobody placed", "a new room that nobody placed"}
"""What a guard reports before it looks at anything else: these would hide the others of their round."""


def lay_scratch(folder: Path) -> Path:
    no_caches = shutil.ignore_patterns("__pycache__")
    for part in ("src", "tests/architecture"):
        shutil.copytree(ROOT / part, folder / part, ignore=no_caches)
    for file in ("pyproject.toml", "tests/__init__.py"):
        shutil.copy(ROOT / file, folder / file)
    return folder


def judge(guard: tuple[str, ...], scratch: Path) -> subprocess.CompletedProcess[str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, *guard],
        cwd=scratch,
        env={**ours, "PYTHONPATH": str(scratch / "src"), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        check=False,
    )


def own_name(text: str, name: str) -> str:
    """Each trespass has a name of its own in everything it writes and in what is said of it: none answers for another."""
    return text.replace("trespass", f"trespass{list(TRESPASSES).index(name)}x")


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """What the guard says of a trespass. All trespasses that one guard has to stop are laid into one copy: one run."""

    @cache
    def of_round(names: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        scratch = lay_scratch(tmp_path_factory.mktemp("scratch", numbered=True))
        for name in names:
            for file, text in TRESPASSES[name].files.items():
                path = scratch / "src/mercat" / own_name(file, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("a", encoding="utf-8") as opened:
                    opened.write(own_name(text, name))
        guard = TRESPASSES[names[0]].guard
        return judge(guard if len(names) > 1 else tuple(own_name(part, names[0]) for part in guard), scratch)

    def of(name: str) -> subprocess.CompletedProcess[str]:
        guard = TRESPASSES[name].guard
        together = [each for each, other in TRESPASSES.items() if other.guard == guard and each not in ALONE]
        return of_round((name,) if name in ALONE else tuple(together))

    return of


@pytest.mark.parametrize("name", TRESPASSES)
def test_a_trespass_is_stopped_by_name(name: str, verdicts: Callable[[str], subprocess.CompletedProcess[str]]) -> None:
    trespass = TRESPASSES[name]

    verdict = verdicts(name)

    said = verdict.stdout + verdict.stderr
    assert verdict.returncode != 0
    if trespass.guard == RUFF:
        said = "\n".join(line for line in said.splitlines() if own_name("trespass", name) in line)
    assert own_name(trespass.named, name) in said
