"""What a store shall show of a product: the draft, its digest, and why it cannot be shown if it cannot. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

import msgspec
import xxhash
from msgspec import UNSET
from msgspec.structs import replace

from mercat.sdk.channels import ListingDraft
from mercat.sdk.errors import Rejected
from mercat.sdk.limits import Limits, over_limits
from mercat.sdk.records import ProductRecord

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode_record = msgspec.json.Decoder(ProductRecord).decode
_decode_draft = msgspec.json.Decoder(ListingDraft).decode
# Raised when drafts are made in another way, so that every listing is looked at again.
EDITION = 1


class _Collections(msgspec.Struct):
    collection_references: list[str] = []


_decode_collections = msgspec.json.Decoder(_Collections).decode


class Terms(NamedTuple):
    """What a store's drafts depend on besides their products.

    ``nodes`` and ``shelves`` go by category path; ``collections`` are the channel's ids of our collections.
    """

    limits: Limits
    normalised: Callable[[ProductRecord], ProductRecord]
    currency: str | None
    nodes: Mapping[str, str]
    shelves: Mapping[str, str]
    collections: Mapping[UUID, str]


class Wanted(NamedTuple):
    """A draft as it is compared: its normal form, its digest, and the reasons that keep it from being sent."""

    draft: ListingDraft
    normal: ProductRecord
    digest: str
    reasons: list[str]


def key_of(product_id: bytes) -> str:
    """Our key of a product's listing: the same whenever the product is listed, at any store."""
    return product_id.hex()


def draft_of(
    record: ProductRecord,
    key: str,
    terms: Terms,
    *,
    reference: str | None = None,
    variant_references: Mapping[str, str] | None = None,
    image_references: Mapping[str, str] | None = None,
    collections: Iterable[UUID] = (),
    joined: Iterable[str] = (),
) -> ListingDraft:
    """What is sent. The address of a listing that is there stays as it is, whatever ours is called by now."""
    path = record.category if isinstance(record.category, str) else ""
    stands_in = [terms.shelves.get(path), *(terms.collections.get(each) for each in collections)]
    return ListingDraft(
        key=key,
        product=record if reference is None else replace(record, handle=UNSET),
        reference=reference,
        variant_references=dict(variant_references or {}),
        image_references=dict(image_references or {}),
        category_reference=terms.nodes.get(path),
        collection_references=tuple(dict.fromkeys(each for each in stands_in if each)),
        joined_references=tuple(joined),
    )


def wanted_of(draft: ListingDraft, terms: Terms) -> Wanted:
    """A draft with all that is compared and judged about it."""
    try:
        normal = normal_of(draft, terms)
    except Rejected as refused:
        return Wanted(draft, draft.product, digest_of(draft.product), [refused.message])
    parts = [normal, draft.category_reference, draft.collection_references]
    reasons = [*over_limits(draft, terms.limits), *_foreign_prices(draft.product, terms.currency)]
    return Wanted(draft, normal, digest_of(parts), reasons)


def normal_of(draft: ListingDraft, terms: Terms) -> ProductRecord:
    """What the shop would show of a draft. Its address is the shop's own affair. May raise ``Rejected``."""
    return replace(terms.normalised(draft.product), handle=UNSET)


def _foreign_prices(record: ProductRecord, currency: str | None) -> list[str]:
    if currency is None:
        return []
    return [
        f"the variant {each.sku} is priced in {each.currency}, and the shop sells in {currency}"
        for each in record.variants
        if each.price and each.currency and each.currency != currency
    ]


def digest_of(value: object) -> str:
    """A digest of plain values and records: 32 hexadecimal digits."""
    return xxhash.xxh3_128_hexdigest(_encode(value))


def kept(value: ListingDraft | ProductRecord) -> str:
    """A draft or a record as it is kept."""
    return _encode(value).decode()


def joined_in(payload: str) -> str | None:
    """Of a kept draft the collections that its listing was put in, as they are kept."""
    references = _decode_collections(payload).collection_references
    return _encode(references).decode() if references else None


def record_of_kept(text: str) -> ProductRecord:
    """The record behind it."""
    return _decode_record(text)


def draft_of_kept(text: str) -> ListingDraft:
    """The draft behind it."""
    return _decode_draft(text)
