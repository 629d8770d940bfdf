"""Three ways, as a property: whatever two sides did to a listing, the verdict says who did what."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from mercat.domain.listings.comparing import CONFLICT, HOLD, PULL, PUSH, agrees, drifts, flat, same
from mercat.sdk.records import Metafield, ProductRecord, VariantRecord

FIELDS = ("name", "description", "brand", "tags", "metafields.custom.colour", "variants.A.price", "variants.B.weight")
words = st.sampled_from(["one", "two", "three", None])
amounts = st.sampled_from(["1", "2.5", "3.75", None])


@st.composite
def records(draw: st.DrawFn) -> ProductRecord:
    colour = draw(words)
    return ProductRecord(
        name=draw(words),
        description=draw(words),
        brand=draw(words),
        tags=draw(st.lists(st.sampled_from(["a", "b", "c"]), unique=True)),
        metafields={} if colour is None else {"custom.colour": Metafield("single_line_text_field", colour)},
        variants=[VariantRecord(sku="A", price=draw(amounts)), VariantRecord(sku="B", weight=draw(amounts))],
    )


def verdicts(wanted: Any, sent: Any, shown: Any, now: Any, policy: str = "ours") -> dict[str, str]:
    found = drifts(wanted=wanted, sent=sent, shown=shown, now=now, policy=lambda _name: policy)
    return {each.field: each.action for each in found}


@given(records(), records(), st.sampled_from(["ours", "theirs", "hold"]))
def test_what_only_the_shop_changed_follows_the_policy(base: ProductRecord, now: ProductRecord, policy: str) -> None:
    action = {"ours": PUSH, "theirs": PULL, "hold": HOLD}[policy]
    before, after = flat(base), flat(now)
    is_ours = {name for name in FIELDS if name in before}

    found = verdicts(base, base, base, now, policy)

    assert found == {name: action for name in is_ours if not same(name, before.get(name), after.get(name))}


@given(records(), records())
def test_what_only_we_changed_is_no_drift(base: ProductRecord, wanted: ProductRecord) -> None:
    assert verdicts(wanted, base, base, base) == {}


@given(records(), records(), records())
def test_each_field_is_judged_by_itself(base: ProductRecord, wanted: ProductRecord, now: ProductRecord) -> None:
    ours, sent, theirs = flat(wanted), flat(base), flat(now)

    found = verdicts(wanted, base, base, now)

    for name in FIELDS:
        moved = name in sent and not same(name, sent.get(name), theirs.get(name))
        if not moved or same(name, ours.get(name), theirs.get(name)):
            assert name not in found
        else:
            assert found[name] == (PUSH if same(name, sent.get(name), ours.get(name)) else CONFLICT)


@given(records(), records())
def test_no_verdict_on_what_the_shop_does_not_tell(base: ProductRecord, now: ProductRecord) -> None:
    silent = msgspec.structs.replace(now, description=msgspec.UNSET, brand=msgspec.UNSET)

    assert not {"description", "brand"} & verdicts(base, base, base, silent).keys()


@given(records(), records())
def test_a_shop_agrees_exactly_where_nothing_would_have_to_be_sent(one: ProductRecord, other: ProductRecord) -> None:
    ours, theirs = flat(one), flat(other)

    assert agrees(one, other) == all(same(name, ours.get(name), theirs.get(name)) for name in ours)
    assert agrees(one, one)


def test_a_variant_that_came_or_went_is_one_drift_that_nobody_pulls() -> None:
    base = ProductRecord(name="x", variants=[VariantRecord(sku="A", price="1"), VariantRecord(sku="B", price="2")])
    now = ProductRecord(name="x", variants=[VariantRecord(sku="A", price="1"), VariantRecord(sku="C", price="9")])

    assert verdicts(base, base, base, now, "theirs") == {"variants": HOLD}
    assert verdicts(base, base, base, now, "ours") == {"variants": PUSH}


def test_metafields_of_others_are_theirs() -> None:
    base = ProductRecord(name="x", metafields={}, variants=[VariantRecord(sku="A")])
    now = ProductRecord(
        name="x", metafields={"reviews.stars": Metafield("number_decimal", "4.5")}, variants=base.variants
    )

    assert verdicts(base, base, base, now) == {}
