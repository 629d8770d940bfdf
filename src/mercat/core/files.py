"""Content-addressed files: each kept once, under its SHA-256, and never changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO

from mercat.core.errors import Invalid
from mercat.core.ids import new_id

_CHUNK = 1 << 20
_LONGEST_NAME = 200
# Two of these stay in the processor's cache.
_COMPARED = 1 << 18


@dataclass(frozen=True)
class KeptFile:
    """A file in the store: its hash, its size in bytes, and where it lies."""

    sha256: str
    size: int
    path: Path


class FileStore:
    """Files by hash below one folder. Safe beside other processes: a file appears whole or not at all."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path_of(self, sha256: str) -> Path:
        """Where a file of this hash lies, or would lie."""
        return self.root / sha256[:2] / sha256

    def every(self) -> Iterator[Path]:
        """The files that are kept, in the order of their hashes."""
        folders = sorted(each for each in self.root.glob("??") if each.is_dir())
        return (path for folder in folders for path in sorted(folder.iterdir()) if path.is_file())

    def keep(self, source: Path, *, likely: Sequence[str] = ()) -> KeptFile:
        """Copy a file in. A file that is already there is not written again. Raises ``OSError`` (disk full, unreadable).

        ``likely`` are hashes of files that it may well be: comparing bytes takes a third of the time of hashing them.
        """
        for sha256 in likely:
            target = self.path_of(sha256)
            if _same_bytes(source, target):
                return KeptFile(sha256, target.stat().st_size, target)
        return self._kept(source)

    def remove(self, sha256: str) -> None:
        """Take a file away for good. The caller knows that nobody needs it; one that is gone already is gone."""
        self.path_of(sha256).unlink(missing_ok=True)

    def _kept(self, source: Path) -> KeptFile:
        """Copied and hashed in one reading: a file that is none of the likely ones is nearly always a new one."""
        self.root.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.root, prefix=".keeping-")
        copy, digest, size = Path(name), hashlib.sha256(), 0
        try:
            with os.fdopen(handle, "wb") as out, source.open("rb") as given:
                while chunk := given.read(_CHUNK):
                    digest.update(chunk)
                    out.write(chunk)
                    size += len(chunk)
                target = self.path_of(digest.hexdigest())
                is_new = not (target.exists() and target.stat().st_size == size)
                if is_new:
                    os.fsync(out.fileno())
            if is_new:
                target.parent.mkdir(exist_ok=True)
                copy.replace(target)
        finally:
            copy.unlink(missing_ok=True)
        return KeptFile(target.name, size, target)


def _same_bytes(one: Path, other: Path) -> bool:
    """Whether two files hold the same; one that is not there holds nothing that another does."""
    if not other.exists() or one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as ours, other.open("rb") as theirs:
        while (chunk := ours.read(_COMPARED)) == theirs.read(_COMPARED):
            if not chunk:
                return True
    return False


def hash_file(paths: Iterable[Path]) -> tuple[str, int]:
    """SHA-256 and size in bytes of one file, or of several taken as one."""
    digest = hashlib.sha256()
    size = 0
    for path in paths:
        with path.open("rb") as given:
            while chunk := given.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    return digest.hexdigest(), size


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Write a file that appears whole or not at all: whatever goes wrong, what was there before is untouched.

    A link is followed. Raises ``Invalid`` where no ordinary file can be, and whatever ``OSError`` writing raises.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        message = f"{path} is there and is no ordinary file: give the name of a file to write"
        raise Invalid(message)
    if not target.parent.is_dir():
        message = f"there is no folder {target.parent}: make it first"
        raise Invalid(message)
    partial = target.with_name(f".{new_id().hex}.part")
    try:
        with partial.open("xb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        if target.exists():
            partial.chmod(target.stat().st_mode)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def safe_name(name: str) -> str:
    """The last part of a name, without what a file system or a log would stumble over."""
    last = PurePath(name.replace("\\", "/")).name
    kept = "".join(char for char in last if char.isprintable() and char not in ':*?"<>|').strip(". ")
    return kept[-_LONGEST_NAME:] or "upload"
