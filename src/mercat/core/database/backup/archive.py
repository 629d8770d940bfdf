"""The file of a backup: a zip with a manifest, the database, and the kept files under their hashes.

The manifest is written last and read first. It names every entry with its size and SHA-256, and every table with its rows
and their hash; a file that was cut off has no manifest at all.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Self

import msgspec

from mercat.core.errors import Conflict, Invalid

MANIFEST = "manifest.json"
FILES = "files/"
PORTABLE = "portable"
FORMAT = 1
_CHUNK = 1 << 20
# The lowest level takes half of what the usual one gains, in a third of its time.
_LEVEL = 1


class TableEntry(msgspec.Struct, frozen=True):
    """A table: how many rows, the SHA-256 of their lines where they were read, and its columns as (name, kind)."""

    name: str
    rows: int
    sha256: str | None = None
    columns: tuple[tuple[str, str], ...] = ()
    key: tuple[str, ...] = ()


class Entry(msgspec.Struct, frozen=True):
    """A part of the file: its size in bytes and SHA-256, before compression."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, kw_only=True):
    """What a backup is. ``form`` is ``portable``, or the database whose own form it is; ``created_at`` is in UTC."""

    format: int = FORMAT
    form: str
    dialect: str
    mercat: str
    revision: str
    created_at: str
    description: str = ""
    tables: list[TableEntry] = []
    entries: list[Entry] = []

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(each.rows for each in self.tables)


class _Counted(io.RawIOBase):
    """Counts and hashes what is written through it."""

    def __init__(self, into: IO[bytes]) -> None:
        self._into = into
        self.size = 0
        self._digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._into.write(data)
        self.size += len(data)
        self._digest.update(data)
        return len(data)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


class ArchiveWriter:
    """A backup that is being written. The manifest comes at the end of its block, if all went well."""

    def __init__(self, out: IO[bytes], manifest: Manifest) -> None:
        self._zip = zipfile.ZipFile(out, "w", allowZip64=True)
        self.manifest = manifest

    @contextmanager
    def entry(self, name: str, *, compress: bool = True) -> Iterator[IO[bytes]]:
        """Write a part; it is noted in the manifest when the block ends."""
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        if compress:
            info._compresslevel = _LEVEL  # type: ignore[attr-defined]  # noqa: SLF001  # no public name before Python 3.13
        info.external_attr = 0o600 << 16
        with self._zip.open(info, "w", force_zip64=True) as into:
            counted = _Counted(into)
            yield counted  # type: ignore[misc]  # a raw stream is what its users write to
        self.manifest.entries.append(Entry(name, counted.size, counted.sha256))

    def add(self, name: str, path: Path, *, compress: bool = True) -> None:
        """Copy a file in."""
        with path.open("rb") as given, self.entry(name, compress=compress) as into:
            while chunk := given.read(_CHUNK):
                into.write(chunk)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *failure: object) -> None:
        if kind is None:
            self._zip.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(self.manifest)))
        else:
            # Nothing more is written: what is there has no end, and is no archive.
            self._zip._didModify = False  # type: ignore[attr-defined]  # noqa: SLF001  # no public way to give a zip up
        self._zip.close()


class Archive:
    """A backup that is read. Raises ``Conflict`` where it is torn or changed, in words that name the file."""

    def __init__(self, file: IO[bytes] | Path, shown: str) -> None:
        self.shown = shown
        try:
            self._zip = zipfile.ZipFile(file)
            self.manifest = msgspec.json.decode(self._zip.read(MANIFEST), type=Manifest)
        except (FileNotFoundError, PermissionError):
            raise
        except Exception as torn:
            message = f"{shown} is no whole backup: it was cut off or is something else; take another one"
            raise Conflict(message) from torn
        if self.manifest.format != FORMAT:
            message = f"{shown} is of the format {self.manifest.format}, which a newer Mercat wrote: use that one"
            raise Invalid(message)

    def close(self) -> None:
        """Let the file go."""
        self._zip.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def chunks(self, name: str) -> Iterator[bytes]:
        """A part's bytes, some at a time; what was changed in it shows at its end, by zip's own sum."""
        try:
            with self._zip.open(name) as given:
                while chunk := given.read(_CHUNK):
                    yield chunk
        except OSError:
            raise
        except Exception as damaged:
            # Bytes that were changed make zipfile raise a dozen things. What the reader of the chunks raises does not pass here.
            raise self._damaged(name) from damaged

    def extract(self, name: str, to: Path) -> None:
        """Copy a part out."""
        with to.open("wb") as out:
            for chunk in self.chunks(name):
                out.write(chunk)

    @property
    def files(self) -> dict[str, str]:
        """The kept files in it: hash → name of the part."""
        return {
            each.name.removeprefix(FILES): each.name for each in self.manifest.entries if each.name.startswith(FILES)
        }

    def check(self, advance: Callable[[int], None] = lambda _bytes: None) -> None:
        """Read every part and compare it with the manifest. Raises ``Conflict`` naming the one that differs."""
        known: Mapping[str, Any] = {each.filename: each for each in self._zip.infolist()}
        for entry in self.manifest.entries:
            if entry.name not in known:
                raise self._damaged(entry.name)
            if self._sum(entry.name, advance) != (entry.size, entry.sha256):
                raise self._damaged(entry.name)
            if entry.name.startswith(FILES) and entry.name.removeprefix(FILES) != entry.sha256:
                raise self._damaged(entry.name)

    def _sum(self, name: str, advance: Callable[[int], None]) -> tuple[int, str]:
        digest, size = hashlib.sha256(), 0
        for chunk in self.chunks(name):
            digest.update(chunk)
            size += len(chunk)
            advance(len(chunk))
        return size, digest.hexdigest()

    def _damaged(self, name: str) -> Conflict:
        message = f"{self.shown} is damaged in {name}: it does not hold what its manifest says; take another backup"
        return Conflict(message, entry=name)
