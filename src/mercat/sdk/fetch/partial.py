"""A file on its way: what has arrived waits under ``.part`` until it is whole, and then appears all at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mercat.sdk.fetch.remote import Download


class Partial:
    """The growing file beside its final place, and a note of which content it is the beginning of.

    Without the note, bytes of yesterday's file and of today's would be joined into one that nobody ever sent.
    """

    def __init__(self, final: Path) -> None:
        self.final = final
        self._part = final.with_name(final.name + ".part")
        self._note = final.with_name(final.name + ".part-of")

    @property
    def got(self) -> int:
        """Bytes that have arrived."""
        try:
            return self._part.stat().st_size
        except FileNotFoundError:
            return 0

    def version(self) -> str | None:
        """The content that the bytes belong to; None where that is not known, so that nothing can be resumed."""
        try:
            return self._note.read_text(encoding="utf-8") or None
        except FileNotFoundError:
            return None

    @contextmanager
    def receiving(self, download: Download) -> Iterator[BinaryIO]:
        """The file to write the bytes from ``download.offset`` to; what was held of other content is thrown away first."""
        if download.offset == 0:
            self.discard()
            # Before the first byte: a note without bytes is harmless, bytes without a note are not.
            self._note.write_text(download.version or "", encoding="utf-8")
        elif self.got != download.offset:
            raise AssertionError(f"resumed at {download.offset} where {self.got} bytes are held")
        with self._part.open("ab") as file:
            yield file

    def discard(self) -> None:
        """Forget everything that has arrived."""
        self._part.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self) -> Path:
        """Put the file in its final place, so that a reader sees all of it or nothing, even after a power cut."""
        with self._part.open("rb+") as file:
            os.fsync(file.fileno())
        self._part.replace(self.final)
        self._note.unlink(missing_ok=True)
        if os.name == "posix":  # elsewhere a folder cannot be opened, and the rename is on disk by itself
            folder = os.open(self.final.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return self.final
