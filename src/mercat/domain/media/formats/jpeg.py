"""JPEG: markers with segments, then scans of entropy-coded data (ITU-T T.81, annex B)."""

from __future__ import annotations

import re
import struct

from mercat.domain.media.formats.cleaned import Cleaned, broken, orientation_only

_SOI, _EOI, _SOS, _COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_APP0, _APP1, _APP2, _APP14, _APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
# Start of frame; C4, C8 and CC are tables.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_EXIF, _PROFILE = b"Exif\0\0", b"ICC_PROFILE\0"
# Progressive pictures have about ten; a file of thousands would take minutes to be shown.
_MOST_SCANS = 100
# In a scan FF is followed by 00 (a byte of data), by a restart, or by the marker that ends it.
_ENDS_SCAN = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")


def cleaned(data: bytes) -> Cleaned:
    """Kept are the picture, its colour profile and Adobe's colour transform. What lies behind its end goes too."""
    out = [data[:2]]
    size: tuple[int, int] | None = None
    turned: bytes | None = None
    place, scans = 2, 0
    while True:
        marker, place = _marker(data, place)
        if marker == _EOI:
            break
        segment, place = _segment(data, place)
        if marker == _APP1 and segment.startswith(_EXIF):
            turned = turned or orientation_only(segment[len(_EXIF) :])
        if marker in _FRAMES:
            # A second frame would say another size than the one that is judged.
            size = _size(segment) if size is None else broken("it holds two frames")
        if _is_kept(marker, segment):
            out.append(_written(marker, segment))
        if marker == _SOS:
            scans += 1
            end = _end_of_scan(data, place, scans)
            out.append(data[place:end])
            place = end
    if size is None:
        broken("it holds no picture")
    if turned is not None:
        out.insert(1, _written(_APP1, _EXIF + turned))
    return Cleaned(b"".join((*out, b"\xff\xd9")), "jpg", *size)


def _end_of_scan(data: bytes, place: int, scans: int) -> int:
    if scans > _MOST_SCANS:
        broken(f"it has more than {_MOST_SCANS} scans")
    end = _ENDS_SCAN.search(data, place)
    return end.start() if end else broken("it ends in the middle")


def _marker(data: bytes, place: int) -> tuple[int, int]:
    """The marker there, and where it ends; any number of FF may stand before it."""
    start = place
    while place < len(data) and data[place] == 0xFF:
        place += 1
    if place >= len(data):
        broken("it ends in the middle")
    if place == start or data[place] in {0x00, _SOI}:
        broken("what is to be a marker is none")
    return data[place], place + 1


def _segment(data: bytes, place: int) -> tuple[bytes, int]:
    if place + 2 > len(data):
        broken("it ends in the middle")
    (length,) = struct.unpack_from(">H", data, place)
    if length < 2 or place + length > len(data):
        broken("it ends in the middle")
    return data[place + 2 : place + length], place + length


def _size(frame: bytes) -> tuple[int, int]:
    if len(frame) < 6:
        broken("its frame says no size")
    height, width = struct.unpack_from(">HH", frame, 1)
    return width, height


def _is_kept(marker: int, segment: bytes) -> bool:
    if _APP0 <= marker <= _APP15:
        return marker in {_APP0, _APP14} or (marker == _APP2 and segment.startswith(_PROFILE))
    return marker != _COMMENT


def _written(marker: int, segment: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(segment) + 2) + segment
