"""What a channel does not take is said in plain words before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from mercat.sdk.channels import ListingDraft
from mercat.sdk.limits import Limits, over_limits
from mercat.sdk.records import ImageRecord, Metafield, ProductRecord, VariantRecord

PLAIN = VariantRecord(sku="A", price="1.00", options={"Size": "S"})


def draft(reference: str | None = None, **fields: Any) -> ListingDraft:
    stated = {"name": "Desk", "variants": [PLAIN], **fields}
    return ListingDraft(key="k", product=ProductRecord(**stated), reference=reference)


@pytest.mark.parametrize(
    ("limits", "stated", "reason"),
    [
        (Limits(title=3), {}, "the title has 4 characters; at most 3 are allowed"),
        (
            Limits(description=2),
            {"description": "<p>a&amp;bc</p>"},
            "the description has 4 characters; at most 2 are allowed",
        ),
        (Limits(seo_title=1), {"seo_title": "ab"}, "the SEO title has 2 characters; at most 1 are allowed"),
        (
            Limits(seo_description=1),
            {"seo_description": "ab"},
            "the SEO description has 2 characters; at most 1 are allowed",
        ),
        (Limits(tag=2), {"tags": ["ab", "abc"]}, "the tag 'abc' has 3 characters; at most 2 are allowed"),
        (Limits(tags=1), {"tags": ["a", "b"]}, "there are 2 tags; at most 1 are allowed"),
        (
            Limits(images=1),
            {"images": [ImageRecord(url="https://x.test/1"), ImageRecord(url="https://x.test/2")]},
            "there are 2 images; at most 1 are allowed",
        ),
        (
            Limits(metafields=0),
            {"metafields": {"custom.a": Metafield("boolean", value=True)}},
            "there are 1 metafields; at most 0 are allowed",
        ),
        (Limits(variants=0), {}, "there are 1 variants; at most 0 are allowed"),
        (Limits(options=0), {}, "there are 1 options; at most 0 are allowed"),
        (
            Limits(allowed_html=frozenset({"p"})),
            {"description": "<P>a<Script>b</script><h1>"},
            "the description holds HTML that is not allowed: h1, script",
        ),
        (Limits(needs=frozenset({"image"})), {}, "there is no image"),
        (Limits(needs=frozenset({"image"})), {"images": []}, "there is no image"),
        (Limits(needs=frozenset({"brand"})), {"brand": None}, "there is no brand"),
        (Limits(needs=frozenset({"name"})), {"name": UNSET}, "there is no title"),
        (Limits(needs=frozenset({"barcode"})), {}, "the variant A has no barcode"),
        (
            Limits(needs=frozenset({"price"})),
            {"variants": [VariantRecord(price=None)]},
            "the variant (without SKU) has no price",
        ),
        (Limits(needs=frozenset({"price"})), {"variants": []}, "there is no variant, so that no price is stated"),
    ],
)
def test_what_is_over_a_limit_is_said(limits: Limits, stated: dict[str, Any], reason: str) -> None:
    assert over_limits(draft(**stated), limits) == [reason]


def test_what_is_not_stated_of_a_listing_that_is_there_is_not_missing() -> None:
    needs = Limits(needs=frozenset({"image", "name", "price"}))
    there = ListingDraft(key="k", reference="1", product=ProductRecord(variants=[VariantRecord(sku="A")]))

    assert over_limits(there, needs) == []
    assert over_limits(draft("1", images=[], variants=[VariantRecord(sku="A", price=None)]), needs) == [
        "there is no image",
        "the variant A has no price",
    ]


@given(st.text(max_size=30), st.lists(st.text(max_size=5), max_size=5))
def test_a_channel_without_limits_takes_everything(name: str, tags: list[str]) -> None:
    assert over_limits(draft(name=name, tags=tags), Limits()) == []
