"""What a file is by its bytes, whatever it is called: a picture that can be kept, or why it cannot."""

from __future__ import annotations

import re

from mercat.core.errors import Invalid
from mercat.domain.media.formats import gif, jpeg, png, webp
from mercat.domain.media.formats.cleaned import Cleaned

LARGEST_BYTES = 20 * 1000 * 1000
MOST_PIXELS = 25_000_000
"""Shopify's bounds of a product's picture, as third parties tell them in November 2026: what is kept can be shown."""
_SVG = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>/]", re.DOTALL
)
_SAVE = "save it as JPEG, PNG or WebP"
# Of ISO's base media files by their brand (ISO/IEC 23008-12, annex B; AVIF 1.1).
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIC"),
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
}
_OTHERS = (
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"BM", "a BMP picture"),
    (b"8BPS", "a Photoshop file"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "an archive"),
)


def refuse_large(size: int) -> None:
    """Raises ``Invalid`` for so many bytes."""
    if size > LARGEST_BYTES:
        message = f"it has {size / 1e6:.1f} MB, and {LARGEST_BYTES // 10**6} MB are allowed: make it smaller"
        raise Invalid(message)


def cleaned(data: bytes) -> Cleaned:
    """The picture of a file without what is not picture. Raises ``Invalid`` with the reason in words."""
    refuse_large(len(data))
    picture = _read(data)
    if picture.width < 1 or picture.height < 1:
        message = "it is broken: it says that it has no size"
        raise Invalid(message)
    if picture.width * picture.height > MOST_PIXELS:
        size = f"{picture.width:,} × {picture.height:,} pixels"
        message = f"it has {size}, and {MOST_PIXELS // 10**6} million are allowed: make it smaller"
        raise Invalid(message)
    return picture


def _read(data: bytes) -> Cleaned:
    if data.startswith(b"\xff\xd8\xff"):
        return jpeg.cleaned(data)
    if data.startswith(png.SIGNATURE):
        return png.cleaned(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return webp.cleaned(data)
    if data.startswith((b"GIF87a", b"GIF89a")):
        return gif.cleaned(data)
    raise Invalid(_refused(data))


def _refused(data: bytes) -> str:
    if not data:
        return "it is empty"
    if data[4:8] == b"ftyp" and (name := _BRANDS.get(data[8:12])):
        return f"it is a {name} picture, which not every browser and shop can show: {_SAVE}"
    if _SVG.match(data[:4_096]):
        return f"it is an SVG drawing, which may hold a program: {_SAVE}"
    named = next((what for magic, what in _OTHERS if data.startswith(magic)), None)
    return f"it is {named}: {_SAVE}" if named else "it is no JPEG, PNG, WebP or GIF picture"
