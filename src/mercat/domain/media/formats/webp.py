"""WebP: chunks in a RIFF container (RFC 9649)."""

from __future__ import annotations

import struct

from mercat.domain.media.formats.cleaned import Cleaned, broken, orientation_only

_KEPT = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_EXIF_FLAG, _XMP_FLAG = 0x08, 0x04
_EXIF = b"Exif\0\0"


def cleaned(data: bytes) -> Cleaned:
    """Kept are the picture or its frames, and its colour profile. What lies behind its end goes too."""
    parts = _parts(data)
    if not parts or parts[0][0] not in {b"VP8X", b"VP8 ", b"VP8L"}:
        broken("it holds no picture")
    width, height = _size(*parts[0])
    turned = next((orientation_only(body.removeprefix(_EXIF)) for kind, body in parts if kind == b"EXIF"), None)
    kept = [(kind, body) for kind, body in parts if kind in _KEPT]
    if kept[0][0] == b"VP8X":
        flags = kept[0][1][0] & ~(_EXIF_FLAG | _XMP_FLAG) | (_EXIF_FLAG if turned else 0)
        kept[0] = (b"VP8X", bytes([flags]) + kept[0][1][1:])
        kept += [(b"EXIF", turned)] if turned else []
    whole = b"WEBP" + b"".join(_written(kind, body) for kind, body in kept)
    return Cleaned(b"RIFF" + struct.pack("<I", len(whole)) + whole, "webp", width, height)


def _parts(data: bytes) -> list[tuple[bytes, bytes]]:
    (length,) = struct.unpack_from("<I", data, 4)
    end = 8 + length
    if end > len(data):
        broken("it ends in the middle")
    parts, place = [], 12
    while place + 8 <= end:
        kind, size = struct.unpack_from("<4sI", data, place)
        if place + 8 + size > end:
            broken("it ends in the middle")
        parts.append((kind, data[place + 8 : place + 8 + size]))
        place += 8 + size + size % 2
    return parts


def _size(kind: bytes, body: bytes) -> tuple[int, int]:
    if len(body) < 10:
        broken("its head is none")
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", body, 6)
    return width & 0x3FFF, height & 0x3FFF


def _written(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
