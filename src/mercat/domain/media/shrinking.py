"""Small pictures for lists: made when a picture comes in, which proves that it can be shown, and again where they are gone."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageOps

from mercat.core.errors import Invalid
from mercat.core.files import whole_file

SIDE = 320
"""Pixels of the longer side: a tile of 160 on a dense screen."""
_QUALITY = 80
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def shrink(source: Path, target: Path) -> None:
    """Write the small picture (WebP) of one whose size was judged. Raises ``Invalid`` where it cannot be shown at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with Image.open(source, formats=_FORMATS) as picture:
            # Of a JPEG no more is decoded than its small picture needs.
            picture.thumbnail((SIDE, SIDE), reducing_gap=2.0)
            upright = ImageOps.exif_transpose(picture)
            has_holes = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
            small = upright.convert("RGBA" if has_holes else "RGB")
    except Exception as wrong:  # a decoder's faults are of many classes, and all mean the same
        message = "it is broken: it cannot be shown"
        raise Invalid(message) from wrong
    with whole_file(target) as out:
        small.save(out, "WEBP", quality=_QUALITY)
