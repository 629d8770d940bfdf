"""Backups: made beside writers, proved, put back whole or not at all, thinned out, and refused where they are not sound."""

import os
import random
import re
import shutil
import threading
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mercat.core.actor import Actor
from mercat.core.database import migrate
from mercat.core.database.backup import making
from mercat.core.database.backup.archive import MANIFEST, TableEntry
from mercat.core.database.backup.portable import hash_tables
from mercat.core.errors import Conflict, Forbidden, Invalid, NotFound
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.domain import register_hearing, register_tables
from mercat.domain.catalog import service as catalog
from mercat.domain.operations import service as operations
from mercat.sandbox.feeds.s3 import Store, s3_serving
from tests.database import apart
from tests.shops import by_sku, feed

ROOT = Actor("user", "root")
LAMPS = [{"sku": f"A-{n}", "name": f"Lamp {n}", "price": f"{n}.50"} for n in range(1, 40)]
register_tables()


@pytest.fixture(autouse=True)
def heard() -> None:
    register_hearing()


def make(runtime: Runtime, form: str = "auto", **more: object) -> operations.BackupView:
    return operations.create_backup(runtime, ROOT, operations.BackupDraft(form=form, **more))  # type: ignore[arg-type]


def tables_of(runtime: Runtime) -> list[TableEntry]:
    with runtime.read(snapshot=True) as unit:
        return hash_tables(unit.session.connection())


@pytest.mark.parametrize("form", ["native", "portable"])
def test_what_was_backed_up_comes_back_and_what_was_there_is_kept(runtime: Runtime, tmp_path: Path, form: str) -> None:
    if form == "native" and shutil.which("pg_dump") is None:
        pytest.skip("the databases' own programs are not here")
    feed(runtime, tmp_path, LAMPS)
    before = tables_of(runtime)
    made = make(runtime, form, description="before the sale")
    assert operations.verify_backup(runtime, ROOT, made.name) == made
    feed(runtime, tmp_path, [{"sku": "B-1", "name": "Chair", "price": "9"}])
    later = tables_of(runtime)

    done = operations.restore_backup(runtime, ROOT, made.name)
    assert tables_of(runtime) == before
    with runtime.read() as unit:
        assert (catalog.find_products(unit, "lamp").total, catalog.find_products(unit, "chair").total) == (39, 0)
    assert done.safety is not None
    listed = operations.list_backups(runtime, ROOT)
    assert [(each.state, each.description) for each in listed] == [
        ("whole", f"before restoring {made.name}"),
        ("whole", "before the sale"),
    ]

    operations.restore_backup(runtime, ROOT, done.safety.name, is_safe=False)
    assert tables_of(runtime) == later
    feed(runtime, tmp_path, [{"sku": "C-1", "name": "Table", "price": "9"}])
    assert set(by_sku(runtime)) >= {"A-1", "B-1", "C-1"}


def test_a_backup_of_a_sqlite_goes_to_any_database(runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("small")
    small = Runtime(Settings(home=home))
    migrate.upgrade(small.engine)
    feed(small, home, LAMPS)
    made, there = make(small), tables_of(small)
    small.close()

    operations.restore_backup(runtime, ROOT, made.path)
    assert tables_of(runtime) == there
    with runtime.read() as unit:
        assert catalog.find_products(unit, "lamp").total == 39


def test_kept_files_come_along(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(random.Random(1).randbytes(5000))
    kept = sqlite_runtime.files.keep(picture)
    made = make(sqlite_runtime)
    assert made.files == 1
    kept.path.unlink()
    operations.restore_backup(sqlite_runtime, ROOT, made.name, is_safe=False)
    assert kept.path.read_bytes() == picture.read_bytes()


def test_writers_go_on_and_the_copy_is_of_one_moment(runtime: Runtime, tmp_path: Path) -> None:
    feed(runtime, tmp_path, LAMPS)
    stop, wrote, failures = threading.Event(), [0], list[BaseException]()

    def write() -> None:
        try:
            while not stop.is_set():
                # Both or none: a copy of one moment holds the same in both.
                values = {"brand": f"b{wrote[0]}", "manufacturer": f"b{wrote[0]}"}
                runtime.attempt(lambda unit, given=values: catalog.edit(unit, "A-1", given), ROOT)  # type: ignore[misc]
                wrote[0] += 1
        except BaseException as failed:  # noqa: BLE001  # told below, in the test's own thread
            failures.append(failed)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        names = [make(runtime, form).name for form in ("auto", "portable")]
    finally:
        stop.set()
        writer.join()
    assert failures == []
    assert wrote[0] > 0
    for name in names:
        operations.verify_backup(runtime, ROOT, name)
        operations.restore_backup(runtime, ROOT, name, is_safe=False)
        found = by_sku(runtime)["A-1"]
        assert found["brand"] == found["manufacturer"]


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def _flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 3] ^= 1
    path.write_bytes(raw)


def _replace_rows(path: Path) -> None:
    """A table is changed, and the zip is as sound as before."""
    with zipfile.ZipFile(path) as given:
        parts = {name: given.read(name) for name in given.namelist()}
    with zipfile.ZipFile(path, "w") as out:
        for name, body in parts.items():
            out.writestr(name, body.replace(b"Lamp 7", b"Lump 7") if name.startswith("tables/") else body)


def _of_tomorrow(path: Path) -> None:
    with zipfile.ZipFile(path) as given:
        parts = {name: given.read(name) for name in given.namelist()}
    parts[MANIFEST] = parts[MANIFEST].replace(b'"revision": "0', b'"revision": "9')
    with zipfile.ZipFile(path, "w") as out:
        for name, body in parts.items():
            out.writestr(name, body)


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (_cut, "is no whole backup"),
        (_flip, "is damaged in|is no whole backup"),
        (_replace_rows, "is damaged in tables/"),
        (_of_tomorrow, "restore it with the Mercat that made it"),
        (lambda path: path.write_bytes(b""), "is no whole backup"),
    ],
)
def test_what_is_not_sound_is_refused_and_nothing_is_touched(
    sqlite_runtime: Runtime, tmp_path: Path, harm: Callable[[Path], None], why: str
) -> None:
    feed(sqlite_runtime, tmp_path, LAMPS)
    path = Path(make(sqlite_runtime, "portable").path)
    harm(path)
    before = tables_of(sqlite_runtime)
    with pytest.raises(Conflict, match=why):
        operations.restore_backup(sqlite_runtime, ROOT, path.name)
    assert tables_of(sqlite_runtime) == before
    assert [each.name for each in operations.list_backups(sqlite_runtime, ROOT)] == [path.name]


def test_an_encrypted_backup_opens_with_its_password_only(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    feed(sqlite_runtime, tmp_path, LAMPS)
    with pytest.raises(Invalid, match="needs a password"):
        make(sqlite_runtime, encrypt=True)
    locked = Runtime(replace(sqlite_runtime.settings, backup_password="open sesame"))
    path = Path(make(locked, encrypt=True).path)
    assert b"Lamp" not in path.read_bytes()
    assert operations.list_backups(sqlite_runtime, ROOT)[0].state == "sealed"
    with pytest.raises(Invalid, match="is encrypted: give its password"):
        operations.verify_backup(sqlite_runtime, ROOT, path.name)
    other = Runtime(replace(sqlite_runtime.settings, backup_password="open barley"))
    with pytest.raises(Invalid, match="password does not open"):
        operations.restore_backup(other, ROOT, path.name)
    assert operations.restore_backup(locked, ROOT, path.name, is_safe=False).backup.rows
    locked.close()
    other.close()


def test_backups_go_to_a_bucket_and_come_from_there(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    feed(sqlite_runtime, tmp_path, LAMPS)
    (tmp_path / "bucket").mkdir()
    with s3_serving(Store(tmp_path / "bucket"), bucket="shop") as port:
        settings = replace(
            sqlite_runtime.settings,
            backup_s3_endpoint=f"http://127.0.0.1:{port}",
            backup_s3_login="mercat:sandbox",
            http_allow_private=True,
        )
        runtime = Runtime(settings)
        made = make(runtime, to="s3://shop/nightly")
        assert (tmp_path / "bucket" / "nightly" / made.name).is_file()
        before = tables_of(runtime)
        assert [each.name for each in operations.list_backups(runtime, ROOT, at="s3://shop/nightly")] == [made.name]
        feed(runtime, tmp_path, [{"sku": "B-1", "name": "Chair", "price": "9"}])
        operations.restore_backup(runtime, ROOT, f"s3://shop/nightly/{made.name}", is_safe=False)
        assert tables_of(runtime) == before
        with pytest.raises(NotFound, match=r"there is no backup nothing\.zip"):
            operations.verify_backup(runtime, ROOT, "s3://shop/nightly/nothing.zip")
        make(runtime, to="s3://shop/nightly", description="newer")
        assert operations.retain_backups(runtime, ROOT, daily=0, weekly=0, at="s3://shop/nightly") == [made.name]
        assert len(list((tmp_path / "bucket" / "nightly").iterdir())) == 1
        runtime.close()


def test_only_who_may_makes_backups_and_only_who_may_everything_restores(sqlite_runtime: Runtime) -> None:
    lee = Actor("user", "lee", frozenset({"operations.backup"}))
    made = operations.create_backup(sqlite_runtime, lee, operations.BackupDraft())
    with pytest.raises(Forbidden):
        operations.restore_backup(sqlite_runtime, lee, made.name)
    with pytest.raises(Forbidden, match=r"operations\.backup"):
        operations.create_backup(sqlite_runtime, Actor("user", "kim", frozenset()), operations.BackupDraft())


BRANDS = [{**each, "brand": random.Random(each["sku"]).randbytes(99).hex()} for each in LAMPS]


def test_a_full_disk_leaves_no_backup_and_says_so(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    feed(sqlite_runtime, tmp_path, BRANDS)
    before, told = tables_of(sqlite_runtime), tmp_path / "told"
    # A limit on the size of a file stands for a disk that is full.
    code = apart.on_a_small_disk(sqlite_runtime.settings, 60_000, told, "backup", "--form", "portable")
    assert (code, "File too large" in told.read_text()) == (1, True), told.read_text()
    assert list((sqlite_runtime.settings.home / "backups").iterdir()) == []
    assert tables_of(sqlite_runtime) == before


@pytest.mark.parametrize("form", ["native", "portable"])
def test_a_disk_that_is_full_in_a_restore_leaves_all_as_it_was(
    sqlite_runtime: Runtime, tmp_path: Path, form: str
) -> None:
    empty = make(sqlite_runtime, form)
    feed(sqlite_runtime, tmp_path, BRANDS)
    full = make(sqlite_runtime, form)
    operations.restore_backup(sqlite_runtime, ROOT, empty.name, is_safe=False)
    before, told, there = tables_of(sqlite_runtime), tmp_path / "told", sqlite_runtime.settings.home / "mercat.db"
    for size in (there.stat().st_size // part for part in (24, 12, 3)):
        code = apart.on_a_small_disk(sqlite_runtime.settings, size, told, "restore", full.name, "--yes", "--no-safety")
        if not code:
            # What is to be written fits by now.
            break
        assert re.search(r"the database is as it was.* disk I/O error|File too large", told.read_text())
        assert tables_of(sqlite_runtime) == before
    assert size > there.stat().st_size // 24


def _wait_for_others(runtime: Runtime) -> None:
    """Until PostgreSQL has noticed that a client is gone: meanwhile tables that it made anew look empty to a snapshot."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    patience = time.monotonic() + 60
    while runtime.engine.dialect.name == "postgresql" and time.monotonic() < patience:
        with runtime.read() as unit:
            if unit.bulk.fetch(others) == [(0,)]:
                return


@pytest.mark.parametrize("form", ["native", "portable"])
def test_a_restore_that_is_killed_leaves_the_database_as_it_was_or_as_it_was_to_be(
    database: str, runtime: Runtime, tmp_path: Path, form: str
) -> None:
    backups = []
    for rows in (LAMPS, [{"sku": "B-1", "name": "Chair", "price": "9"}]):
        feed(runtime, tmp_path, rows)
        backups.append((tables_of(runtime), make(runtime, form).name))
    (first, lamps), (second, chair) = backups
    apart.restore(runtime.settings, lamps)
    took = apart.restore(runtime.settings, chair)
    dice, halves = random.Random(11), 0
    for _ in range(20 if database == "sqlite" or os.environ.get("MERCAT_TEST_WHOLE_KILLS") else 3):
        there = tables_of(runtime)
        assert there in (first, second)
        other = lamps if there == second else chair
        moment = dice.uniform(0, took)
        halves += apart.restore(runtime.settings, other, kill_after=moment) >= moment
        runtime.engine.dispose()
        _wait_for_others(runtime)
    assert halves > 0
    apart.restore(runtime.settings, lamps)
    assert tables_of(runtime) == first


def test_a_form_that_does_not_exist_is_refused(sqlite_runtime: Runtime) -> None:
    with pytest.raises(Invalid, match="one of auto, portable, native"):
        make(sqlite_runtime, "paper")
    assert making.FORMS[0] == "auto"
