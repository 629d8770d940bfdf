"""Rule 3: which files of a room may be seen from outside. Rule 5: which of them speak SQL.

Floors, rooms and frameworks (rules 1, 2 and 4) are import-linter's: see the contracts in pyproject.toml.
"""

from collections import defaultdict
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.architecture.house import DOORS, Arrow, arrows

FRONT_DOOR = frozenset({"service", "schemas"})
SPEAKS_SQL = frozenset({"repository", "models"})


def seen_from(arrow: Arrow) -> frozenset[str]:
    """The files of a room that the importer may use, being outside of it."""
    importer = arrow.importer
    if importer.floor in DOORS:
        return FRONT_DOOR
    if importer.floor == "database":
        return FRONT_DOOR | {"models", "repository"}  # scripts want them
    if importer.floor == "migrations":
        return frozenset({"models"})
    if importer.floor == "main":
        return FRONT_DOOR | {"messages", "models", "jobs"}  # it knows every room, and registers what they run
    if importer.part == "models":
        return frozenset({"models"})  # for a downward foreign key
    return FRONT_DOOR | {"messages"}


def test_a_room_is_entered_by_its_front_door() -> None:
    trespasses = [
        str(arrow)
        for arrow in arrows()
        if arrow.imported.room
        and arrow.imported.room != arrow.importer.room
        and arrow.imported.part not in seen_from(arrow)
    ]

    assert not trespasses


def test_in_a_room_only_models_and_repositories_know_sqlalchemy() -> None:
    trespasses = [
        str(arrow)
        for arrow in arrows()
        if arrow.importer.room and arrow.imported.name == "sqlalchemy" and arrow.importer.part not in SPEAKS_SQL
    ]

    assert not trespasses


def test_no_two_modules_need_each_other() -> None:
    """Not inside a room either, and not for a type alone: what needs each other is one thing, or has a third below it."""
    needs: defaultdict[str, set[str]] = defaultdict(set)
    for arrow in arrows():
        # A package and what it gathers are one: its face imports its parts.
        if arrow.imported.name.startswith("mercat.") and not arrow.importer.name.startswith(f"{arrow.imported.name}."):
            needs[arrow.importer.name].add(arrow.imported.name)
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as circle:
        pytest.fail(" imports ".join(reversed(circle.args[1])))


def test_the_graph_is_not_empty() -> None:
    assert any(arrow.importer.floor == "sdk" for arrow in arrows())
