"""What a channel allows, as data: checked before any call, so that a person reads the reason and not a vendor's code."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    """The bounds of one channel. ``None``: the channel sets none. Lengths are in characters, after tags were removed.

    ``allowed_html``: the element names that a description may hold; ``None`` leaves HTML as it is.
    ``needs``: fields of a product (``image``, ``barcode``, ``price``, ``brand`` …) without which nothing is listed.
    ``bulk_from``: from how many listings on sending them as one batch is the cheaper way; ``None`` where there is none.
    ``batch_bytes``: the largest file that one batch may be.
    """

    title: int | None = None
    description: int | None = None
    seo_title: int | None = None
    seo_description: int | None = None
    tags: int | None = None
    tag: int | None = None
    images: int | None = None
    variants: int | None = None
    options: int | None = None
    metafields: int | None = None
    allowed_html: frozenset[str] | None = None
    needs: frozenset[str] = field(default_factory=frozenset)
    bulk_from: int | None = None
    batch_bytes: int | None = None
