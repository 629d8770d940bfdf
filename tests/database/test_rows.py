"""Every table comes through a portable backup as it was, from any of the databases to any other."""

import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mercat.core.database import migrate
from mercat.core.database.backup import hashing, making, native
from mercat.core.database.backup.archive import Archive, TableEntry
from mercat.core.database.backup.portable import hash_tables
from mercat.core.errors import Conflict
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from tests.database.filling import fill


def tables_of(runtime: Runtime) -> list[TableEntry]:
    with runtime.read(snapshot=True) as unit:
        return hash_tables(unit.session.connection())


def moved(source: Runtime, target: Runtime, folder: Path) -> None:
    out = io.BytesIO()
    making.write(source, out, making.Wish("portable"), folder)
    with Archive(io.BytesIO(out.getvalue()), "it") as archive:
        archive.check()
        making.restore(target, archive, folder, lambda _unit: None)


@settings(
    max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32))
def test_every_table_goes_to_sqlite_and_back(runtime: Runtime, tmp_path: Path, seed: int) -> None:
    with runtime.write() as unit:
        making.load(unit.bulk, making.shapes(), lambda _shape: [])
    fill(runtime, seed)
    before = tables_of(runtime)
    assert all(each.rows == 3 for each in before)
    path = tmp_path / f"{seed}-{len(list(tmp_path.iterdir()))}.db"
    other = Runtime(Settings(home=tmp_path / "other", database_url=f"sqlite:///{path}"))
    migrate.upgrade(other.engine)
    try:
        moved(runtime, other, tmp_path)
        assert tables_of(other) == before
        with runtime.write() as unit:
            making.load(unit.bulk, making.shapes(), lambda _shape: [])
        moved(other, runtime, tmp_path)
        assert tables_of(runtime) == before
    finally:
        other.close()


def test_a_database_that_is_empty_takes_a_backup(runtime: Runtime, tmp_path: Path) -> None:
    fill(runtime, 7)
    other = Runtime(Settings(home=tmp_path / "other"))
    moved(runtime, other, tmp_path)
    assert tables_of(other) == tables_of(runtime)
    other.close()


def test_rows_that_do_not_fit_together_are_refused_and_nothing_is_changed(runtime: Runtime) -> None:
    fill(runtime, 1)
    before = tables_of(runtime)
    shapes = making.shapes()
    broken = {name: [[]] for name in shapes}
    if runtime.engine.dialect.name == "mariadb":
        pytest.skip("MariaDB is told not to look: it takes what a checked backup holds")
    with runtime.read() as unit:
        broken["product_variants"] = list(making.rows_of(unit.session.connection())(shapes["product_variants"]))
    with pytest.raises(Exception, match=r"does not hold|violates foreign key"), runtime.write() as unit:
        making.load(unit.bulk, shapes, lambda shape: broken[shape.table])
    assert tables_of(runtime) == before


def test_a_large_file_is_hashed_alike_by_another_process(
    sqlite_runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sqlite_runtime, 3)
    copy, told = tmp_path / "copy.db", dict[str, int]()
    native.copy_out(sqlite_runtime.engine, copy, advance=lambda _done, _total: None)
    here = hashing.hash_file(copy)
    monkeypatch.setattr(hashing, "_LARGE", 0)
    assert hashing.hash_file(copy, told.__setitem__) == here == tables_of(sqlite_runtime)
    assert set(told.values()) == {3}
    copy.write_bytes(b"this is no database" * 100)
    with pytest.raises(Conflict, match=r"the rows of copy\.db could not be counted: file is not a database"):
        hashing.hash_file(copy)
