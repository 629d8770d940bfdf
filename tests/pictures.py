"""Pictures of the tests' own making."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image

ORIENTATION, CAMERA, PLACE = 0x0112, 0x0110, 0x8825
# What nobody shall read of a merchant's photograph.
SECRETS = (b"Spycam", b"Nikon", b"secret remark", b"where it was")


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20), colour: str = "teal", **more: Any) -> bytes:
    """A picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **more)
    return out.getvalue()


def photograph(kind: str = "JPEG", *, turned: int = 1, size: tuple[int, int] = (40, 20)) -> bytes:
    """One with all that cameras and programs write into it."""
    exif = Image.Exif()
    exif[CAMERA] = "Spycam 3"
    exif[ORIENTATION] = turned
    exif.get_ifd(PLACE)[29] = "where it was"
    more: dict[str, Any] = {"exif": exif}
    if kind == "JPEG":
        more |= {"comment": b"secret remark"}
    return picture(kind, size, **more)


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path
