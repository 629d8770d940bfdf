"""Rule 6: tables obey too. A foreign key points to the same room, to a lower one, or to core.

So does SQL that is written out: it reads its own room's tables and those below, and changes its own only.
"""

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Table

from tests.architecture.house import Module, modules, nodes, storeys

READS = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)")
WRITES = re.compile(r"\b(?:INSERT\s+(?:\w+\s+)*?INTO|UPDATE|DELETE\s+FROM)\s+(\w+)")
BULK_WRITES = frozenset({"insert", "update", "delete"})


class Home(NamedTuple):
    """Who owns a table; core is below the lowest room."""

    storey: int
    room: str


def tables_in(name: str) -> set[Table]:
    """The tables that a module holds, mapped or plain."""
    held = vars(sys.modules[name]).values()
    mapped = {vars(value).get("__table__") for value in held if isinstance(value, type) and value.__module__ == name}
    return {value for value in [*held, *mapped] if isinstance(value, Table)}


def homes() -> dict[Table, Home]:
    """A table that is seen in two rooms belongs to the lower one: the higher imports it."""
    for module in modules():
        if module.floor in {"core", "domain"}:
            importlib.import_module(module.name)
    places = {m.name: Home(storeys()[m.room], m.room) for m in modules() if m.part == "models"}
    places |= {m.name: Home(-1, "core") for m in modules() if m.floor == "core"}
    return {table: places[name] for name in sorted(places, key=places.__getitem__)[::-1] for table in tables_in(name)}


def all_tables() -> set[Table]:
    return {table for book in {table.metadata for table in homes()} for table in book.tables.values()}


def test_every_table_has_a_room_and_every_models_file_a_table() -> None:
    found = homes()

    homeless = {table.name for table in all_tables()} - {table.name for table in found}

    assert not homeless
    assert {module.room for module in modules() if module.part == "models"} <= {home.room for home in found.values()}


def test_foreign_keys_point_down() -> None:
    found = homes()
    upward = [
        f"{key.parent} of {found[table].room} points to {key.column} of {found[key.column.table].room}"
        for table in all_tables()
        for key in table.foreign_keys
        if found[key.column.table].room != found[table].room and found[key.column.table].storey >= found[table].storey
    ]

    assert not upward


def written(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """Every table that the module's text changes, by SQL or by a bulk statement on a table's name."""
    for text in nodes(ast.Constant, of=module):
        if isinstance(text.value, str):
            yield from ((text, name) for name in WRITES.findall(text.value))
    for call in nodes(ast.Call, of=module):
        match call:
            case ast.Call(func=ast.Attribute(attr=verb), args=[ast.Constant(value=str(name)), *_]) if (
                verb in BULK_WRITES
            ):
                yield call, name


def read(module: Module) -> Iterator[tuple[ast.AST, str]]:
    for text in nodes(ast.Constant, of=module):
        if isinstance(text.value, str):
            yield from ((text, name) for name in READS.findall(text.value))


def test_sql_reads_down_and_changes_its_own_room() -> None:
    places = {table.name: home for table, home in homes().items()}
    trespasses = []
    for module in modules():
        if module.floor not in {"core", "domain"}:
            continue
        here = Home(storeys()[module.room], module.room) if module.room in storeys() else Home(-1, "core")
        for verb, found in (("changes", written(module)), ("reads", read(module))):
            for node, name in found:
                there = places.get(name, here)
                if there.room != here.room and (verb == "changes" or there.storey >= here.storey):
                    trespasses.append(f"{module.at(node)} {verb} {name} of {there.room}")

    assert not trespasses
