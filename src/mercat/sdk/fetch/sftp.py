"""Files on an SFTP server.

asyncssh and not paramiko: it asks for many blocks at once, so that a distant server is as fast as its line allows; it
takes a ready connection (ours goes to a judged address); and the tests and the sandbox use its server half. It is
asynchronous, so each connection drives its own event loop here; callers stay synchronous as the whole house is.
"""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self, TypeVar, cast

import asyncssh

from mercat.core.border import refuse_open_unit
from mercat.sdk.addresses import connect
from mercat.sdk.errors import Rejected, Unauthorized, Unavailable
from mercat.sdk.fetch.location import MAX_LISTED, Place, decoded, split, to_bytes, to_reference, wanted
from mercat.sdk.fetch.remote import Download, FetchOptions, Look, RemoteFile, instant
from mercat.sdk.redaction import scrub

CHUNK = 1024 * 1024
Answer = TypeVar("Answer")


class Sftp:
    """A file, a folder or a pattern. Paths begin at the root; ``/~/`` begins at the login's own folder, as in curl."""

    changes_unseen = True

    def __init__(self, place: Place, options: FetchOptions) -> None:
        self._place = place
        self._options = options
        self._loop = asyncio.Runner()
        self._host = _Host(options.host_fingerprint)

    def __enter__(self) -> Self:
        refuse_open_unit()
        try:
            with _failures(self._place, self._host):
                self._connection = self._run(self._log_in())
                self._files = self._run(_files(self._connection))
        except BaseException:
            self.__exit__(None)
            raise
        return self

    def __exit__(self, *failure: object) -> None:
        connection = getattr(self, "_connection", None)
        if connection is not None:
            connection.close()
            with suppress(Exception):
                self._run(connection.wait_closed())
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return self._loop.run(asyncio.wait_for(work, self._options.timeout_s))

    async def _log_in(self) -> asyncssh.SSHClientConnection:
        place, options = self._place, self._options
        username = options.username if options.username is not None else place.username
        password = options.password if options.password is not None else place.password
        if username is None:
            raise Rejected(f"{place.shown}: sftp needs a user name")
        keys = [_private_key(options)] if options.private_key else None
        known_hosts = _known_hosts(options)
        sock = connect(place.host, place.port, timeout_s=options.timeout_s, allow_private=options.allow_private)
        try:
            return await asyncssh.connect(
                place.host,
                place.port,
                sock=sock,
                client_factory=lambda: self._host,
                # Never None, which would trust every server; an empty list asks self._host about each key.
                known_hosts=known_hosts,
                username=username,
                password=password,
                client_keys=keys,
                # Nothing from this machine's own ssh: no configuration, agent, Kerberos, certificates.
                config=None,
                agent_path=None,
                gss_host=None,
                x509_trusted_certs=None,
                connect_timeout=options.timeout_s,
                login_timeout=options.timeout_s,
                keepalive_interval=options.timeout_s,
            )
        except BaseException:
            sock.close()
            raise

    def files(self) -> list[RemoteFile]:
        folder, pattern = split(self._place.path)
        path = _server_path(to_bytes(folder))
        with _failures(self._place, self._host):
            if pattern is not None:
                return self._run(self._listed(path, pattern))
            facts = self._run(self._files.stat(path))
            if _is_folder(facts):
                return self._run(self._listed(path, None))
            return [_described(path, path.rpartition(b"/")[2], facts)]

    async def _listed(self, folder: bytes, pattern: str | None) -> list[RemoteFile]:
        found: list[RemoteFile] = []
        seen = 0
        base = folder if folder.endswith(b"/") else folder + b"/"
        async for entry in self._files.scandir(folder):
            seen += 1
            if seen > MAX_LISTED:
                raise Rejected(f"{self._place.shown} lists more than {MAX_LISTED} files: name a smaller folder")
            raw = entry.filename if isinstance(entry.filename, bytes) else entry.filename.encode()
            if raw in {b".", b".."} or not wanted(decoded(raw), pattern):
                continue
            facts = entry.attrs
            if facts.permissions is None or stat.S_ISLNK(facts.permissions):
                with suppress(asyncssh.SFTPError):  # a link to nothing or to itself is no file
                    facts = await self._files.stat(base + raw)
            if _is_file(facts):
                found.append(_described(base + raw, raw, facts))
        return found

    def look(self, reference: str) -> Look:
        path = to_bytes(reference)
        with _failures(self._place, self._host):
            facts = self._run(self._files.stat(path))
        if not _is_file(facts):
            raise Rejected(f"{decoded(path)} at {self._place.shown} is not a regular file")
        if facts.size is None:
            return Look(None, None, settles=False)
        return Look(facts.size, None if facts.mtime is None else f"{facts.size} {facts.mtime}")

    @contextmanager
    def download(self, reference: str, offset: int, version: str | None) -> Iterator[Download]:
        now = self.look(reference)
        if now.version is None or now.version != version or now.size is None or offset > now.size:
            offset = 0

        def chunks() -> Iterator[bytes]:
            with _failures(self._place, self._host):
                file = self._run(_opened(self._files, to_bytes(reference)))
                at = offset
                # Bytes, as the file is opened without an encoding; asyncssh's annotation leaves it open.
                while chunk := cast("bytes", self._run(file.read(CHUNK, at))):
                    yield chunk
                    at += len(chunk)
                self._run(file.close())

        yield Download(offset, now.size, now.version, chunks())


class _Host(asyncssh.SSHClient):
    """Decides about a server's key that no known_hosts line vouches for: only a pinned fingerprint lets it in."""

    def __init__(self, pinned: str | None) -> None:
        self._pinned = pinned
        self.seen: str | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        del host, addr, port
        self.seen = key.get_fingerprint("sha256")
        return self._pinned is not None and _bare(self.seen) == _bare(self._pinned)


def _bare(fingerprint: str) -> str:
    return fingerprint.strip().removeprefix("SHA256:").rstrip("=")


async def _files(connection: asyncssh.SSHClientConnection) -> asyncssh.SFTPClient:
    return await connection.start_sftp_client(path_encoding=None)  # names stay the bytes they are


async def _opened(files: asyncssh.SFTPClient, path: bytes) -> asyncssh.SFTPClientFile:
    return await files.open(path, "rb", encoding=None)


def _known_hosts(options: FetchOptions) -> asyncssh.SSHKnownHosts:
    if options.known_hosts is None:
        return asyncssh.import_known_hosts("")
    try:
        return asyncssh.read_known_hosts(str(options.known_hosts))
    except (OSError, ValueError) as error:
        raise Rejected(f"the known_hosts file {options.known_hosts} cannot be used: {error}") from error


def _private_key(options: FetchOptions) -> asyncssh.SSHKey:
    try:
        return asyncssh.read_private_key(str(options.private_key), options.password)
    except (OSError, ValueError) as error:  # asyncssh's KeyImportError and KeyEncryptionError are ValueErrors
        raise Unauthorized(
            f"the private key {options.private_key} cannot be used: {error}; is the password its passphrase?"
        ) from error


def _server_path(path: bytes) -> bytes:
    if path.startswith(b"/~/"):
        return path[3:] or b"."
    return path or b"/"


def _is_folder(facts: asyncssh.SFTPAttrs) -> bool:
    return facts.type == asyncssh.FILEXFER_TYPE_DIRECTORY or (
        facts.permissions is not None and stat.S_ISDIR(facts.permissions)
    )


def _is_file(facts: asyncssh.SFTPAttrs) -> bool:
    if facts.permissions is not None and stat.S_IFMT(facts.permissions):
        return stat.S_ISREG(facts.permissions)
    return facts.type in {asyncssh.FILEXFER_TYPE_REGULAR, asyncssh.FILEXFER_TYPE_UNKNOWN}


def _described(path: bytes, raw: bytes, facts: asyncssh.SFTPAttrs) -> RemoteFile:
    changed = None if facts.mtime is None else instant(facts.mtime)
    return RemoteFile(decoded(raw), facts.size, changed, to_reference(path))


@contextmanager
def _failures(place: Place, host: _Host) -> Iterator[None]:
    shown = place.shown
    try:
        yield
    except asyncssh.HostKeyNotVerifiable as error:
        key = (
            f"shows the key {host.seen}, which is not the one to expect"
            if host.seen
            else f"has a key that {error.reason}"
        )
        raise Unauthorized(
            f"{shown}: the server {key}. Ask its owner for the fingerprint; if it is this one, pin it as host_fingerprint, "
            "or add the server's line to the known_hosts file. If it was pinned before, somebody may be in between",
            host=place.host,
            seen=host.seen,
        ) from error
    except asyncssh.PermissionDenied as error:
        raise Unauthorized(f"{shown}: the server refuses the login; check the user name, password or key") from error
    except asyncssh.KeyExchangeFailed as error:
        raise Rejected(f"{shown}: the server and we know no common cipher ({error.reason})") from error
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath) as error:
        raise Rejected(f"there is nothing at {shown}: check the path") from error
    except asyncssh.SFTPPermissionDenied as error:
        raise Unauthorized(f"{shown} may not be read with this login") from error
    except asyncssh.ChannelOpenError as error:
        raise Rejected(f"{shown}: the server lets us in but offers no sftp ({error.reason})") from error
    except TimeoutError as error:
        raise Unavailable(f"{shown} did not answer in time") from error
    except (asyncssh.Error, OSError) as error:
        raise Unavailable(f"{shown}: the connection failed ({scrub(str(error))[:200]})") from error
