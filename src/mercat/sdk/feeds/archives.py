"""Archives: what is inside, without ever writing under a name that an archive gave us.

Packed files expand as streams; a zip inside something else is first spooled to an unnamed temporary file, because zips
are read from their end. Limits hold for all members of a file together.
"""

from __future__ import annotations

import bz2
import fnmatch
import gzip
import lzma
import re
import shutil
import struct
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, cast

from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds.options import MIB, ReadLimits, ReadOptions
from mercat.sdk.feeds.streams import Gauge, buffered
from mercat.sdk.roles import FeedFile

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Everything that the standard library's readers were seen to raise over damaged archives.
TORN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    ValueError,
    OverflowError,
    OSError,
    KeyError,
    IndexError,
)
MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x06\x06", "zip"),
    (b"PK00PK", "zip"),
    (b"\x1f\x8b", "gz"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
)
UNPACK: dict[str, Callable[[BinaryIO], BinaryIO]] = {
    "gz": lambda source: cast("BinaryIO", gzip.GzipFile(fileobj=source, mode="rb")),
    "bz2": lambda source: cast("BinaryIO", bz2.BZ2File(source)),
    "xz": lambda source: cast("BinaryIO", lzma.LZMAFile(source)),  # noqa: SIM115 - handed to the caller
}
SUFFIXES = {"gz": (".gz", ".gzip", ".z"), "bz2": (".bz2",), "xz": (".xz",)}
ZIP_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
JUNK = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|\._|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
RATIO_JUDGED_FROM = 10 * MIB
ENCRYPTED = 0x1


@dataclass(frozen=True)
class Member:
    """One readable file: itself, or a part of an archive.

    ``name`` is a path through the archives, never a place on disk; ``size`` is the expanded size in bytes if it is
    known; ``path`` is set where the bytes lie on disk as they are.
    """

    name: str
    size: int | None
    opener: Callable[[], BinaryIO] = field(repr=False, compare=False)
    path: Path | None = field(default=None, repr=False, compare=False)
    limits: ReadLimits = field(default_factory=ReadLimits, repr=False, compare=False)

    def open(self) -> BinaryIO:
        """A fresh stream of the expanded bytes. Reading raises ``Unreadable`` at a torn place or over a limit."""
        return self.opener()


class _Ledger:
    """What has been expanded so far. A member read twice is counted once."""

    def __init__(self, limits: ReadLimits) -> None:
        self.limits = limits
        self.members = 0
        self._total = 0
        self._seen: dict[str, int] = {}

    def watch(self, name: str, packed: int) -> Callable[[int], None]:
        """A check for one member, called with the number of bytes expanded from ``packed`` bytes."""

        def check(expanded: int) -> None:
            if expanded > RATIO_JUDGED_FROM and expanded > packed * self.limits.max_ratio:
                raise Unreadable(
                    f"{name} unpacks to more than {self.limits.max_ratio} times its size: it looks like a bomb; "
                    "if the supplier vouches for it, unpack it yourself and give the plain file",
                    member=name,
                )
            grown = expanded - self._seen.get(name, 0)
            if grown > 0:
                self._seen[name] = expanded
                self._total += grown
            if self._total > self.limits.max_expanded_bytes:
                raise Unreadable(
                    f"{name} unpacks to more than {self.limits.max_expanded_bytes:,} bytes in all; split the archive",
                    member=name,
                )

        return check

    def count(self, name: str) -> None:
        self.members += 1
        if self.members > self.limits.max_members:
            raise Unreadable(
                f"{name} holds more than {self.limits.max_members:,} files; send fewer, larger files", member=name
            )


@contextmanager
def _torn(name: str, kind: str) -> Iterator[None]:
    try:
        yield
    except TORN as error:
        raise Unreadable(
            f"{name} cannot be read as {kind} ({str(error) or type(error).__name__}); "
            "it is damaged or was cut short: fetch it again, or ask the supplier to pack it anew",
            member=name,
        ) from error


class _Source(Gauge):
    """A packed stream whose errors name the member. ``size``: what it must come to, where the archive says so."""

    def __init__(
        self, source: BinaryIO, name: str, kind: str, watch: Callable[[int], None], size: int | None = None
    ) -> None:
        super().__init__(source, name, watch=watch)
        self._kind = kind
        self._size = size

    def readinto(self, buffer: WriteableBuffer) -> int:
        with _torn(self._name, self._kind):
            got = super().readinto(buffer)
            # zipfile lets a stream end early as long as its checksum is right.
            if not got and self._size is not None and self.total != self._size:
                raise EOFError(f"{self.total:,} bytes instead of {self._size:,}")
            return got


class _Chained(_Source):
    """Also closes what lies below: gzip and its kin leave a file object open that they were given."""

    def __init__(self, source: BinaryIO, below: BinaryIO, name: str, kind: str, watch: Callable[[int], None]) -> None:
        super().__init__(source, name, kind, watch)
        self._below = below

    def close(self) -> None:
        super().close()
        self._below.close()


def archive_kind(head: bytes) -> str | None:
    """Which of our archive kinds starts with these bytes."""
    return next((kind for magic, kind in MAGIC if head.startswith(magic)), None)


def workbook_kind(names: set[str]) -> str | None:
    """Whether these names in a zip make it a workbook: "xlsx" (also xlsm and xlsb), "ods", or None."""
    names = {name.replace("\\", "/") for name in names}
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return "xlsx"
    if "mimetype" in names and "content.xml" in names:
        return "ods"
    return None


def head_of(member: Member, size: int = 8) -> bytes:
    """The first bytes of a member."""
    with member.open() as stream:
        return stream.read(size)


def spool(member: Member) -> BinaryIO:
    """The expanded bytes in a seekable file: the file itself, or an unnamed temporary copy that goes when closed."""
    if member.path is not None:
        return member.path.open("rb")
    copy = tempfile.TemporaryFile(prefix="mercat-")  # noqa: SIM115 - handed to the caller
    try:
        with member.open() as stream:
            shutil.copyfileobj(stream, copy, MIB)
    except BaseException:
        copy.close()
        raise
    copy.seek(0)
    return cast("BinaryIO", copy)


def zip_names(member: Member) -> set[str]:
    """The names inside a zip. Raises ``Unreadable`` if it is damaged."""
    with spool(member) as file, _torn(member.name, "zip"), zipfile.ZipFile(file) as packed:
        return set(packed.namelist())


def harmless(name: str) -> str:
    """A name from an archive as one to show and to match: no root, no drive, no way up, no control characters."""
    parts = re.sub(r"[\x00-\x1f\x7f]", "?", name).replace("\\", "/").split("/")
    kept = [part for part in parts if part not in {"", ".", ".."} and not re.fullmatch(r"[A-Za-z]:", part)]
    return "/".join(kept) or "nameless"


def open_members(file: FeedFile, options: ReadOptions | None = None) -> Iterator[Member]:
    """The readable files in ``file``: itself, or what its archives hold, nested ones too; junk is left out.

    Raises ``Unreadable`` (naming the member and the mend) for damaged or encrypted archives, bombs, too many or too
    deeply nested members, and where ``options.members`` fits nothing. Nothing is ever written outside a temporary file.
    """
    options = options or ReadOptions()
    ledger = _Ledger(options.limits)
    try:
        size = file.path.stat().st_size
    except OSError as error:
        raise Unreadable(
            f"{file.name} cannot be opened ({error.strerror}); check the path", member=file.name
        ) from error
    top = Member(file.name, size, lambda: file.path.open("rb"), file.path, options.limits)
    if archive_kind(head_of(top)) is None:
        yield top
        return
    seen: list[str] = []
    found = False
    for member in _expand(top, 0, ledger):
        if member is top or _wanted(member, file.name, options.members):
            found = True
            yield _readable(member)
        else:
            seen.append(member.name)
    if not found:
        raise Unreadable(_nothing(file.name, options.members, seen), member=file.name)


def _nothing(name: str, pattern: str | None, seen: list[str]) -> str:
    if pattern is None:
        return f"{name} is an archive with nothing to read in it; check what the supplier packed"
    return f"{name} holds nothing that fits {pattern!r}; it holds {', '.join(seen[:10]) or 'no files'}"


def _wanted(member: Member, top: str, pattern: str | None) -> bool:
    if pattern is None:
        return True
    inside = member.name[len(top) + 1 :]
    names = (inside, PurePosixPath(inside).name, member.name)
    return any(fnmatch.fnmatchcase(name.casefold(), pattern.casefold()) for name in names)


def _expand(member: Member, depth: int, ledger: _Ledger) -> Iterator[Member]:
    """Walk down into ``member``; what is no archive of ours comes out as it is."""
    kind = None if isinstance(member, _Locked) else archive_kind(head_of(member))
    if kind is None:
        yield member
        return
    if kind == "zip" and workbook_kind(zip_names(member)):
        yield member
        return
    if depth >= ledger.limits.max_depth:
        raise Unreadable(
            f"{member.name} is packed more than {ledger.limits.max_depth} times over; unpack it once and try again",
            member=member.name,
        )
    inner = _zipped(member, ledger) if kind == "zip" else iter([_unpacked(member, kind, ledger)])
    for part in inner:
        yield from _expand(part, depth + 1, ledger)


def _unpacked(member: Member, kind: str, ledger: _Ledger) -> Member:
    """The one file inside a gzip, bzip2 or xz."""
    ledger.count(member.name)
    base = PurePosixPath(member.name).name
    inner = next((base[: -len(end)] for end in SUFFIXES[kind] if base.lower().endswith(end)), base)
    name = f"{member.name}/{inner}"
    watch = ledger.watch(name, member.size or member.limits.max_expanded_bytes)

    def opener() -> BinaryIO:
        below = member.open()
        return buffered(_Chained(UNPACK[kind](below), below, name, kind, watch))

    return Member(name, None, opener, limits=ledger.limits)


@dataclass(frozen=True)
class _Locked(Member):
    """A zip entry that we know we cannot read; refused when wanted, harmless when not."""

    why: str = ""


def _readable(member: Member) -> Member:
    if isinstance(member, _Locked):
        raise Unreadable(f"{member.name} {member.why}", member=member.name)
    return member


class _Pack:
    """An open zip, shared by its members; it is closed when the last of them is gone."""

    def __init__(self, member: Member, ledger: _Ledger) -> None:
        self.member = member
        self.ledger = ledger
        file = spool(member)
        try:
            with _torn(member.name, "zip"):
                self.zip = zipfile.ZipFile(file)
        except BaseException:
            file.close()
            raise
        weakref.finalize(self, _close, self.zip, file)

    def part(self, info: zipfile.ZipInfo) -> Member:
        name = f"{self.member.name}/{harmless(info.filename)}"
        if info.flag_bits & ENCRYPTED:
            why = "is encrypted; ask the supplier for the file without a password, or unpack it first"
            return _Locked(name, info.file_size, _no_stream, why=why)
        if info.compress_type not in ZIP_METHODS:
            why = (
                f"is packed with method {info.compress_type}, which we cannot unpack; pack it again as an ordinary zip"
            )
            return _Locked(name, info.file_size, _no_stream, why=why)
        watch = self.ledger.watch(name, max(info.compress_size, 1))

        def opener() -> BinaryIO:
            with _torn(name, "zip"):
                return buffered(_Source(cast("BinaryIO", self.zip.open(info)), name, "zip", watch, info.file_size))

        return Member(name, info.file_size, opener, limits=self.ledger.limits)


def _close(packed: zipfile.ZipFile, file: BinaryIO) -> None:
    packed.close()
    file.close()


def _no_stream() -> BinaryIO:
    raise Unreadable("this member is encrypted or packed in an unknown way; unpack it first")


def _zipped(member: Member, ledger: _Ledger) -> Iterator[Member]:
    pack = _Pack(member, ledger)
    for info in pack.zip.infolist():
        ledger.count(member.name)
        is_folder = info.filename.endswith(("/", "\\"))
        if not is_folder and not JUNK.search(info.filename.replace("\\", "/")):
            yield pack.part(info)
