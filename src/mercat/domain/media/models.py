"""Pictures that were sent in."""

from __future__ import annotations

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mercat.core.database.base import Row, one_of
from mercat.core.database.types import ascii_key

FORMATS = ("jpg", "png", "webp", "gif")


class MediaFile(Row):
    """A picture that is kept under the SHA-256 of its bytes; its address is made of that and its format.

    ``is_used``: somebody's change has named it, so that history and undo need it for good. Width and height are of the
    pixels as they are stored; a photograph may have to be turned to be shown.
    """

    __tablename__ = "media_files"
    __table_args__ = (
        one_of("format", FORMATS),
        UniqueConstraint("sha256"),
        Index(None, "is_used", "created_at"),
    )

    sha256: Mapped[str] = mapped_column(ascii_key(64))
    format: Mapped[str] = mapped_column(String(10))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    file_size: Mapped[int] = mapped_column(Integer)
    # What it was called when it came the first time, and who sent it.
    filename: Mapped[str] = mapped_column(String(255))
    created_by: Mapped[str] = mapped_column(String(255))
    is_used: Mapped[bool] = mapped_column(default=False)
