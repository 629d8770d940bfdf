# ruff: noqa: S321 — plain FTP is what suppliers offer; ftps:// is the encrypted form
"""Files on an FTP server, plain (``ftp://``) or over TLS (``ftps://``: asked for by AUTH TLS, from the start on port 990).

The standard library's client, because it is enough: a feed is fetched by one connection at a time. Names travel as
latin-1, which keeps every byte as it is, whatever encoding the server's names are in.
"""

from __future__ import annotations

import ftplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from socket import socket
from typing import Self

from mercat.core.border import refuse_open_unit
from mercat.sdk.addresses import connect
from mercat.sdk.errors import Rejected, Unauthorized, Unavailable
from mercat.sdk.fetch.location import MAX_LISTED, Place, decoded, split, to_bytes, to_reference, wanted
from mercat.sdk.fetch.remote import Download, FetchOptions, Look, RemoteFile, instant
from mercat.sdk.http import tls_context
from mercat.sdk.redaction import scrub

CHUNK = 256 * 1024
IMPLICIT_TLS_PORT = 990
_LISTING_BYTES = 64 * 1024 * 1024
_NOT_KNOWN = {"500", "501", "502", "503", "504"}  # RFC 959 section 4.2: the command, not the file, is refused


class _Secure(ftplib.FTP_TLS):
    """Data connections take over the control connection's TLS session.

    vsftpd and FileZilla Server insist on it by default, so that nobody else can slip in; the standard library does not
    offer it (bpo-19500).
    """

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket, int | None]:
        plain, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
        try:
            return self.context.wrap_socket(plain, server_hostname=self.host, session=session), size
        except BaseException:
            plain.close()
            raise


class Ftp:
    """A file, a folder, or a pattern. A path is counted from where the login leads; ``//`` begins at the root (RFC 1738)."""

    changes_unseen = True

    def __init__(self, place: Place, options: FetchOptions) -> None:
        self._place = place
        self._options = options
        self._ftp: ftplib.FTP = ftplib.FTP(encoding="latin-1")

    def __enter__(self) -> Self:
        refuse_open_unit()
        try:
            with _failures(self._place.shown):
                self._connect()
                self._log_in()
        except BaseException:
            self._ftp.close()
            raise
        return self

    def _connect(self) -> None:
        place, options = self._place, self._options
        sock = connect(place.host, place.port, timeout_s=options.timeout_s, allow_private=options.allow_private)
        try:
            if place.scheme == "ftps":
                context = tls_context(options.ca_file)
                self._ftp = _Secure(context=context, encoding="latin-1")
                if place.port == IMPLICIT_TLS_PORT:
                    sock = context.wrap_socket(sock, server_hostname=place.host)
        except BaseException:
            sock.close()
            raise
        # What FTP.connect does, but over the connection to the judged address. Passive data connections go to the
        # same peer: ftplib leaves the address in the server's PASV answer aside.
        ftp = self._ftp
        ftp.host, ftp.port, ftp.timeout = place.host, place.port, options.timeout_s
        ftp.sock, ftp.af = sock, sock.family
        ftp.file = sock.makefile("r", encoding=ftp.encoding)
        ftp.welcome = ftp.getresp()

    def _log_in(self) -> None:
        ftp, place, options = self._ftp, self._place, self._options
        if isinstance(ftp, _Secure) and not isinstance(ftp.sock, ssl.SSLSocket):
            try:
                ftp.auth()
            except ftplib.error_perm as error:
                raise Rejected(
                    f"{place.shown}: the server offers no TLS ({_said(error)}); "
                    "use ftp:// if its owner accepts that passwords travel in the clear"
                ) from error
        username = options.username if options.username is not None else place.username
        password = options.password if options.password is not None else place.password
        try:
            ftp.login(username or "anonymous", password or ("" if username else "anonymous@"))
        except (ftplib.error_perm, ftplib.error_reply) as error:
            wants_tls = not isinstance(ftp, _Secure) and re.search("TLS|SSL", str(error))
            mend = "use ftps://" if wants_tls else "check the user name and the password"
            raise Unauthorized(f"{place.shown}: the server refuses the login ({_said(error)}); {mend}") from error
        if isinstance(ftp, _Secure):
            ftp.prot_p()
        with suppress(ftplib.Error):
            ftp.sendcmd("OPTS UTF8 ON")  # Microsoft's server sends names in its code page otherwise
        ftp.voidcmd("TYPE I")

    def __exit__(self, *failure: object) -> None:
        if failure[0] is None:
            with suppress(*ftplib.all_errors):
                self._ftp.quit()
        self._ftp.close()

    def files(self) -> list[RemoteFile]:
        written = self._place.path.removeprefix("/")
        folder, pattern = split(written)
        path = to_bytes(folder)
        with _failures(self._place.shown):
            home = self._ftp.pwd()
            if path and not self._enter(path.decode("latin-1")):
                if pattern is not None or path.endswith(b"/"):
                    raise Rejected(f"there is no folder {folder} at {self._place.shown}")
                return [self._single(path)]
            base = path if not path or path.endswith(b"/") else path + b"/"
            found = self._by_mlsd(base, pattern)
            if found is None:
                found = self._by_nlst(base, pattern)
            self._ftp.cwd(home)
        return found

    def _enter(self, folder: str) -> bool:
        try:
            self._ftp.cwd(folder)
        except ftplib.error_perm as error:
            if _code(error) == "530":
                raise
            return False
        return True

    def _single(self, path: bytes) -> RemoteFile:
        size, changed = self._size(path), self._changed(path)
        return RemoteFile(decoded(path.rpartition(b"/")[2]), size, _instant(changed), to_reference(path))

    def _by_mlsd(self, base: bytes, pattern: str | None) -> list[RemoteFile] | None:
        """The folder entered, by the listing for machines (RFC 3659 section 7); None where the server knows none."""
        found = []
        try:
            for line in self._lines("MLSD"):
                facts_text, _, raw = line.partition(b" ")
                facts = dict(fact.partition("=")[::2] for fact in facts_text.decode("latin-1").lower().split(";"))
                name = decoded(raw)
                # A link is named by its target: "OS.unix=slink:/path".
                if facts.get("type", "").startswith(("file", "os.unix=slink", "os.unix=symlink")) and wanted(
                    name, pattern
                ):
                    size = int(facts["size"]) if facts.get("size", "").isdigit() else None
                    found.append(RemoteFile(name, size, _instant(facts.get("modify")), to_reference(base + raw)))
        except ftplib.error_perm as error:
            if _code(error) in _NOT_KNOWN:
                return None
            raise
        return found

    def _by_nlst(self, base: bytes, pattern: str | None) -> list[RemoteFile]:
        """The folder entered, by bare names, each asked for its size: folders have none."""
        try:
            names = [re.split(rb"[/\\]", line)[-1] for line in self._lines("NLST")]
        except ftplib.error_perm as error:
            if _code(error) == "550":  # what some servers say of an empty folder
                return []
            raise
        found = []
        for raw in names:
            if not wanted(decoded(raw), pattern):
                continue
            with suppress(Rejected):
                size = self._size(raw)
                found.append(RemoteFile(decoded(raw), size, _instant(self._changed(raw)), to_reference(base + raw)))
        return found

    def _lines(self, command: str) -> list[bytes]:
        listing = bytearray()
        for chunk in self._chunks(command, None):
            listing += chunk
            if len(listing) > _LISTING_BYTES:
                break
        lines = [line for line in bytes(listing).replace(b"\r\n", b"\n").split(b"\n") if line]
        if len(lines) > MAX_LISTED or len(listing) > _LISTING_BYTES:
            raise Rejected(f"{self._place.shown} lists more than {MAX_LISTED} files: name a smaller folder")
        return lines

    def _size(self, path: bytes) -> int | None:
        """None where the server does not tell sizes. Raises ``Rejected`` where there is no such file."""
        answer = self._asked("SIZE", path)
        return int(answer) if answer is not None and answer.isdigit() else None

    def _changed(self, path: bytes) -> str | None:
        """When the file changed, as the server writes it (YYYYMMDDHHMMSS in UTC, RFC 3659 section 3)."""
        return self._asked("MDTM", path)

    def _asked(self, command: str, path: bytes) -> str | None:
        try:
            return self._ftp.sendcmd(f"{command} {path.decode('latin-1')}")[3:].strip()
        except ftplib.error_perm as error:
            if _code(error) in _NOT_KNOWN:
                return None
            if _code(error) == "550":
                raise Rejected(f"there is no file {decoded(path)} at {self._place.shown}") from error
            raise

    def look(self, reference: str) -> Look:
        path = to_bytes(reference)
        with _failures(self._place.shown):
            size, changed = self._size(path), self._changed(path)
        if size is None:
            return Look(None, None, settles=False)
        return Look(size, None if changed is None else f"{size} {changed}")

    @contextmanager
    def download(self, reference: str, offset: int, version: str | None) -> Iterator[Download]:
        now = self.look(reference)
        if now.version is None or now.version != version or now.size is None or offset > now.size:
            offset = 0
        if offset == now.size:  # it had all arrived; an empty rest is refused by some servers
            yield Download(offset, now.size, now.version, iter(()))
            return
        if offset and not self._resumes(offset):
            offset = 0
        command = f"RETR {to_bytes(reference).decode('latin-1')}"

        def chunks() -> Iterator[bytes]:
            with _failures(self._place.shown):
                yield from self._chunks(command, offset or None)

        yield Download(offset, now.size, now.version, chunks())

    def _resumes(self, offset: int) -> bool:
        with _failures(self._place.shown):
            try:
                self._ftp.sendcmd(f"REST {offset}")
            except (ftplib.error_perm, ftplib.error_reply):
                return False
        return True

    def _chunks(self, command: str, offset: int | None) -> Iterator[bytes]:
        data, _ = self._ftp.ntransfercmd(command, offset)
        with data:
            while chunk := data.recv(CHUNK):
                yield chunk
            if isinstance(data, ssl.SSLSocket):
                with suppress(OSError):  # servers hang up without a good-bye; the reply below says whether all was sent
                    data.unwrap()
        self._ftp.voidresp()


def _instant(digits: str | None) -> str | None:
    """``20260131120000`` or ``20260131120000.123`` as an instant; None where it is no time."""
    try:
        return instant(datetime.strptime((digits or "")[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def _code(error: Exception) -> str:
    return str(error)[:3]


def _said(error: Exception) -> str:
    return scrub(str(error)).strip()[:200]


@contextmanager
def _failures(shown: str) -> Iterator[None]:
    try:
        yield
    except ftplib.error_perm as error:
        if _code(error) in {"530", "331", "332", "430"}:
            raise Unauthorized(f"{shown}: the server asks for another login ({_said(error)})") from error
        raise Rejected(f"{shown}: the server refuses ({_said(error)})") from error
    except ftplib.Error as error:  # 4xx: RFC 959 calls them transient; and answers that are none
        raise Unavailable(f"{shown}: the server says {_said(error)}") from error
    except ssl.SSLCertVerificationError as error:
        raise Unauthorized(
            f"{shown}: the server's certificate cannot be trusted ({error.verify_message}); if it is signed by your own "
            "authority, give that authority's certificate as ca_file"
        ) from error
    except (OSError, EOFError) as error:
        raise Unavailable(f"{shown}: the connection failed ({str(error) or type(error).__name__})") from error
