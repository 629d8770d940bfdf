"""Reading a location: a path on this machine or an address, with a pattern allowed in the last part."""

from __future__ import annotations

import glob
import hashlib
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import quote_from_bytes, unquote, unquote_to_bytes

from mercat.sdk.errors import Rejected
from mercat.sdk.redaction import redact, split_userinfo

PORTS = {"http": 80, "https": 443, "ftp": 21, "ftps": 21, "sftp": 22, "s3": 443}
MAX_LISTED = 100_000
"""More files than this in one folder is a mistake or an attack, not a feed."""

# What uploaders call a file that is still on its way: WinSCP, FileZilla and rsync wrappers, browsers, and ourselves.
_UNFINISHED = (".part", ".filepart", ".tmp", ".crdownload", ".part-of")


@dataclass(frozen=True)
class Place:
    """A location taken apart.

    ``path`` is what follows the authority as it was written, with escapes; on this machine (``scheme`` "file") the plain
    path. ``shown`` is safe to show.
    """

    scheme: str
    host: str
    port: int
    path: str
    shown: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """The address without credentials, for protocols that take it whole."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def parse(location: str) -> Place:
    """Take a location apart. Raises ``Rejected`` where it is no path and no address that can be fetched from."""
    shown = redact(location)
    if not location.strip():
        raise Rejected("the location is empty: give a path or an address")
    if any(ord(char) < 32 or ord(char) == 127 for char in location):
        raise Rejected(f"the location {shown!r} holds control characters: type it anew")
    scheme, mark, rest = location.partition("://")
    scheme = scheme.lower()
    if not mark:
        return Place("file", "", 0, location, shown)
    if scheme == "file":
        return Place("file", "", 0, unquote(rest.removeprefix("localhost")), shown)
    if scheme not in PORTS:
        raise Rejected(
            f"{shown}: {scheme}:// is not known; it can be a path, {', '.join(f'{name}://' for name in PORTS)}"
        )
    userinfo, rest = split_userinfo(rest)
    found = re.match(r"(\[[^\]/]*\]|[^:/?#\s]*)(?::(\d*))?(?=[/?#]|$)", rest)
    if found is None or not found[1]:
        raise Rejected(f"{shown}: no host can be read from it; it should look like {scheme}://host/folder/file")
    port = int(found[2]) if found[2] else PORTS[scheme]
    if not 0 < port < 65536:
        raise Rejected(f"{shown}: {port} is no port")
    user, colon, password = (userinfo or "").partition(":")
    return Place(
        scheme,
        found[1].strip("[]"),
        port,
        rest[found.end() :],
        shown,
        unquote(user) or None,
        unquote(password) if colon else None,
    )


def split(path: str) -> tuple[str, str | None]:
    """A written path as (folder, pattern), or (path, None) where its last part is no pattern.

    An escaped ``%2A`` is a plain star. Raises ``Rejected`` for a pattern before the last part.
    """
    folder, slash, last = path.rpartition("/")
    if glob.has_magic(folder):
        raise Rejected(f"{path}: a pattern is possible in the last part of a location only")
    if not glob.has_magic(last):
        return path, None
    pattern = re.sub(r"(?:%[0-9A-Fa-f]{2})+", lambda found: glob.escape(unquote(found[0])), last)
    return folder + slash, pattern


def wanted(name: str, pattern: str | None) -> bool:
    """Whether a name in a folder belongs to the feed: hidden and unfinished files do not, unless the pattern says so."""
    if pattern is None:
        return not name.startswith(".") and not name.lower().endswith(_UNFINISHED)
    if name.lower().endswith(_UNFINISHED) and not pattern.lower().endswith(_UNFINISHED):
        return False
    return fnmatchcase(name, pattern) and (not name.startswith(".") or pattern.startswith("."))


def decoded(raw: bytes) -> str:
    """A name as people read it: UTF-8, else the Windows code page that old servers write."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def to_bytes(written: str) -> bytes:
    """A written path as the bytes it stands for. Raises ``Rejected`` where an escape hides a control character."""
    raw = unquote_to_bytes(written)
    if re.search(rb"[\x00-\x1f\x7f]", raw):
        raise Rejected(f"{written}: the path holds control characters")
    return raw


def to_reference(path: bytes) -> str:
    """A path's bytes as plain text that survives any store and any encoding. ``to_bytes`` is the way back."""
    return quote_from_bytes(path, safe="/")


def local_name(name: str) -> str:
    """A name from elsewhere made safe as a name on this machine: no folders, no control characters, not too long.

    A name that had to be changed gets eight letters of its hash, so that two of them never fall together.
    """
    last = re.split(r"[/\\]", name)[-1]
    safe = re.sub(r'[\x00-\x1f\x7f<>:"|?*\ud800-\udfff]', "_", last).strip(" ").lstrip(".").rstrip(". ")
    while len(safe.encode()) > 180:
        safe = safe[1:]  # the end holds the kind of file
    if safe and safe == name:
        return safe
    mark = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{mark}-{safe}" if safe else f"{mark}-file"
