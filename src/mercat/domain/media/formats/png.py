"""PNG: chunks, each with its checksum (PNG specification, third edition, 5)."""

from __future__ import annotations

import struct
import zlib

from mercat.domain.media.formats.cleaned import Cleaned, broken, orientation_only

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DROPPED = frozenset({b"tEXt", b"zTXt", b"iTXt", b"tIME", b"eXIf"})
# Ancillary chunks that say how the picture looks or moves; of others nobody knows what they hold.
_KEPT = frozenset(
    b"tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT acTL fcTL fdAT".split()  # APNG's are the last three
)


def cleaned(data: bytes) -> Cleaned:
    """Kept is what shows the picture. What lies behind its end goes too."""
    out = [SIGNATURE]
    size: tuple[int, int] | None = None
    place = len(SIGNATURE)
    kind = b""
    while kind != b"IEND":
        kind, body, place = _chunk(data, place)
        if kind == b"IHDR":
            size = _size(body) if size is None else broken("it has two heads")
        elif size is None:
            broken("it has no head")
        if kind == b"eXIf":
            turned = orientation_only(body)
            out += [_written(b"eXIf", turned)] if turned else []
        elif kind not in _DROPPED and (kind[:1].isupper() or kind in _KEPT):
            out.append(_written(kind, body))
    if size is None:
        broken("it holds no picture")
    return Cleaned(b"".join(out), "png", *size)


def _chunk(data: bytes, place: int) -> tuple[bytes, bytes, int]:
    if place + 12 > len(data):
        broken("it ends in the middle")
    length, kind = struct.unpack_from(">I4s", data, place)
    end = place + 12 + length
    if end > len(data):
        broken("it ends in the middle")
    body = data[place + 8 : end - 4]
    if struct.unpack_from(">I", data, end - 4)[0] != zlib.crc32(body, zlib.crc32(kind)):
        broken(f"the checksum of its part {kind.decode('latin-1')!r} is wrong")
    return kind, body, end


def _size(head: bytes) -> tuple[int, int]:
    if len(head) != 13:
        broken("its head is none")
    width, height = struct.unpack_from(">II", head)
    return width, height


def _written(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))
