"""Pictures at Shopify: a file is called by a name that holds the digest of our address, and is known again by it.

Shopify keeps neither the address that a file was fetched from nor any id of ours; it does keep the file's name, in the
address that it serves the file by. So the name says which of our pictures it is: an update sends the file's id instead of
the picture, and a repeated creation replaces the file of that name instead of adding a second.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from xxhash import xxh3_64_hexdigest

from mercat.sdk.pictures import own_picture
from mercat.sdk.values import slug

PREFIX = "shopify-file:"
_KNOWN = frozenset({"jpg", "jpeg", "png", "gif", "webp", "heic", "avif", "bmp", "tif", "tiff", "svg"})
_OURS = re.compile(r"(?P<stem>.*-[0-9a-f]{16})(?:_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?\.(?P<suffix>[a-z0-9]+)")
_SERVED = re.compile(r"https?://(?:cdn\.shopify\.com/|[^/]+/cdn/shop/)")
_UUID_TAIL = re.compile(r"_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_LONGEST_STEM = 60


def file_name(url: str) -> str | None:
    """What the file of this address is called; ``None`` where the address has no ending that says the format.

    Shopify refuses a name whose ending is not the format's.
    """
    own = own_picture(url)
    # Nobody reads a digest; the one behind the name tells pictures apart.
    stem, suffix = ("picture", own.ending) if own else _stem_and_suffix(url)
    if suffix not in _KNOWN:
        return None
    return f"{slug(stem)[:_LONGEST_STEM].strip('-') or 'image'}-{xxh3_64_hexdigest(url.encode())}.{suffix}"


def normalised(url: str) -> str | None:
    """The one form in which a picture is compared: the name of its file, whichever side it is seen from.

    ``None`` where the address has no ending: its file has a name of Shopify's making and cannot be told from others.
    """
    if url.startswith(PREFIX):
        return url
    if _SERVED.match(url):
        # Somebody put it into the shop, and we took it over from there.
        return shown(url)
    name = file_name(url)
    return PREFIX + name if name else None


def shown(url: str) -> str:
    """The same form of an address that Shopify serves: a file of ours by its name, another's by its address."""
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    if found := _OURS.fullmatch(name.lower()):
        return f"{PREFIX}{found['stem']}.{found['suffix']}"
    return url.partition("?")[0]


def is_file_of(url: str, source: str) -> bool:
    """Whether the address that Shopify serves shows the picture of our ``source``."""
    if shown(url) == normalised(source):
        return True
    # An address without an ending: Shopify called the file as the address does, and added an ending and perhaps a UUID.
    return file_name(source) is None and _UUID_TAIL.sub("", _stem_and_suffix(url)[0]) == _stem_and_suffix(source)[0]


def _stem_and_suffix(url: str) -> tuple[str, str]:
    name = unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2]).lower()
    stem, dot, suffix = name.rpartition(".")
    return (stem, suffix) if dot and suffix.isalnum() and len(suffix) <= 5 else (name, "")
