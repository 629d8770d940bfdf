"""Fetching: how a feed gets at its files, and which of them are new."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from pydantic import BaseModel, Field, ValidationError

from mercat.core.errors import Invalid
from mercat.core.files import FileStore, KeptFile
from mercat.sdk.checking import faults_of
from mercat.sdk.fetch import FetchOptions, RemoteFile, fetch
from mercat.sdk.redaction import HIDDEN, redact

_LONGEST_PASSWORD = 10_000
# A local file that nobody has written for so long is not being written.
_AT_REST = dt.timedelta(minutes=1)
_KNOWN = "known.json"
# Stands in a location for the password, which is put there when the feed runs.
PLACEHOLDER = "{password}"

Progress = Callable[[str, int, int | None], None]


class FetchRules(BaseModel, extra="forbid", frozen=True):
    """How to get in and what to trust. Passwords stand in a file of their own, which is read when the feed runs."""

    username: str | None = None
    password_file: Path | None = None
    known_hosts: Path | None = None
    host_fingerprint: str | None = None
    private_key: Path | None = None
    ca_file: Path | None = None
    s3_endpoint: str | None = None
    s3_region: str | None = None
    max_bytes: int = Field(default=FetchOptions.max_bytes, gt=0)
    timeout_s: float = Field(default=FetchOptions.timeout_s, gt=0)
    attempts: int = Field(default=FetchOptions.attempts, gt=0)
    settle_s: float = Field(default=FetchOptions.settle_s, ge=0)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> FetchRules:
        """Raises ``Invalid`` naming what is unknown or does not fit."""
        try:
            return cls.model_validate(dict(given))
        except ValidationError as wrong:
            message = (
                f"the settings for fetching do not fit: {faults_of(wrong)}; there are {', '.join(cls.model_fields)}"
            )
            raise Invalid(message) from wrong

    def options(self, *, allow_private: bool, password: str | None = None) -> FetchOptions:
        """Ready for a run; ``password`` where no file holds one. Raises ``Invalid`` where the file cannot be read."""
        given = self.model_dump(exclude={"password_file"})
        kept = self._password()
        return FetchOptions(**given, password=password if kept is None else kept, allow_private=allow_private)

    def _password(self) -> str | None:
        if self.password_file is None:
            return None
        try:
            with self.password_file.expanduser().open(encoding="utf-8") as file:
                return file.read(_LONGEST_PASSWORD).rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as failed:
            message = f"the password cannot be read from {self.password_file}: {failed}"
            raise Invalid(message) from failed


# Rules that name a file of this machine.
PATHS_OF_FETCHING = ("password_file", "known_hosts", "private_key", "ca_file")


def refuse_secrets(location: str, variable: str) -> None:
    """Raises ``Invalid`` for a location that holds a password or a token: it is kept, and shown in process lists."""
    if redact(location).count(HIDDEN) > location.count(PLACEHOLDER):
        message = (
            f"{redact(location)}: a location is kept as it is written, so no password or token may stand in it: write "
            f"{PLACEHOLDER} in its place, and give the password by --fetch password_file=PATH or in {variable}"
        )
        raise Invalid(message)
    if "://" in location and PLACEHOLDER in redact(location):
        message = (
            f"{location}: {PLACEHOLDER} stands where it would be shown; a query's names for secrets are like token="
        )
        raise Invalid(message)


def filled_in(location: str, password: str | None, variable: str) -> str:
    """The location with the password in its place. Raises ``Invalid`` where none is given."""
    if "://" not in location or PLACEHOLDER not in location:
        return location
    if password is None:
        message = f"{location} needs a password: set {variable}, or add the feed with --fetch password_file=PATH"
        raise Invalid(message)
    return location.replace(PLACEHOLDER, quote(password, safe=""))


class Inbox:
    """The folder where one feed's files arrive; each goes on to the kept files under its hash.

    A file whose name, size and time are those of one that arrived before is taken for the same and not brought again:
    what the place does not tell of is always brought. Forgetting the folder costs a download, nothing else.
    """

    def __init__(self, folder: Path, files: FileStore, location: str, options: FetchOptions) -> None:
        self.folder = folder
        self.files = files
        self.location = location
        self.options = options
        self._known = self._load()

    def known_hash(self, remote: RemoteFile) -> str | None:
        """The hash that this very file had when it arrived, or ``None`` where that cannot be told."""
        mark = _mark(remote)
        sha256 = self._known.get(mark) if mark else None
        return sha256 if sha256 is not None and self.files.path_of(sha256).exists() else None

    def bring(self, remote: RemoteFile, now: dt.datetime, progress: Progress) -> KeptFile:
        """Fetch one file and keep it."""
        options = self.options
        if "://" not in self.location and _is_at_rest(remote, now):
            options = replace(options, settle_s=0)
        arrived = fetch(
            self.location,
            remote,
            self.folder,
            options,
            lambda got, size: progress(f"fetching {remote.name}, bytes", got, size),
        )
        kept = self.files.keep(arrived)
        arrived.unlink()
        if mark := _mark(remote):
            self._known[mark] = kept.sha256
            self._save()
        return kept

    def kept(self, sha256: str) -> Path:
        """Where a file that arrived before lies."""
        return self.files.path_of(sha256)

    def _load(self) -> dict[str, str]:
        try:
            return msgspec.json.decode((self.folder / _KNOWN).read_bytes(), type=dict[str, str])
        except (OSError, msgspec.DecodeError):
            return {}

    def _save(self) -> None:
        fresh = self.folder / f"{_KNOWN}.part"
        fresh.write_bytes(msgspec.json.encode(self._known))
        fresh.replace(self.folder / _KNOWN)


def _mark(remote: RemoteFile) -> str | None:
    if remote.size is None or remote.modified is None:
        return None
    return f"{remote.reference}|{remote.size}|{remote.modified}"


def _is_at_rest(remote: RemoteFile, now: dt.datetime) -> bool:
    return remote.modified is not None and now - dt.datetime.fromisoformat(remote.modified) > _AT_REST
