"""A product goes to Shopify and comes back as the same product, in the one form that is compared."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from mercat.connectors.shopify.from_wire import known, shown
from mercat.connectors.shopify.normal import normalised
from mercat.connectors.shopify.to_wire import known_of, to_wire
from mercat.sdk.channels import ListingDraft, Shown
from mercat.sdk.errors import Rejected
from mercat.sdk.records import ImageRecord, Metafield, ProductRecord, VariantRecord
from tests.connectors.shopify.showing import as_shopify_shows

quick = settings(max_examples=25, deadline=None)
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(str.strip)
maybe = st.none() | words
amounts = st.decimals(0, 100_000, places=3).map(str)
types = st.sampled_from(
    [
        ("single_line_text_field", words),
        ("multi_line_text_field", st.lists(words, min_size=1, max_size=3).map("\n".join)),
        ("boolean", st.booleans()),
        ("number_integer", st.integers(-(2**53), 2**53)),
        ("number_decimal", amounts),
        ("list.single_line_text_field", st.lists(words, max_size=4)),
        ("list.number_integer", st.lists(st.integers(-9, 9), max_size=4)),
        ("json", st.dictionaries(words, st.integers() | words | st.booleans() | st.none(), min_size=1, max_size=3)),
        ("dimension", amounts.map(lambda value: {"value": float(value), "unit": "cm"})),
        ("date", st.dates().map(str)),
    ]
)
metafields = types.flatmap(lambda each: each[1].map(lambda value: Metafield(each[0], value)))
names = st.from_regex(r"(custom|specs)\.[a-z]{2,8}", fullmatch=True)
images = st.builds(
    ImageRecord,
    url=st.from_regex(r"https://img\.example/[a-zA-Z0-9]{1,8}\.(jpg|png|webp)(\?v=[0-9])?", fullmatch=True),
    alt_text=maybe,
)
descriptions = st.none() | st.lists(words, max_size=3).map(lambda each: "".join(f"<p>{word}</p>" for word in each))


@st.composite
def variants(draw: st.DrawFn) -> list[VariantRecord]:
    sizes = draw(st.lists(words.map(lambda word: " ".join(word.split())), unique_by=str.casefold, max_size=4))
    made: list[VariantRecord] = []
    for place, size in enumerate(sizes or [None]):
        weight = draw(st.none() | st.decimals("0.001", 500, places=3).map(str))
        made.append(
            VariantRecord(
                sku=f"SKU-{place}",
                barcode=draw(st.none() | st.from_regex(r"[0-9]{13}", fullmatch=True)),
                price=draw(amounts),
                compare_at_price=draw(st.none() | amounts),
                cost_price=draw(st.none() | amounts),
                weight=weight,
                weight_unit=None if weight is None else draw(st.sampled_from(["g", "kg", "oz", "lb"])),
                requires_shipping=draw(st.booleans()),
                taxable=draw(st.booleans()),
                track_inventory=draw(st.booleans()),
                inventory_policy=draw(st.sampled_from(["deny", "continue"])),
                hs_code=draw(st.none() | st.just("9403.30")),
                country_of_origin=draw(st.none() | st.just("de")),
                options={} if size is None else {"Size": size, "Colour": draw(words)},
            )
        )
    return made


products = st.builds(
    ProductRecord,
    handle=st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)?", fullmatch=True),
    name=words.map(str.strip).filter(bool),
    description=descriptions,
    brand=maybe,
    product_type=maybe,
    tags=st.lists(words, max_size=5),
    seo_title=maybe,
    seo_description=maybe,
    status=st.sampled_from(["active", "draft", "archived"]),
    metafields=st.dictionaries(names, metafields, max_size=4),
    images=st.lists(images, max_size=4),
    variants=variants(),
)


def sent(product: ProductRecord, **fields: Any) -> tuple[ListingDraft, dict[str, Any]]:
    draft = ListingDraft(key="our-key", product=product, **fields)
    return draft, to_wire(draft, known_of(draft), namespace="mercat")


@quick
@given(products)
def test_what_is_sent_comes_back_as_it_was(product: ProductRecord) -> None:
    draft, variables = sent(product)
    answered = as_shopify_shows(variables)

    just_sent, seen_later = shown(answered, namespace="mercat", draft=draft), shown(answered, namespace="mercat")

    assert just_sent.product == seen_later.product == normalised(product)
    assert just_sent.key == seen_later.key == "our-key"


@quick
@given(products)
def test_the_one_form_is_its_own_form(product: ProductRecord) -> None:
    once = normalised(product)

    assert normalised(once) == once


@quick
@given(products)
def test_what_was_answered_is_sent_again_by_its_ids(product: ProductRecord) -> None:
    draft, variables = sent(product)
    first: Shown = shown(as_shopify_shows(variables), namespace="mercat", draft=draft)
    again = msgspec.structs.replace(
        draft,
        reference=first.reference,
        variant_references={each.sku: each.reference for each in first.variants if each.sku},
        image_references=first.image_references,
    )

    repeated = to_wire(again, known_of(again), namespace="mercat")

    assert repeated["identifier"] == {"id": first.reference}
    assert [each["id"] for each in repeated["input"]["variants"]] == [each.reference for each in first.variants]
    assert all("originalSource" not in file for file in repeated["input"]["files"])
    assert not known_of(again).lacks(again)


@quick
@given(products)
def test_the_shop_itself_tells_the_ids_of_what_it_has(product: ProductRecord) -> None:
    draft, variables = sent(product)
    answered = as_shopify_shows(variables)
    forgotten = msgspec.structs.replace(draft, reference=answered.id)

    ids = known(answered, forgotten)

    assert not ids.lacks(forgotten)
    assert [ids.variant(each) for each in product.variants] == [each.id for each in answered.variants.nodes]


def test_what_is_not_stated_is_not_sent() -> None:
    _, variables = sent(ProductRecord(name="Desk"), reference="gid://shopify/Product/1")

    assert variables["input"] == {"title": "Desk"}


def test_what_is_stated_to_be_empty_is_emptied() -> None:
    emptied = ProductRecord(
        description=None,
        brand=None,
        seo_title=None,
        tags=[],
        images=[],
        metafields={},
        variants=[VariantRecord(sku="A")],
    )
    _, variables = sent(emptied, reference="gid://shopify/Product/1")
    stated = variables["input"]

    assert (stated["descriptionHtml"], stated["vendor"], stated["tags"], stated["files"]) == ("", "", [], [])
    assert stated["seo"] == {"title": ""}
    # The key stays: a list of metafields replaces what is there.
    assert [each["key"] for each in stated["metafields"]] == ["key"]


def test_a_creation_is_found_again_by_our_key() -> None:
    _, variables = sent(ProductRecord(name="Desk", variants=[VariantRecord(sku="A", price="1")]))

    assert variables["identifier"] == {"customId": {"namespace": "mercat", "key": "key", "value": "our-key"}}
    assert {"namespace": "mercat", "key": "key", "type": "id", "value": "our-key"} in variables["input"]["metafields"]


@pytest.mark.parametrize(
    ("stated", "field"),
    [
        ({"variants": [VariantRecord(sku="A", price=None)]}, "price"),
        ({"variants": [VariantRecord(sku="A", price="cheap")]}, "price"),
        ({"variants": [VariantRecord(sku="A", price="1"), VariantRecord(sku="B", price="1")]}, "options"),
        (
            {
                "variants": [
                    VariantRecord(sku="A", price="1", options={"Size": "S"}),
                    VariantRecord(sku="B", price="1", options={"Colour": "red"}),
                ]
            },
            "options",
        ),
        ({"variants": [VariantRecord(sku="A", price="1", weight="2", weight_unit="stone")]}, "weight_unit"),
        ({"variants": [VariantRecord(sku="A", price="1", weight="2")]}, "weight_unit"),
        ({"metafields": {"loose": Metafield("boolean", value=True)}}, "loose"),
        ({"metafields": {"custom.n": Metafield("number_integer", "many")}}, "custom.n"),
        ({"metafields": {"custom.n": Metafield("list.number_integer", "1")}}, "custom.n"),
    ],
)
def test_what_shopify_could_not_hold_is_refused_with_its_field(stated: dict[str, Any], field: str) -> None:
    with pytest.raises(Rejected) as refused:
        sent(ProductRecord(name="Desk", **stated))

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("stated", "normal"),
    [
        ({"tags": ["b", "A", "a", "c, d", " "]}, {"tags": ["A", "b", "c", "d"]}),
        ({"description": "<p>a</p>\n<p>b</p>"}, {"description": "<p>a</p><p>b</p>"}),
        ({"description": "<p onclick='x'>a<script>b</script></p>"}, {"description": "<p>a</p>"}),
        ({"handle": "My Desk"}, {"handle": "my-desk"}),
        ({"metafields": {"custom.n": Metafield("number_decimal", "1.50")}}, {"custom.n": "1.5"}),
        ({"metafields": {"custom.n": Metafield("single_line_text_field", "")}}, {}),
        ({"metafields": {"shopify--x.n": Metafield("boolean", value=True)}}, {}),
        # Nothing can be told of pictures whose names are of Shopify's making.
        ({"images": [ImageRecord(url="https://img.example/show?id=1")]}, {"images": UNSET}),
    ],
)
def test_the_one_form(stated: dict[str, Any], normal: dict[str, Any]) -> None:
    form = normalised(ProductRecord(**stated))

    if "metafields" in stated:
        assert {name: each.value for name, each in (form.metafields or {}).items()} == normal
    else:
        assert {name: getattr(form, name) for name in normal} == normal


def test_a_price_has_two_decimals_and_a_missing_one_stays_missing() -> None:
    form = normalised(ProductRecord(variants=[VariantRecord(price="9.995", compare_at_price=None, cost_price="3")]))

    assert (form.variants[0].price, form.variants[0].compare_at_price, form.variants[0].cost_price) == (
        "10.00",
        None,
        "3.00",
    )
    assert form.variants[0].sku is UNSET
