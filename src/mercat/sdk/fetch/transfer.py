"""Listing and fetching, whatever the protocol: wait until nobody writes the file, resume, try again, check, finish."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from mercat.sdk.errors import Rejected, Unavailable
from mercat.sdk.fetch.location import Place, local_name, parse
from mercat.sdk.fetch.pace import Pace, retrying
from mercat.sdk.fetch.partial import Partial
from mercat.sdk.fetch.remote import Download, FetchOptions, Look, RemoteFile, Source

MAX_LOOKS = 30
"""Looks at a growing file before it is left for a later run (a minute at the usual distance)."""

Progress = Callable[[int, int | None], None]
REAL = Pace()

# Loaded when first spoken: the SSH and S3 libraries take a tenth of a second each, and most merchants need neither.
_PROTOCOLS = {
    "file": ("mercat.sdk.fetch.local", "Local"),
    "http": ("mercat.sdk.fetch.web", "Web"),
    "https": ("mercat.sdk.fetch.web", "Web"),
    "ftp": ("mercat.sdk.fetch.ftp", "Ftp"),
    "ftps": ("mercat.sdk.fetch.ftp", "Ftp"),
    "sftp": ("mercat.sdk.fetch.sftp", "Sftp"),
    "s3": ("mercat.sdk.fetch.s3", "Bucket"),
}


class _Opener(Protocol):
    def __call__(self, place: Place, options: FetchOptions) -> Source: ...


def _source(place: Place, options: FetchOptions) -> Source:
    module, name = _PROTOCOLS[place.scheme]
    return cast("_Opener", getattr(import_module(module), name))(place, options)


def list_files(location: str, options: FetchOptions, *, pace: Pace = REAL) -> list[RemoteFile]:
    """The files at a location, oldest first, then by name. A plain file gives one.

    Hidden files and those that an uploader has not finished (``.part``, ``.filepart``, ``.tmp``) are left out. Raises
    ``Rejected`` where nothing matches or the location is wrong, ``Unauthorized``, and ``Unavailable`` or ``RateLimited``
    when all attempts are used up. Must not be called inside an open unit, except for local paths.
    """
    place = parse(location)

    def listed() -> list[RemoteFile]:
        with _source(place, options) as source:
            return source.files()

    files = retrying(listed, attempts=options.attempts, pace=pace)
    if not files:
        raise Rejected(f"no file matches {place.shown}: check the folder and the pattern")
    return sorted(files, key=lambda file: (file.modified or "", file.name))


def fetch(
    location: str,
    remote: RemoteFile,
    into: Path,
    options: FetchOptions,
    on_progress: Progress | None = None,
    *,
    pace: Pace = REAL,
) -> Path:
    """Bring one file into the folder ``into`` and give its path there, named by ``remote.name`` made safe.

    The file appears whole or not at all. What has arrived stays beside it as ``.part`` when a try fails, in this
    process or an earlier one, and is resumed if the place can say that the content is still the same. ``on_progress`` is
    told (bytes so far, bytes in all or None). One run at a time may fetch into a folder. Raises as ``list_files``, and ``Rejected`` for more than ``max_bytes``.
    """
    place = parse(location)
    into.mkdir(parents=True, exist_ok=True)
    partial = Partial(into / local_name(remote.name))

    def tried() -> Path | None:
        with _source(place, options) as source:
            transfer = _Transfer(source, remote, partial, options, on_progress)
            look = transfer.settled(pace)
            return None if look is None else transfer.receive(look)

    path = retrying(tried, attempts=options.attempts, pace=pace, progress=lambda: partial.got)
    if path is None:
        raise Unavailable(f"{remote.name} at {place.shown} is still being written: it is fetched on the next run")
    return path


class _Transfer:
    """One try at one file."""

    def __init__(
        self,
        source: Source,
        remote: RemoteFile,
        partial: Partial,
        options: FetchOptions,
        on_progress: Progress | None,
    ) -> None:
        self._source = source
        self._remote = remote
        self._partial = partial
        self._options = options
        self._on_progress = on_progress

    def settled(self, pace: Pace) -> Look | None:
        """The look that two in a row agreed on, or None where the file did not come to rest."""
        look = self._source.look(self._remote.reference)
        if not look.settles or self._options.settle_s <= 0:
            return look
        for _ in range(MAX_LOOKS):
            pace.sleep(self._options.settle_s)
            again = self._source.look(self._remote.reference)
            if again == look:
                return look
            look = again
        return None

    def receive(self, look: Look) -> Path:
        self._refuse_large(look.size)
        version = self._partial.version()
        with self._source.download(self._remote.reference, self._partial.got, version) as download:
            self._refuse_large(download.size)
            self._write(download)
        size = look.size if download.size is None else download.size
        got = self._partial.got
        if size is not None and got != size:
            if got > size:
                self._partial.discard()  # bytes of two versions, or a place that lies about sizes
            raise Unavailable(f"{self._remote.name}: {got} bytes arrived of {size}")
        if self._source.changes_unseen and self._source.look(self._remote.reference) != look:
            self._partial.discard()
            raise Unavailable(f"{self._remote.name} was changed while it was being read")
        return self._partial.finish()

    def _write(self, download: Download) -> None:
        got = download.offset
        with self._partial.receiving(download) as file:
            self._tell(got, download.size)
            for chunk in download.chunks:
                got += len(chunk)
                self._refuse_large(got)
                file.write(chunk)
                self._tell(got, download.size)

    def _tell(self, got: int, size: int | None) -> None:
        if self._on_progress is not None:
            self._on_progress(got, size)

    def _refuse_large(self, size: int | None) -> None:
        if size is not None and size > self._options.max_bytes:
            raise Rejected(
                f"{self._remote.name} has more than the {self._options.max_bytes} bytes that are allowed: raise max_bytes "
                "if it is right"
            )
