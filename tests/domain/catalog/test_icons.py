"""An older store of icons is taken in once: rows and kept files, duplicates told, hostile paths refused."""

import json
import struct
import zlib
from pathlib import Path

import pytest

from mercat.core.actor import Actor
from mercat.core.errors import Invalid, NotFound
from mercat.core.unit import Runtime
from mercat.database import Icon
from mercat.domain import register_data_steps
from mercat.domain.catalog import service as catalog
from mercat.domain.operations import service as operations

ROOT = Actor("user", "root")


def png(width: int, height: int, colour: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\0" + bytes([colour]) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def old_store(folder: Path) -> Path:
    (folder / "Desk").mkdir(parents=True)
    (folder / "Desk" / "desk_1.png").write_bytes(png(8, 4, 1))
    (folder / "paper.png").write_bytes(png(2, 2, 9))
    (folder.parent / "secret.png").write_bytes(png(1, 1, 3))
    (folder / "text.png").write_text("no picture")
    records = [
        {"category": "Desk", "file_path": "data/generated_icons/Desk/desk_1.png", "prompt": "A desk", "style": "flat",
         "generation_time": 3.5, "generation_cost": 0.04, "status": "active", "created_by": "ann"},
        {"category_name": "Paper > Copy Paper", "filename": "paper.png", "width": 999},
        {"category": "Paper", "filename": "paper.png"},
        {"category": "Desk", "file_path": "../secret.png"},
        {"category": "Desk", "filename": "text.png"},
        {"filename": "paper.png"},
        "nothing",
    ]  # fmt: skip
    (folder / "icons.json").write_text(json.dumps({"icons": records}))
    return folder


def test_an_old_store_is_taken_in_and_the_same_again_changes_nothing(runtime: Runtime, tmp_path: Path) -> None:
    folder = old_store(tmp_path / "old")
    done = catalog.migrate_icons(runtime, ROOT, folder)
    assert (done.records, done.migrated, done.already, done.categories_created) == (7, 3, 0, 3)
    assert [each["as"] for each in done.duplicates] == ["Paper > Copy Paper"]
    assert [each["reason"] for each in done.rejected] == [
        "its picture is not below the folder",
        "text.png is no picture of at most 32 MB",
        "names no category",
        "is no object",
    ]
    with runtime.read() as unit:
        desk = unit.session.query(Icon).filter_by(prompt="A desk").one()
        assert (desk.width, desk.height, desk.format, desk.style, desk.created_by) == (8, 4, "png", "flat", "ann")
        assert (str(desk.generation_cost), desk.status) == ("0.0400", "active")
        assert runtime.files.path_of(desk.file_hash or "").read_bytes() == png(8, 4, 1)
    again = catalog.migrate_icons(runtime, ROOT, folder)
    assert (again.migrated, again.already, again.categories_created) == (0, 3, 0)


def test_it_happens_by_itself_once_when_the_old_store_is_found(sqlite_runtime: Runtime) -> None:
    register_data_steps()
    assert operations.run_data_steps(sqlite_runtime, ROOT) == {"catalog.old-icons": 0}
    old_store(sqlite_runtime.settings.home / "generated_icons")
    assert operations.run_data_steps(sqlite_runtime, ROOT) == {"catalog.old-icons": 3}
    assert operations.run_data_steps(sqlite_runtime, ROOT) == {}


@pytest.mark.parametrize(("body", "kind"), [(None, NotFound), ("{", Invalid), ("7", Invalid)])
def test_a_folder_without_metadata_is_refused(
    sqlite_runtime: Runtime, tmp_path: Path, body: str | None, kind: type[Exception]
) -> None:
    if body is not None:
        (tmp_path / "icons.json").write_text(body)
    with pytest.raises(kind):
        catalog.migrate_icons(sqlite_runtime, ROOT, tmp_path)
