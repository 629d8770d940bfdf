"""GIF: a screen, then blocks (GIF89a specification)."""

from __future__ import annotations

import struct

from mercat.domain.media.formats.cleaned import Cleaned, broken

_EXTENSION, _IMAGE, _END = 0x21, 0x2C, 0x3B
_GRAPHIC_CONTROL, _APPLICATION = 0xF9, 0xFF
# They say how often it is played, and its colours.
_KEPT = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")


def cleaned(data: bytes) -> Cleaned:
    """Kept are the frames, how they follow each other, and the colour profile. What lies behind its end goes too."""
    if len(data) < 13:
        broken("it ends in the middle")
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    place = 13 + _colours(flags)
    out = [data[:place]]
    has_frame = False
    while (kind := _byte(data, place)) != _END:
        start = place
        if kind == _EXTENSION:
            label = _byte(data, place + 1)
            name = data[place + 3 : place + 14]
            place = _after_blocks(data, place + 2)
            is_kept = label == _GRAPHIC_CONTROL or (label == _APPLICATION and name in _KEPT)
        elif kind == _IMAGE:
            place = _after_frame(data, place, (width, height))
            has_frame = is_kept = True
        else:
            broken("what is to be a block is none")
        if is_kept:
            out.append(data[start:place])
    if not has_frame:
        broken("it holds no picture")
    return Cleaned(b"".join((*out, bytes([_END]))), "gif", width, height)


def _after_frame(data: bytes, place: int, screen: tuple[int, int]) -> int:
    _byte(data, place + 9)
    left, top, width, height, flags = struct.unpack_from("<HHHHB", data, place + 1)
    if left + width > screen[0] or top + height > screen[1]:
        # A reader would make the picture larger than what is judged.
        broken("a frame is larger than the picture")
    return _after_blocks(data, place + 10 + _colours(flags) + 1)


def _colours(flags: int) -> int:
    """The bytes of a table of colours."""
    return 3 * (2 << (flags & 0x07)) if flags & 0x80 else 0


def _after_blocks(data: bytes, place: int) -> int:
    while length := _byte(data, place):
        place += 1 + length
    return place + 1


def _byte(data: bytes, place: int) -> int:
    if place >= len(data):
        broken("it ends in the middle")
    return data[place]
