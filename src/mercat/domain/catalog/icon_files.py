"""The file-based store of icons that an older system kept: a JSON file of metadata beside the pictures.

The file is a list of records, or an object of them by id, or either under ``icons``. A record names its category (one name,
or a path with " > ") and its picture, and may say how it was made; names are those of the older system's table. Pictures are
looked for below the folder only, whatever a record says.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from mercat.core.errors import Invalid, NotFound
from mercat.domain.catalog.tree import Names, clean_name, fault_of_path, join_path

METADATA = ("icons.json", "icon_metadata.json", "metadata.json", "icons_metadata.json")
_LARGEST_JSON = 64 * 1024 * 1024
_LARGEST_PICTURE = 32 * 1024 * 1024
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF8", "gif"),
    (b"RIFF", "webp"),
)
_SVG = re.compile(rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<svg[\s>]", re.DOTALL)
_STATUSES = {"active", "inactive", "failed"}


@dataclass(frozen=True)
class OldIcon:
    """A record that was understood: its category's names, its picture, and columns of ``icons`` that it states."""

    names: Names
    picture: Path
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BadIcon:
    """One that was not."""

    record: str
    reason: str


def metadata_in(folder: Path) -> Path | None:
    """The metadata file of a folder, if it has one."""
    return next((folder / name for name in METADATA if (folder / name).is_file()), None)


def read_old_icons(folder: Path) -> Iterator[OldIcon | BadIcon]:
    """Every record of a folder's metadata. Raises ``NotFound`` where there is no such file and ``Invalid`` for no JSON."""
    path = metadata_in(folder)
    if path is None:
        message = f"there is no icon metadata in {folder}: it is called {', '.join(METADATA)}"
        raise NotFound(message)
    if path.stat().st_size > _LARGEST_JSON:
        message = f"{path} is too large for icon metadata"
        raise Invalid(message)
    try:
        document = msgspec.json.decode(path.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        message = f"{path} is not JSON: {wrong}"
        raise Invalid(message) from wrong
    for name, record in _records(document, path):
        yield _understood(folder.resolve(), name, record)


def _records(document: Any, path: Path) -> list[tuple[str, Any]]:
    if isinstance(document, dict) and isinstance(document.get("icons"), list | dict):
        document = document["icons"]
    if isinstance(document, dict):
        return [(str(name), record) for name, record in document.items()]
    if isinstance(document, list):
        return [(str(place), record) for place, record in enumerate(document, 1)]
    message = f"{path} holds no list of icons"
    raise Invalid(message)


def _understood(folder: Path, name: str, record: Any) -> OldIcon | BadIcon:
    if not isinstance(record, dict):
        return BadIcon(name, "is no object")
    names = _category_of(record)
    if isinstance(names, str):
        return BadIcon(name, names)
    picture = _picture_of(folder, record)
    if picture is None:
        return BadIcon(name, "its picture is not below the folder")
    with picture.open("rb") as given:
        head = given.read(4_096)
    kind = _format_of(head)
    if kind is None or picture.stat().st_size > _LARGEST_PICTURE:
        return BadIcon(name, f"{picture.name} is no picture of at most {_LARGEST_PICTURE // 2**20} MB")
    return OldIcon(names, picture, {**_values_of(record), **_size_of(head, kind, record), "format": kind})


def _category_of(record: Mapping[str, Any]) -> Names | str:
    said = next((record[key] for key in ("category_path", "category_name", "category") if record.get(key)), None)
    if isinstance(said, dict):
        said = said.get("name")
    steps = said if isinstance(said, list) else str(said or "").split(" > ")
    names = tuple(clean_name(str(step)) for step in steps)
    if not said or not all(names):
        return "names no category"
    return fault_of_path(join_path(names)) or names


def _picture_of(folder: Path, record: Mapping[str, Any]) -> Path | None:
    """By its path as far as it lies below the folder, then by its last two parts, then by its name alone."""
    said = next((str(record[key]) for key in ("file_path", "path", "local_path", "filename") if record.get(key)), "")
    parts = [part for part in PurePosixPath(said.replace("\\", "/")).parts if part not in {"/", "..", "."}]
    for some in (parts, parts[-2:], parts[-1:]):
        path = folder.joinpath(*some).resolve()
        if some and path.is_relative_to(folder) and path.is_file():
            return path
    return None


def _format_of(head: bytes) -> str | None:
    found = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    return found or ("svg" if _SVG.match(head) else None)


def _size_of(head: bytes, kind: str, record: Mapping[str, Any]) -> dict[str, int | None]:
    """Of a PNG what it says itself (PNG specification, 11.2.2: IHDR comes first); else what the record says."""
    if kind == "png" and head[12:16] == b"IHDR":
        width, height = struct.unpack(">II", head[16:24])
        return {"width": width, "height": height}
    return {name: _whole(record.get(name)) for name in ("width", "height")}


def _whole(given: Any) -> int | None:
    return given if isinstance(given, int) and not isinstance(given, bool) and 0 < given < 100_000 else None


def _values_of(record: Mapping[str, Any]) -> dict[str, Any]:
    status = str(record.get("status") or "active")
    lengths = {"style": 50, "color": 50, "background": 20, "model": 50}
    return {
        "prompt": str(record["prompt"]) if record.get("prompt") else None,
        **{name: str(record[name])[:most] if record.get(name) else None for name, most in lengths.items()},
        "status": status if status in _STATUSES else "inactive",
        "generation_seconds": _amount(record.get("generation_time", record.get("generation_seconds"))),
        "generation_cost": _amount(record.get("generation_cost")),
        "created_by": str(record["created_by"])[:255] if record.get("created_by") else None,
    }


def _amount(given: Any) -> str | None:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    text = str(given)
    return text if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text) else None
