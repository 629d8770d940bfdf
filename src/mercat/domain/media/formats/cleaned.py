"""What all formats share: a cleaned picture, why one cannot be, and the one fact of a camera's that is kept."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NoReturn

from mercat.core.errors import Invalid

_ORIENTATION = 0x0112
_SHORT = 3
_UPRIGHT = 1


@dataclass(frozen=True)
class Cleaned:
    """A picture's bytes without metadata, its format (the ending of its name), and its size in pixels as it is stored."""

    data: bytes
    format: str
    width: int
    height: int


def broken(why: str) -> NoReturn:
    """Raises ``Invalid``."""
    message = f"it is broken: {why}"
    raise Invalid(message)


def orientation_only(exif: bytes) -> bytes | None:
    """Of a TIFF block of EXIF nothing but how the picture is to be turned; ``None`` where it stands upright or cannot be read.

    Without it a photograph would lie on its side; all else (place, time, camera, owner) is nobody's affair. TIFF 6.0, 2;
    CIPA DC-008 (Exif), 4.6.4.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None or len(exif) < 8:
        return None
    (start,) = struct.unpack_from(f"{order}I", exif, 4)
    if start + 2 > len(exif):
        return None
    (count,) = struct.unpack_from(f"{order}H", exif, start)
    for place in range(start + 2, min(start + 2 + 12 * count, len(exif) - 11), 12):
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", exif, place)
        if tag == _ORIENTATION and kind == _SHORT and _UPRIGHT < value <= 8:
            return b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, _ORIENTATION, _SHORT, 1, value, 0, 0)
    return None
