"""Etilize's pictures. Their identity is product id and view type, not the address: one view comes in many sizes.

View types: Etilize content service, as used by public clients (see README).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mercat.connectors.etilize.settings import EtilizeSettings
from mercat.sdk.records import ImageRecord

_ADDRESS = re.compile(r"https?://content\.etilize\.com/(?:images/)?(?P<type>[^/]+)/(?P<id>\d+)\.\w+", re.IGNORECASE)
_MAIN = ("original", "maximum", "large", "main")
_DOCUMENT = re.compile(
    r"Manufacturer-Brochure|User-Manual|Assembly-Instructions|Energy-Guide|Educational-Brochure|.*pdf\d*|.*Guide",
    re.IGNORECASE,
)
_LARGEST = "maximum"


def source_of(url: str) -> tuple[str, str, str] | None:
    """The identity behind an address of Etilize's own server."""
    found = _ADDRESS.match(url)
    return ("etilize", found["id"], found["type"]) if found else None


def is_document(view: str) -> bool:
    """Whether a type is a PDF rather than a picture."""
    return _DOCUMENT.fullmatch(view) is not None


def best_views(views: Iterable[str]) -> list[str]:
    """One type per view, the largest of its sizes; the main view first."""
    chosen: dict[str, str] = {}
    for view in dict.fromkeys(views):
        if is_document(view):
            continue
        subject = _subject(view)
        if subject not in chosen or _size(view) > _size(chosen[subject]):
            chosen[subject] = view
    main = chosen.pop("", None)
    return ([main] if main else []) + list(chosen.values())


def images(product: str, views: Iterable[str], settings: EtilizeSettings) -> list[ImageRecord]:
    """The pictures of a product of the relational set."""
    return [
        ImageRecord(
            url=settings.image_address.format(type=view, productid=product),
            position=place,
            source=("etilize", product, view),
        )
        for place, view in enumerate(best_views(views), start=1)
    ]


def _subject(view: str) -> str:
    """What is seen: ``""`` for the main view in whatever size, else the view without its size."""
    lowered = view.lower()
    if lowered.isdigit() or lowered in {*_MAIN, "thumbnail"}:
        return ""
    return lowered.removesuffix(_LARGEST)


def _size(view: str) -> int:
    lowered = view.lower()
    if lowered.isdigit():
        return int(lowered)
    if lowered == "thumbnail":
        return 0
    if lowered in _MAIN:
        # Named sizes of the main view are larger than any numbered one.
        return 1_000_000 - _MAIN.index(lowered)
    return 2 if lowered.endswith(_LARGEST) else 1
