"""Migrations beside whoever works: they let go of tables, build indexes beside writers, and do work on rows once."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from mercat.core.actor import Actor
from mercat.core.database import migrate
from mercat.core.database.looking import check_database
from mercat.core.database.revision import current, head
from mercat.core.errors import Conflict
from mercat.core.unit import Runtime
from mercat.database import SystemLog
from mercat.domain import register_tables
from mercat.domain.operations import service as operations
from mercat.domain.operations.data_steps import _known
from tests.database.terminal import mercat

ROOT = Actor("user", "root")
register_tables()


def only_on_postgresql(runtime: Runtime) -> None:
    if runtime.engine.dialect.name != "postgresql":
        pytest.skip("PostgreSQL's own way")


def test_an_index_that_is_missing_or_half_built_is_told_and_built_by_an_upgrade(runtime: Runtime) -> None:
    only_on_postgresql(runtime)
    with runtime.engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_products_part_key"))
        connection.execute(
            text(
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = CAST('ix_product_variants_barcode' AS regclass)"
            )
        )
    told = {each.name: each for each in check_database(runtime, least_free_mb=0, is_thorough=False)}
    assert told["missing_indexes"].facts == {"missing": ["ix_products_part_key"]}
    assert told["indexes"].facts["invalid"] == ["ix_product_variants_barcode"]
    # A writer that does not end: an index that is not built concurrently would wait for it.
    with runtime.engine.connect() as writer:
        writer.execute(text("LOCK TABLE change_sets IN ROW EXCLUSIVE MODE"))
        migrate.upgrade(runtime.engine)
        writer.rollback()
    assert migrate.differences(runtime.engine) == []
    again = {each.name: each.state for each in check_database(runtime, least_free_mb=0, is_thorough=False)}
    assert (again["missing_indexes"], again["indexes"]) == ("ok", "ok")


def test_a_migration_lets_go_of_a_table_that_somebody_holds(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    only_on_postgresql(runtime)
    monkeypatch.setattr(migrate, "_LOCK_WAIT_S", "0.1")
    monkeypatch.setattr(migrate, "_TRIES", 2)
    monkeypatch.setattr(migrate, "_PAUSE_S", 0.01)
    with runtime.engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM table_growth"))
        with pytest.raises(Conflict, match="somebody holds a table"):
            migrate.downgrade(runtime.engine, "0001")
        reader.rollback()
    assert (current(runtime.engine), migrate.differences(runtime.engine)) == (head(), [])


def test_a_migration_goes_on_when_the_table_is_free(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    only_on_postgresql(runtime)
    monkeypatch.setattr(migrate, "_LOCK_WAIT_S", "0.1")
    reader = runtime.engine.connect()
    reader.execute(text("SELECT count(*) FROM table_growth"))
    ends = threading.Timer(0.3, reader.close)
    ends.start()
    migrate.downgrade(runtime.engine, "-1")
    ends.join()
    migrate.upgrade(runtime.engine)
    assert migrate.differences(runtime.engine) == []


@pytest.fixture
def steps() -> Iterator[dict[str, operations.DataStep]]:
    before = dict(_known)
    _known.clear()
    yield _known
    _known.clear()
    _known.update(before)


def test_work_on_rows_goes_on_after_a_break_and_is_done_once(
    runtime: Runtime, steps: dict[str, operations.DataStep]
) -> None:
    calls: list[int] = []

    def work(runtime: Runtime, actor: Actor) -> int:
        calls.append(len(calls))
        if len(calls) == 2:
            raise KeyboardInterrupt

        def one(unit: object) -> int:
            left = 3 - unit.session.query(SystemLog).count()  # type: ignore[attr-defined]
            if left:
                unit.add(SystemLog(level="info", event="x", message="x", logger_name="x"))  # type: ignore[attr-defined]
            return min(left, 1)

        return runtime.attempt(one, actor)

    operations.declare_data_step(operations.DataStep("test.three", work))
    assert list(steps) == ["test.three"]
    with pytest.raises(KeyboardInterrupt):
        operations.run_data_steps(runtime, ROOT)
    assert operations.run_data_steps(runtime, ROOT) == {"test.three": 2}
    before = len(calls)
    assert operations.run_data_steps(runtime, ROOT) == {}
    assert len(calls) == before


def test_an_upgrade_that_is_told_to_backs_up_before(sqlite_runtime: Runtime) -> None:
    migrate.downgrade(sqlite_runtime.engine, "-1")
    behind = current(sqlite_runtime.engine)
    code, told = mercat(sqlite_runtime, "upgrade", "--backup")
    assert (code, told["revision"]) == (0, head())
    [made] = operations.list_backups(sqlite_runtime, ROOT)
    assert (told["backup"], made.revision, made.description) == (made.path, behind, f"before the upgrade from {behind}")
    operations.verify_backup(sqlite_runtime, ROOT, made.name)
    operations.restore_backup(sqlite_runtime, ROOT, made.name, is_safe=False)
    assert current(sqlite_runtime.engine) == head()
    assert "backup" not in mercat(sqlite_runtime, "upgrade", "--backup")[1]
