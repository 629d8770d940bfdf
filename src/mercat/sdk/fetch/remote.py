"""What every protocol speaks in: a file over there, what a look at it told, and the bytes of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, Self

GIB = 1024**3


@dataclass(frozen=True)
class RemoteFile:
    """A file at a location. ``size`` in bytes and ``modified`` (ISO 8601, UTC) are None where the place does not tell.

    ``reference`` is what ``fetch`` needs beside the location; it holds no credentials and may be stored.
    """

    name: str
    size: int | None
    modified: str | None
    reference: str


@dataclass(frozen=True)
class FetchOptions:
    """How to get in, what to trust, and the bounds.

    ``username`` and ``password`` win over those in the location; for s3 they are the access key's id and secret, and
    without them requests are unsigned. ``password`` also opens an encrypted ``private_key``. ``known_hosts`` (an OpenSSH
    file) or ``host_fingerprint`` (``SHA256:…``) is what an sftp server is known by. ``ca_file`` (PEM) is trusted beside
    the usual authorities. ``allow_private`` lets connections go to loopback and private networks. ``max_bytes`` bounds
    one file, ``timeout_s`` each wait for an answer, ``attempts`` the tries without progress; ``settle_s`` lies between
    the two looks that must agree before a file is read (0 = do not wait).
    """

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    known_hosts: Path | None = None
    host_fingerprint: str | None = None
    private_key: Path | None = None
    ca_file: Path | None = None
    s3_endpoint: str | None = None
    s3_region: str | None = None
    allow_private: bool = False
    max_bytes: int = 20 * GIB
    timeout_s: float = 30
    attempts: int = 4
    settle_s: float = 2.0


@dataclass(frozen=True)
class Look:
    """What one look at a file told. Two equal looks, some time apart, mean that nobody is writing it.

    ``version`` changes when the content does (an ETag, or size and time); None where the place cannot tell, and then a
    partial file is never resumed. ``settles`` is False where waiting for two equal looks would be of no use.
    """

    size: int | None
    version: str | None
    settles: bool = True


@dataclass(frozen=True)
class Download:
    """An open download. ``offset`` is where it really begins, which is 0 where the place would not resume.

    ``size`` is the whole file's, ``version`` the content's that is being sent.
    """

    offset: int
    size: int | None
    version: str | None
    chunks: Iterator[bytes]


class Source(Protocol):
    """One place, spoken to by one protocol. Every method raises ``VendorError`` kinds only.

    ``changes_unseen``: a file can change here while it is being read, and only another look will tell.
    """

    @property
    def changes_unseen(self) -> bool: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *failure: object) -> None: ...

    def files(self) -> list[RemoteFile]:
        """The files at the place, in any order; empty where nothing matches."""

    def look(self, reference: str) -> Look:
        """Raises ``Rejected`` where the file is gone."""

    def download(self, reference: str, offset: int, version: str | None) -> AbstractContextManager[Download]:
        """The bytes from ``offset`` on, if the content is still ``version``; else from the beginning."""


def instant(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC, of one width, so that sorting as text is sorting by time."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
