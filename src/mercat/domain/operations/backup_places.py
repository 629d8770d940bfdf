"""Where backups lie: a folder, or a bucket."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mercat.core.errors import Invalid, NotFound
from mercat.core.files import whole_file
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.sdk.fetch.location import parse
from mercat.sdk.fetch.remote import FetchOptions

if TYPE_CHECKING:
    from mercat.sdk.fetch.s3 import Bucket

ENDING = ".zip"
_ONLY_OURS = 0o700


@dataclass(frozen=True)
class Found:
    """A file that is there: its name, and its size in bytes if the place tells."""

    name: str
    size: int | None


class Place(Protocol):
    """Somewhere that backups are kept. ``shown`` is safe to show."""

    shown: str

    def put(self, path: Path, name: str) -> None:
        """Keep a file under this name, whole or not at all."""

    def files(self) -> list[Found]:
        """The backups there, by name."""

    def remove(self, name: str) -> None:
        """Take one away."""

    def local(self, name: str, folder: Path) -> AbstractContextManager[Path]:
        """The file here on disk; ``folder`` is where it may be brought. Raises ``NotFound``."""


class Folder:
    """A folder, made when the first backup comes; only its owner may look into it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shown = str(path)

    def make(self) -> Path:
        """Have it there."""
        self.path.mkdir(parents=True, exist_ok=True, mode=_ONLY_OURS)
        return self.path

    def put(self, path: Path, name: str) -> None:
        with path.open("rb") as given, whole_file(self.make() / name) as out:
            shutil.copyfileobj(given, out)

    def files(self) -> list[Found]:
        there = sorted(self.path.glob(f"*{ENDING}")) if self.path.is_dir() else []
        return [Found(each.name, each.stat().st_size) for each in there if each.is_file()]

    def remove(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)

    @contextmanager
    def local(self, name: str, folder: Path) -> Iterator[Path]:
        del folder
        path = self.path / name
        if not path.is_file():
            message = f"there is no backup {path}: `mercat db list-backups` shows those there are"
            raise NotFound(message)
        yield path


class S3Folder:
    """Keys of a bucket that begin alike. The key comes from ``MERCAT_BACKUP_S3_LOGIN``, or stands in the address."""

    def __init__(self, address: str, settings: Settings) -> None:
        self._place = parse(address.rstrip("/") + "/")
        self.shown = self._place.shown
        identity, _, secret = settings.backup_s3_login.partition(":")
        self._options = FetchOptions(
            username=identity or None,
            password=secret or None,
            s3_endpoint=settings.backup_s3_endpoint or None,
            s3_region=settings.backup_s3_region or None,
            allow_private=settings.http_allow_private,
        )

    def _bucket(self) -> Bucket:
        from mercat.sdk.fetch.s3 import Bucket  # noqa: PLC0415  # an HTTP client, which most processes never need

        return Bucket(self._place, self._options)

    def put(self, path: Path, name: str) -> None:
        self._bucket().upload(name, path)

    def files(self) -> list[Found]:
        there = sorted(self._bucket().files(), key=lambda each: each.name)
        return [Found(each.name, each.size) for each in there if each.name.endswith(ENDING)]

    def _reference(self, bucket: Bucket, name: str) -> str:
        for each in bucket.files():
            if each.name == name:
                return each.reference
        message = f"there is no backup {name} at {self.shown}: `mercat db list-backups --at` shows those there are"
        raise NotFound(message)

    def remove(self, name: str) -> None:
        bucket = self._bucket()
        bucket.remove(self._reference(bucket, name))

    @contextmanager
    def local(self, name: str, folder: Path) -> Iterator[Path]:
        bucket = self._bucket()
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".fetched-", suffix=ENDING) as out:
            with bucket.download(self._reference(bucket, name), 0, None) as download:
                for chunk in download.chunks:
                    out.write(chunk)
            out.flush()
            yield Path(out.name)


def home_of(runtime: Runtime) -> Folder:
    """Where backups go unless somebody says otherwise: ``backups`` in the home folder."""
    return Folder(runtime.settings.home / "backups")


def place_of(runtime: Runtime, at: str | None) -> Place:
    """A folder's path or an ``s3://`` address as a place. Raises ``Invalid`` for another kind of address."""
    if not at:
        return home_of(runtime)
    if at.startswith("s3://"):
        return S3Folder(at, runtime.settings)
    if "://" in at:
        message = f"backups go to a folder or to s3://bucket/folder, not to {at.partition('://')[0]}://"
        raise Invalid(message)
    return Folder(Path(at).expanduser())


@contextmanager
def on_disk(runtime: Runtime, reference: str) -> Iterator[tuple[Path, str]]:
    """A backup by its name, path or address: the file, and what it is called. Raises ``NotFound``."""
    folder, slash, name = reference.rpartition("/")
    place = place_of(runtime, (folder or "/") if slash else None)
    with place.local(name, home_of(runtime).make()) as path:
        yield path, name
