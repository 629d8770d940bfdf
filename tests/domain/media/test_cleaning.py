"""What a file is shows in its bytes; what is no picture goes, and how it looks stays."""

from __future__ import annotations

import io
import zlib

import pytest
from PIL import Image, ImageChops, ImageOps

from mercat.core.errors import Invalid
from mercat.domain.media.looking import LARGEST_BYTES, cleaned
from tests.pictures import ORIENTATION, SECRETS, photograph, picture
from tests.shared_data import shared


def shown(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as opened:
        return ImageOps.exif_transpose(opened).convert("RGBA")


def chunked(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("turned", [1, 6])
def test_a_photograph_loses_what_tells_of_its_maker_and_stays_upright(kind: str, turned: int):
    data = photograph(kind, turned=turned) + b"Nikon: what a camera puts behind the end"
    clean = cleaned(data)

    assert sum(each in data for each in SECRETS) > 1
    assert [each for each in SECRETS if each in clean.data] == []
    assert (clean.width, clean.height) == (40, 20)
    assert not ImageChops.difference(shown(data), shown(clean.data)).getbbox()
    with Image.open(io.BytesIO(clean.data)) as opened:
        kept = opened.getexif()
        assert dict(kept) == ({} if turned == 1 else {ORIENTATION: turned})


def test_cleaning_twice_changes_nothing():
    for kind in ("JPEG", "PNG", "WEBP", "GIF"):
        once = cleaned(photograph(kind, turned=6) if kind != "GIF" else picture("GIF", comment=b"secret remark"))
        assert cleaned(once.data) == once


def test_what_moves_goes_on_moving_and_colours_keep_their_profile():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    for kind, name in (("GIF", "gif"), ("PNG", "png"), ("WEBP", "webp")):
        out = io.BytesIO()
        frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100, loop=0)
        clean = cleaned(out.getvalue())
        with Image.open(io.BytesIO(clean.data)) as opened:
            assert (clean.format, opened.n_frames, opened.info.get("loop")) == (name, 2, 0)
    profile = b"\0" * 128 + b"a profile"
    for kind in ("JPEG", "PNG", "WEBP"):
        with Image.open(io.BytesIO(cleaned(picture(kind, icc_profile=profile)).data)) as opened:
            assert opened.info["icc_profile"] == profile


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
HUGE = picture()[:16] + (60_000).to_bytes(4, "big") * 2
BOMB = (
    b"\x89PNG\r\n\x1a\n" + chunked(b"IHDR", (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0") + chunked(b"IEND", b"")
)
TWO_FRAMES = photograph()[:-2] + photograph()[2:]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"sku,price\n", "no JPEG, PNG, WebP or GIF"),
        (HEIC, "HEIC picture.*save it as JPEG"),
        (HEIC.replace(b"heic", b"avif"), "AVIF"),
        (b'<?xml version="1.0"?>\n<!-- a --><svg onload="alert(1)">', "SVG drawing, which may hold a program"),
        (picture("TIFF"), "TIFF"),
        (picture("BMP"), "BMP"),
        (b"%PDF-1.7", "PDF"),
        (b"\xff\xd8\xff\xe0" + b"<script>", "broken"),
        (picture("JPEG")[:-200], "ends in the middle"),
        (picture()[:-5], "ends in the middle"),
        (picture().replace(b"IDAT", b"IDAX"), "checksum"),
        (picture("GIF")[:-3], "ends in the middle"),
        (picture("WEBP")[:-9], "ends in the middle"),
        (BOMB, "60,000 × 60,000 pixels, and 25 million"),
        (HUGE, "broken"),
        (TWO_FRAMES, "broken"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * LARGEST_BYTES, "20 MB are allowed"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(data: bytes, reason: str):
    with pytest.raises(Invalid, match=reason):
        cleaned(data)


@pytest.mark.shared
def test_real_and_hostile_pictures_are_taken_as_they_look_or_refused():
    folder = shared("data", "images")
    taken = refused = 0
    for path in sorted(each for each in folder.rglob("*") if each.is_file() and each.stat().st_size < 120_000):
        data = path.read_bytes()
        try:
            clean = cleaned(data)
        except Invalid:
            refused += 1
            continue
        taken += 1
        if is_same(data, clean.data) is False:
            pytest.fail(f"{path.name} looks otherwise")
    assert taken > 100
    assert refused > 100


def is_same(before: bytes, after: bytes) -> bool | None:
    """Whether two pictures look alike; ``None`` where the first cannot be shown."""
    try:
        one = shown(before)
    except Exception:  # noqa: BLE001  # what a decoder makes of hostile bytes is its own affair
        return None
    return not ImageChops.difference(one, shown(after)).getbbox()
