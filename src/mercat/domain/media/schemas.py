"""Pictures as they are shown to other rooms and at the doors."""

from __future__ import annotations

from dataclasses import dataclass

from mercat.domain.media.models import MediaFile
from mercat.sdk.pictures import OwnPicture


@dataclass(frozen=True)
class Picture:
    """A picture that is kept. ``width`` and ``height`` in pixels, ``file_size`` in bytes; ``format`` is its ending."""

    sha256: str
    format: str
    width: int
    height: int
    file_size: int
    filename: str

    @property
    def address(self) -> str:
        """Where it lies, seen from this Mercat's own origin; what a product names it by."""
        return OwnPicture(self.sha256, self.format).address


def view_of(row: MediaFile) -> Picture:
    """A picture of a row."""
    return Picture(row.sha256, row.format, row.width, row.height, row.file_size, row.filename)
