"""Content-addressed files: each kept once, under its SHA-256, and never changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mercat.core.errors import Invalid
from mercat.core.ids import new_id

_CHUNK = 1 << 20


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

    def keep(self, source: Path) -> KeptFile:
        """Copy a file in. A file that is already there is not written again. Raises ``OSError`` (disk full, unreadable)."""
        sha256, size = hash_file([source])
        target = self.path_of(sha256)
        if target.exists() and target.stat().st_size == size:
            return KeptFile(sha256, size, target)
        target.parent.mkdir(parents=True, exist_ok=True)
        return KeptFile(sha256, size, self._copy(source, target))

    def _copy(self, source: Path, target: Path) -> Path:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".keeping-")
        digest = hashlib.sha256()
        try:
            with os.fdopen(handle, "wb") as out, source.open("rb") as given:
                while chunk := given.read(_CHUNK):
                    digest.update(chunk)
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            _refuse_change(source, digest.hexdigest(), target.name)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return target


def _refuse_change(source: Path, copied: str, expected: str) -> None:
    if copied != expected:
        message = f"{source} changed while it was being copied"
        raise OSError(message)


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
