"""Files on this machine, or on a share that is mounted here."""

from __future__ import annotations

import errno
import glob
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from mercat.sdk.errors import Rejected, Unauthorized, Unavailable
from mercat.sdk.fetch.location import Place, wanted
from mercat.sdk.fetch.remote import Download, FetchOptions, Look, RemoteFile, instant

CHUNK = 1024 * 1024


class Local:
    """A file, a folder or a pattern. Links are followed to regular files; a circle of links is refused by the system."""

    changes_unseen = True

    def __init__(self, place: Place, options: FetchOptions) -> None:
        del options  # nothing to log in to
        self._path = Path(place.path).expanduser()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        pass

    def files(self) -> list[RemoteFile]:
        # A name that exists as it stands is no pattern: "prices [old].csv" is a file like any other.
        if os.path.lexists(self._path):
            facts = _facts(self._path)
            if stat.S_ISDIR(facts.st_mode):
                return self._listed(self._path, None)
            return [_described(self._path, _regular(self._path, facts))]
        if not glob.has_magic(self._path.name):
            raise Rejected(f"there is no file or folder {self._path}")
        if glob.has_magic(str(self._path.parent)) and not self._path.parent.is_dir():
            raise Rejected(f"{self._path}: a pattern is possible in the last part of a location only")
        return self._listed(self._path.parent, self._path.name)

    def _listed(self, folder: Path, pattern: str | None) -> list[RemoteFile]:
        found = []
        with _failures(folder), os.scandir(folder) as entries:
            for entry in entries:
                if not wanted(entry.name, pattern):
                    continue
                try:
                    facts = entry.stat()
                except OSError as error:
                    if error.errno in {errno.ENOENT, errno.ELOOP}:
                        continue  # a link to nothing or to itself is no file; the folder's other files still count
                    raise
                if stat.S_ISREG(facts.st_mode):
                    found.append(_described(Path(entry.path), facts))
        return found

    def look(self, reference: str) -> Look:
        path = Path(reference)
        facts = _regular(path, _facts(path))
        return Look(facts.st_size, f"{facts.st_size} {facts.st_mtime_ns} {facts.st_ino}")

    @contextmanager
    def download(self, reference: str, offset: int, version: str | None) -> Iterator[Download]:
        now = self.look(reference)
        if now.version != version or offset > (now.size or 0):
            offset = 0
        with _failures(Path(reference)):
            file = Path(reference).open("rb")  # noqa: SIM115 — closed below; here its errors get their names
        with file:
            file.seek(offset)

            def chunks() -> Iterator[bytes]:
                with _failures(Path(reference)):
                    while chunk := file.read(CHUNK):
                        yield chunk

            yield Download(offset, now.size, now.version, chunks())


def _described(path: Path, facts: os.stat_result) -> RemoteFile:
    return RemoteFile(path.name, facts.st_size, instant(facts.st_mtime), str(path.absolute()))


def _facts(path: Path) -> os.stat_result:
    with _failures(path):
        return path.stat()


def _regular(path: Path, facts: os.stat_result) -> os.stat_result:
    """A pipe or a device would be read for ever."""
    if not stat.S_ISREG(facts.st_mode):
        raise Rejected(f"{path} is not a regular file")
    return facts


@contextmanager
def _failures(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Rejected(f"there is no file or folder {path}") from error
    except PermissionError as error:
        raise Unauthorized(f"{path} may not be read by this user: change its permissions") from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Rejected(f"{path} is a link that leads back to itself") from error
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error
