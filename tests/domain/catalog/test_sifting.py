"""Sifting says of statements that they are in order only where mending would leave every one of them as it is."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from mercat.domain.catalog.sifting import are_in_order
from mercat.domain.catalog.stating import FieldRules, fault_of, mend, storable
from mercat.sdk.records import ImageRecord, Metafield, OfferRecord, ProductRecord, VariantRecord

_LONG = "long " * 400


def _some(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from((UNSET, None, *values))


_texts = _some("Stapler", "", "Größe\n2", "nul\x00", "half \ud800", _LONG)
_amounts = _some("12.5", "0", "1.50", "-1", "much", "1e3", "99999999999999999999")
_codes = _some("A-1", "", " A-1", "A-1 ", _LONG)
_counts = _some(0, 5, -5, 2**40)
_variants = st.builds(
    VariantRecord,
    sku=_codes,
    barcode=_some("4006381333931", "", "40063813339310000", "ABC", "٣٣٣"),
    price=_amounts,
    cost_price=_amounts,
    weight=_amounts,
    currency=_some("EUR", "", "euro", "€€€"),
    weight_unit=_some("kg", "kilogram"),
    hs_code=_some("8305.20", _LONG),
    country_of_origin=_some("DE", _LONG),
    inventory_policy=st.sampled_from((UNSET, "deny", "perhaps")),
    options=st.sampled_from((UNSET, {}, {"Colour": "Red"}, {"Colour": _LONG})),
    identifiers=st.sampled_from((UNSET, {}, {"asin": ["B0 "]}, {"asin": ["B000000001"]})),
)
_records = st.builds(
    ProductRecord,
    handle=_codes,
    name=_texts,
    description=_texts,
    brand=_texts,
    seo_title=_texts,
    status=st.sampled_from((UNSET, "active", "gone", None)),
    category=_some("A > B", "A >  > B", " > ".join("x" * 300 for _ in range(2))),
    metafields=st.sampled_from(
        (UNSET, {}, {"custom.size": Metafield("single_line_text_field", "L")}, {"size": Metafield("boolean", "L")})
    ),
    images=st.sampled_from(
        (UNSET, [], [ImageRecord(url="https://a/b")], [ImageRecord(url="https://a/b", source=("s" * 90, "1", "2"))])
    ),
    variants=st.lists(_variants, min_size=1, max_size=2),
    offer=st.one_of(
        st.just(UNSET),
        st.builds(OfferRecord, cost=_amounts, currency=_some("EUR", "euro"), quantity_available=_counts),
    ),
)
# One field is odd, or none: of records in which everything may be odd, hardly one would be in order.
_ordinary = ProductRecord(
    name="Stapler",
    description="<p>Größe 2</p>",
    category="Office > Staplers",
    status="active",
    variants=[VariantRecord(sku="A-1", barcode="4006381333931", price="12.5", currency="EUR", weight_unit="kg")],
    offer=OfferRecord(cost="7.25", currency="EUR", quantity_available=5),
)


@st.composite
def _nearly_ordinary(draw: st.DrawFn) -> ProductRecord:
    record, odd = copy.deepcopy(_ordinary), draw(_records)
    name = draw(st.sampled_from(record.__struct_fields__))
    if name == "variants":
        inner = draw(st.sampled_from(record.variants[0].__struct_fields__))
        setattr(record.variants[0], inner, getattr(odd.variants[0], inner))
    else:
        setattr(record, name, getattr(odd, name))
    return record


def _is_left_alone(key: str, record: ProductRecord) -> bool:
    before = copy.deepcopy(record)
    kept, warnings = storable(record)
    if warnings or fault_of(kept, key) is not None:
        return False
    return mend(kept, FieldRules({}, {})) == [] and kept == before


@given(st.lists(st.one_of(_nearly_ordinary(), _records), min_size=1, max_size=3), st.sampled_from(("S1", "x" * 256)))
def test_what_is_in_order_is_left_alone(records: list[ProductRecord], key: str) -> None:
    if are_in_order([key] * len(records), records):
        assert all(_is_left_alone(key, record) for record in records)


@given(_nearly_ordinary())
def test_one_that_has_to_be_mended_is_found_among_others(record: ProductRecord) -> None:
    others = [copy.deepcopy(_ordinary) for _ in range(3)]
    if not _is_left_alone("S1", copy.deepcopy(record)):
        assert not are_in_order(["S1"] * 4, [*others, record])


def test_ordinary_statements_are_in_order() -> None:
    bare = ProductRecord(name="Bare", variants=[VariantRecord()])
    assert are_in_order(["S1", "S2"], [copy.deepcopy(_ordinary), bare])
