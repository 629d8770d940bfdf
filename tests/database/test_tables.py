"""Every table comes out as a file and goes back as it was, in each format; what a file cannot say is refused by its line."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mercat.core.actor import Actor
from mercat.core.database.backup.making import load
from mercat.core.database.backup.portable import hash_tables
from mercat.core.database.rows import shapes
from mercat.core.errors import Conflict, Forbidden, Invalid, NotFound
from mercat.core.unit import Runtime
from mercat.database import Product, Supplier, SyncHistory, SystemLog
from mercat.domain import register_hearing, register_tables
from mercat.domain.operations import service as operations
from tests.database.filling import fill
from tests.shops import feed

ROOT = Actor("user", "root")
register_tables()
register_hearing()


def hashes(runtime: Runtime) -> dict[str, Any]:
    with runtime.read(snapshot=True) as unit:
        return {each.name: (each.rows, each.sha256) for each in hash_tables(unit.session.connection())}


def empty(runtime: Runtime) -> None:
    with runtime.write() as unit:
        load(unit.bulk, shapes(), lambda _shape: [])


FORMATS = ("csv", "jsonl", "xlsx", "parquet")


def go_out_and_back(runtime: Runtime, folder: Path, formats: Sequence[str]) -> None:
    fill(runtime, 3)
    before = hashes(runtime)
    # Importing writes down that it ran, in the table of runs.
    names = [name for name in shapes() if name != "sync_history"]
    paths = {name: folder / f"{name}.{formats[place % len(formats)]}" for place, name in enumerate(names)}
    for name, path in paths.items():
        assert operations.export_table(runtime, ROOT, name, path).rows == 3
    empty(runtime)
    for name, path in paths.items():
        assert operations.import_table(runtime, ROOT, name, path).inserted == 3, name
    after = hashes(runtime)
    # What is derived from products is made anew by jobs.
    assert {name for name in names if before[name] != after[name]} <= {"jobs"}


def test_every_table_goes_out_and_back(runtime: Runtime, tmp_path: Path) -> None:
    go_out_and_back(runtime, tmp_path, FORMATS)


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_every_table_goes_out_and_back_in_every_format(sqlite_runtime: Runtime, tmp_path: Path, turn: int) -> None:
    go_out_and_back(sqlite_runtime, tmp_path, [*FORMATS[turn:], *FORMATS[:turn]])


def written(path: Path, *rows: dict[str, Any]) -> Path:
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_an_update_changes_what_differs_in_the_columns_that_are_given(runtime: Runtime, tmp_path: Path) -> None:
    path = written(
        tmp_path / "new.csv",
        {"name": "Ann", "code": "ann", "priority": 1},
        {"name": "Bob", "code": "bob", "priority": 2},
    )
    assert operations.import_table(runtime, ROOT, "suppliers", path).inserted == 2
    with runtime.read() as unit:
        ann, bob = unit.session.query(Supplier).order_by(Supplier.code)
    assert ann.is_active
    said = written(tmp_path / "more.csv", {"id": ann.id, "name": "Anna"}, {"id": bob.id, "name": "Bob"})
    done = operations.import_table(runtime, ROOT, "suppliers", said, update=True)
    assert (done.inserted, done.updated, done.unchanged) == (0, 1, 1)
    with runtime.read() as unit:
        again = {each.code: each for each in unit.session.query(Supplier)}
        assert (again["ann"].name, again["ann"].created_at) == ("Anna", ann.created_at)
        assert again["ann"].updated_at > ann.updated_at
        assert again["bob"].updated_at == bob.updated_at
        runs = [each.status for each in unit.session.query(SyncHistory).filter_by(sync_type="table_import")]
    assert runs == ["success", "success"]
    with pytest.raises(Conflict, match="a row is there already; --update"):
        operations.import_table(runtime, ROOT, "suppliers", path)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([{"nmae": "Ann"}], "suppliers has no column nmae; the columns of suppliers are"),
        ([{"name": "Ann", "code": "a"}], "has to say priority: add the columns"),
        ([{"name": "Ann", "code": "a", "priority": "1.5"}], "line 2: priority '1.5' is no whole number"),
        (
            [{"name": "Ann", "code": "a", "priority": 1, "minimum_order_value": "1.00001"}],
            "line 2: minimum_order_value 1.00001 has more",
        ),
        ([{"name": "A" * 300, "code": "a", "priority": 1}], "line 2: name has 300 letters"),
        ([{"name": "", "code": "a", "priority": 1}], "line 2: name is empty"),
        ([{"id": "7", "name": "Ann", "code": "a", "priority": 1}], "line 2: id '7' is no id"),
        ([{"name": "Ann", "code": "a", "priority": 1, "created_at": "noon"}], "line 2: created_at 'noon' is no time"),
    ],
)
def test_what_a_column_cannot_hold_is_refused_by_its_line(
    sqlite_runtime: Runtime, tmp_path: Path, rows: list[dict[str, Any]], why: str
) -> None:
    with pytest.raises(Invalid, match=why):
        operations.import_table(sqlite_runtime, ROOT, "suppliers", written(tmp_path / "s.csv", *rows))
    with sqlite_runtime.read() as unit:
        assert unit.session.query(Supplier).count() == 0


@pytest.mark.parametrize(
    ("name", "body", "why"),
    [
        ("a.csv", b"\xff\xfe", "is not UTF-8"),
        ("a.csv", b"name,code,priority\nAnn\n", "line 2: 1 cells, and there are 3 columns"),
        ("a.csv", b"", "is empty"),
        ("a.jsonl", b'{"name": 1', "line 1: no JSON object"),
        (
            "a.jsonl",
            b'{"name": "a", "code": "b", "priority": 1}\n{"name": "a"}\n',
            "line 2: it does not name the same columns",
        ),
        ("a.parquet", b"PAR1", "is no Parquet file"),
        ("a.xlsx", b"PK\x03\x04", "a.xlsx"),
        ("a.txt", b"", "ends in none of them"),
    ],
)
def test_files_that_are_no_tables_are_refused(
    sqlite_runtime: Runtime, tmp_path: Path, name: str, body: bytes, why: str
) -> None:
    (tmp_path / name).write_bytes(body)
    with pytest.raises(Invalid, match=why):
        operations.import_table(sqlite_runtime, ROOT, "suppliers", tmp_path / name)


def test_products_are_not_changed_past_change_sets(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    feed(sqlite_runtime, tmp_path, [{"sku": "A-1", "name": "Lamp", "price": "9"}])
    path = tmp_path / "products.jsonl"
    operations.export_table(sqlite_runtime, ROOT, "products", path)
    with pytest.raises(Conflict, match="changes by change sets only"):
        operations.import_table(sqlite_runtime, ROOT, "products", path, update=True)
    with sqlite_runtime.read() as unit:
        assert unit.session.query(Product).one().name == "Lamp"


def test_who_may_not_gets_nothing(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    lee = Actor("user", "lee", frozenset({"operations.backup"}))
    operations.export_table(sqlite_runtime, lee, "users", tmp_path / "users.csv")
    with pytest.raises(Forbidden):
        operations.import_table(sqlite_runtime, lee, "users", tmp_path / "users.csv")
    with pytest.raises(Forbidden):
        operations.export_table(sqlite_runtime, Actor("user", "kim", frozenset()), "users", tmp_path / "users.csv")
    with pytest.raises(NotFound, match="there is no table 'nothing'"):
        operations.export_table(sqlite_runtime, lee, "nothing", tmp_path / "users.csv")


def test_a_view_goes_out_and_formulas_are_defused(runtime: Runtime, tmp_path: Path) -> None:
    with runtime.write() as unit:
        line = SystemLog(level="info", event="x", message="=HYPERLINK(1)", logger_name="x")
        unit.add(line)
        unit.bulk.run("CREATE VIEW said AS SELECT id, message, created_at FROM system_logs")
    try:
        done = operations.export_table(runtime, ROOT, "said", tmp_path / "said.csv")
        operations.export_table(runtime, ROOT, "said", tmp_path / "said.jsonl")
    finally:
        with runtime.write() as unit:
            unit.bulk.run("DROP VIEW said")
    assert done.rows == 1
    assert "\\=HYPERLINK" in (tmp_path / "said.csv").read_text()
    told = json.loads((tmp_path / "said.jsonl").read_text())
    assert (told["id"], told["message"], told["created_at"][:10]) == (
        line.id.hex,
        "=HYPERLINK(1)",
        f"{line.created_at:%Y-%m-%d}",
    )
