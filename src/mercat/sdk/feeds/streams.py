"""Byte streams that count, refuse and translate: what stands between a hostile file and a parser."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from mercat.sdk.errors import Unreadable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK = 64 * 1024
# A batch of rows is handed over early once it took this many bytes.
PLENTY = 16 * 1024 * 1024
REPAIR = "mercat-repair"


def _repair(error: UnicodeError) -> tuple[str, int]:
    """Read what the codec refuses as Windows-1252, as browsers do (WHATWG Encoding Standard): one byte, one character.

    Feeds glued together from several sources are UTF-8 with some cp1252 lines; nothing of them gets lost this way.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    stray = error.object[error.start : error.start + 1]
    return stray.decode("cp1252", "ignore") or stray.decode("latin-1"), error.start + 1


codecs.register_error(REPAIR, _repair)


class TooLong(Unreadable):
    """One record alone would fill the memory."""


class Gauge(io.RawIOBase):
    """A readable stream that knows how much went through it: ``total``, and ``window`` since the last ``reset``.

    ``watch`` is called with the total after each read and may refuse. A window over ``window_limit`` is refused:
    it means that one record alone would fill the memory. ``drop_zeros`` leaves out zero bytes, which no text can mean.
    """

    def __init__(
        self,
        source: BinaryIO,
        name: str,
        *,
        watch: Callable[[int], None] | None = None,
        window_limit: int | None = None,
        drop_zeros: bool = False,
    ) -> None:
        self._source = source
        self._name = name
        self._watch = watch
        self._limit = window_limit
        self._drop_zeros = drop_zeros
        self.total = 0
        self.window = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        data = self._source.read(len(view))
        size = len(data)
        self.total += size
        self.window += size
        if self._watch is not None:
            self._watch(self.total)
        if self._limit is not None and self.window > self._limit:
            raise TooLong(
                f"{self._name}: one record is longer than {self._limit:,} bytes near byte {self.total:,}; "
                "check the file for a missing line end or a quote that is never closed",
                member=self._name,
            )
        if self._drop_zeros and b"\x00" in data:
            data = data.replace(b"\x00", b"") or b" "  # never empty: that would mean the end
        view[: len(data)] = data
        return len(data)

    @property
    def is_full(self) -> bool:
        """Whether it is time to hand over what was read so far."""
        return self.window > (PLENTY if self._limit is None else min(PLENTY, self._limit // 4))

    def reset(self) -> None:
        """Forget the window: a record is complete."""
        self.window = 0

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()


def buffered(raw: io.RawIOBase) -> BinaryIO:
    """A large buffer, so that the Python side of ``raw`` is entered rarely."""
    return cast("BinaryIO", io.BufferedReader(raw, CHUNK))


def text_stream(source: BinaryIO, encoding: str, errors: str) -> io.TextIOWrapper:
    """Decode without touching line ends (the csv module needs them as they are)."""
    text = io.TextIOWrapper(source, encoding=encoding, errors=errors, newline="")
    # CPython reads 8 KiB at a time unless told otherwise; larger steps are a tenth faster, as long as they fit the
    # cache.
    text._CHUNK_SIZE = CHUNK  # type: ignore[attr-defined]  # noqa: SLF001 - the only knob there is
    return text


class Transcoded(io.RawIOBase):
    """The same text in UTF-8, for parsers that know no other encoding."""

    def __init__(self, source: BinaryIO, encoding: str, errors: str) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)(errors)
        self._ready = b""
        self._done = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        while not self._ready and not self._done:
            data = self._source.read(CHUNK)
            self._done = not data
            self._ready = self._decoder.decode(data, self._done).encode("utf-8", "replace")
        size = min(len(view), len(self._ready))
        view[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()


@contextmanager
def decoding(name: str, encoding: str) -> Iterator[None]:
    """Say in which file and how the decoding failed; only an encoding that a person stated can fail."""
    try:
        yield
    except UnicodeError as error:
        raise Unreadable(
            f"{name} is not {encoding} text ({error}); "
            "leave the encoding out to have it detected, or state another one",
            member=name,
        ) from error
