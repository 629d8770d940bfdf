"""What each file and folder owes the house: its length, its name, and a connector its line, its settings and its page."""

from itertools import chain
from pathlib import Path

from tests.architecture.house import PACKAGE, ROOT, modules, settings

ASKS_FOR_A_SPLIT = 400
NEVER = 600
WAITING_FOR_A_SPLIT: frozenset[str] = frozenset()  # files between the two: each is a debt, so the list stays empty
REVISIONS = PACKAGE / "migrations" / "versions"  # written by Alembic, as long as the schema, never changed again
SAYS_NOTHING = frozenset({"common", "util", "utils", "helper", "helpers", "lib", "misc"})


def lines_of(path: Path) -> int:
    return len(path.read_bytes().splitlines())


def test_no_file_is_long() -> None:
    files = chain.from_iterable((ROOT / folder).rglob("*.py") for folder in ("src", "tests", "benchmarks"))
    lengths = {str(path.relative_to(ROOT)): lines_of(path) for path in files if path.parent != REVISIONS}

    long = {name: length for name, length in lengths.items() if length > ASKS_FOR_A_SPLIT}

    assert lengths
    assert {name for name, length in long.items() if length > NEVER or name not in WAITING_FOR_A_SPLIT} == set()
    assert set(long) >= WAITING_FOR_A_SPLIT


def test_every_name_says_what_is_inside() -> None:
    assert not [module.name for module in modules() if SAYS_NOTHING & set(module.parts)]


def connector_folders() -> set[str]:
    return {path.parent.name for path in (PACKAGE / "connectors").glob("*/__init__.py")}


def test_a_connector_is_a_folder_and_a_line() -> None:
    lines = settings()["project"].get("entry-points", {}).get("mercat.connectors", {})

    assert set(lines.values()) == {f"mercat.connectors.{folder}:connector" for folder in connector_folders()}


def test_a_connector_has_settings_and_a_page() -> None:
    missing = [
        f"connectors/{folder}/{file}"
        for folder in sorted(connector_folders())
        for file in ("settings.py", "README.md")
        if not (PACKAGE / "connectors" / folder / file).is_file()
    ]

    assert not missing
