"""What a channel allows, as data: checked before any call, so that a person reads the reason and not a vendor's code."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec import UNSET

from mercat.sdk.channels import ListingDraft
from mercat.sdk.pictures import own_picture
from mercat.sdk.records import ProductRecord, VariantRecord

_ELEMENT = re.compile(r"</?([a-zA-Z][a-zA-Z0-9-]*)")
_TAG = re.compile(r"<[^>]*>")
_OF_A_VARIANT = frozenset(VariantRecord.__struct_fields__)
_CALLED = {"name": "title", "seo_title": "SEO title", "seo_description": "SEO description", "images": "image"}


@dataclass(frozen=True)
class Limits:
    """The bounds of one channel. ``None``: the channel sets none. Lengths are in characters, after tags were removed.

    ``allowed_html``: the element names that a description may hold; ``None`` leaves HTML as it is.
    ``needs``: fields of a product (``image``, ``barcode``, ``price``, ``brand`` …) without which nothing is listed.
    ``bulk_from``: from how many listings on sending them as one batch is the cheaper way; ``None`` where there is none.
    ``batch_bytes``: the largest file that one batch may be. ``takes_files``: pictures that lie in this Mercat are uploaded; a
    channel that does not takes only those that it can fetch.
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
    takes_files: bool = False


def over_limits(draft: ListingDraft, limits: Limits) -> list[str]:
    """Why the channel would not take this draft, each reason a sentence for people; none: it fits.

    What is ``UNSET`` in a draft of a listing that is there is left as it is, and so cannot be missing.
    """
    product = draft.product
    return [
        *_too_long(product, limits),
        *_too_many(product, limits),
        *_out_of_reach(product, limits),
        *_forbidden_html(product, limits),
        *_missing(draft, limits),
    ]


def _too_long(product: ProductRecord, limits: Limits) -> Iterator[str]:
    bounds = (
        ("name", limits.title),
        ("description", limits.description),
        ("seo_title", limits.seo_title),
        ("seo_description", limits.seo_description),
    )
    for field_name, most in bounds:
        value = getattr(product, field_name)
        if most is not None and isinstance(value, str) and (length := len(_visible(value))) > most:
            yield f"the {_called(field_name)} has {length} characters; at most {most} are allowed"
    if limits.tag is not None and isinstance(product.tags, list):
        for tag in product.tags:
            if len(tag) > limits.tag:
                yield f"the tag {tag[:40]!r} has {len(tag)} characters; at most {limits.tag} are allowed"


def _too_many(product: ProductRecord, limits: Limits) -> Iterator[str]:
    options = {name for variant in product.variants for name in variant.options or {}}
    counts = (
        ("tags", product.tags, limits.tags),
        ("images", product.images, limits.images),
        ("metafields", product.metafields, limits.metafields),
        ("variants", product.variants, limits.variants),
        ("options", options, limits.options),
    )
    for what, values, most in counts:
        if most is not None and values is not UNSET and len(values) > most:
            yield f"there are {len(values)} {what}; at most {most} are allowed"


def _out_of_reach(product: ProductRecord, limits: Limits) -> Iterator[str]:
    if limits.takes_files:
        return
    if count := sum(own_picture(image.url) is not None for image in product.images or ()):
        which = "a picture lies" if count == 1 else f"{count} pictures lie"
        yield f"{which} in this Mercat, and only those are taken that have an address elsewhere"


def _forbidden_html(product: ProductRecord, limits: Limits) -> Iterator[str]:
    if limits.allowed_html is None or not isinstance(product.description, str):
        return
    found = {name.lower() for name in _ELEMENT.findall(product.description)} - limits.allowed_html
    if found:
        yield f"the description holds HTML that is not allowed: {', '.join(sorted(found))}"


def _missing(draft: ListingDraft, limits: Limits) -> Iterator[str]:
    is_there = draft.reference is not None
    for need in sorted(limits.needs):
        field_name = "images" if need == "image" else need
        if field_name in _OF_A_VARIANT:
            if not draft.product.variants and not is_there:
                yield f"there is no variant, so that no {_called(field_name)} is stated"
            for variant in draft.product.variants:
                if _is_empty(getattr(variant, field_name), is_there=is_there):
                    yield f"the variant {variant.sku or '(without SKU)'} has no {_called(field_name)}"
        elif _is_empty(getattr(draft.product, field_name), is_there=is_there):
            yield f"there is no {_called(field_name)}"


def _is_empty(value: object, *, is_there: bool) -> bool:
    return not is_there if value is UNSET else value is None or value in ("", [])


def _called(field_name: str) -> str:
    return _CALLED.get(field_name, field_name.replace("_", " "))


def _visible(text: str) -> str:
    return html.unescape(_TAG.sub("", text))
