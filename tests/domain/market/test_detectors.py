"""What new observations say, and what people are told of it: once, and nothing for what is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from mercat.core.unit import Runtime
from mercat.domain.alerts.models import Alert
from mercat.domain.catalog.models import Product, ProductMetafield, ProductVariant
from mercat.domain.market.detectors import Finding, Pricing, Tail, detect
from mercat.domain.operations import service as operations
from tests.domain.market.conftest import START, asin, record, seen, track
from tests.shops import ANN

Steps = Sequence[dict[str, Any]]


def run(steps: Steps, *, hours: float = 1, pricing: Pricing | None = None) -> list[Finding]:
    tail = Tail()
    return [
        finding
        for number, values in enumerate(steps)
        for finding in detect(
            tail, START + dt.timedelta(hours=hours * number), values, own_sellers={"US"}, pricing=pricing
        )
    ]


def told(steps: Steps, **how: Any) -> list[tuple[str, bool]]:
    return [(each.kind, each.is_on) for each in run(steps, **how)]


def of(name: str, *values: Any) -> Steps:
    return [{name: value} for value in values]


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        (of("price", "10", "10", "10"), []),
        (of("price", "10", "8", "10"), [("price_change", True)] * 2),
        ([{"price": "10"}, {"sales_rank": 5}, {"price": "8"}], [("price_change", True)]),
        (of("price", "10", None, "10"), []),  # nobody sold meanwhile, and the price is what it was
        (of("sales_rank", 100, 100, 100, 100, 100, 5), []),  # one odd rank says nothing
        (of("sales_rank", 100, 100, 100, 50, 50, 50), [("rank_improved", True)]),
        (of("sales_rank", 50, 50, 50, 100, 100, 100), [("rank_dropped", True)]),
        (of("in_stock", True, False), []),
        (of("in_stock", True, False, True, False, True), []),  # nothing was confirmed
        (of("in_stock", True, False, False), [("out_of_stock", True)]),
        (of("in_stock", True, False, False, False), [("out_of_stock", True)]),
        (of("in_stock", False, True, True), [("out_of_stock", False), ("back_in_stock", True)]),
        (of("seller_id", "US", "A", "US", "A", "A"), [("buy_box_lost", False)]),
        (of("seller_id", "US", "A", "B", None), [("buy_box_lost", True)]),
        (of("seller_id", "US", "A", "A", "A", "A"), [("buy_box_lost", True)]),
        (of("seller_id", "US", "A", "A", "A", "US"), [("buy_box_lost", True), ("buy_box_lost", False)]),
        (of("seller_id", "A", "A", "A", "A", "A"), []),
        (of("rating", "4.5", "4.5", "4.3"), [("rating_drop", True)]),
        (of("rating", "4.3", "4.5"), []),
    ],
)
def test_findings(steps: Steps, wanted: list[tuple[str, bool]]) -> None:
    assert told(steps) == wanted


def test_a_rating_falls_within_a_week_or_not_at_all() -> None:
    slowly = [{"rating": str(Decimal("4.8") - Decimal("0.1") * step)} for step in range(8)]

    assert [each.measure for each in run(slowly, hours=24 * 8)] == [Decimal("0.1")] * 7
    assert [each.measure for each in run(slowly, hours=24)][-1] == Decimal("0.7")


def test_reviews_stand_out_from_their_own_past() -> None:
    steady = [{"review_count": 100 + 2 * day} for day in range(20)]
    burst = [*steady, {"review_count": 160}]

    assert run(steady, hours=24) == []
    [spike] = run(burst, hours=24)
    assert (spike.kind, spike.measure) == ("review_spike", Decimal(20))


def test_a_rival_is_measured_by_our_price_and_ours_by_its_cost() -> None:
    rival = run(of("price", "8", "12"), pricing=Pricing(rival_of=Decimal(10)))
    assert [(each.kind, each.measure, each.is_on) for each in rival if each.kind == "competitor_undercut"] == [
        ("competitor_undercut", Decimal("20.00"), True),
        ("competitor_undercut", Decimal("-20.00"), False),
    ]
    ours = run(of("own_price", "10", "4"), pricing=Pricing(cost=Decimal(5), floor=Decimal(5)))
    assert [(each.kind, each.measure, each.is_on) for each in ours] == [
        ("margin_below", Decimal("50.00"), True),
        ("price_below_floor", None, False),
        ("margin_below", Decimal("-25.00"), True),
        ("price_below_floor", None, True),
    ]


def alerts_of(runtime: Runtime, *kinds: str) -> list[Alert]:
    with runtime.read(ANN) as unit:
        rows = select(Alert).order_by(Alert.id)
        return [each for each in unit.session.scalars(rows) if not kinds or each.alert_type in kinds]


@pytest.mark.parametrize("together", [True, False])
def test_ten_alternating_prices_are_ten_alerts(runtime: Runtime, together: bool) -> None:
    """D4, check 2."""
    track(runtime)
    steps = [seen(hour, price=["10", "13"][hour % 2], sales_rank=50) for hour in range(11)]
    for some in [steps] if together else [[each] for each in steps]:
        record(runtime, *some)
    assert len(alerts_of(runtime, "price_change")) == 10

    record(runtime, *steps)
    record(runtime, seen(5.5, price="99"))
    assert len(alerts_of(runtime)) == 10


def test_a_past_that_is_brought_in_is_no_news(runtime: Runtime) -> None:
    track(runtime)
    record(runtime, *(seen(hour, price=str(10 + hour * 5)) for hour in range(5)), is_quiet=True)

    assert alerts_of(runtime) == []


def test_stock_that_is_confirmed_over_several_batches_is_told_once(runtime: Runtime) -> None:
    track(runtime)
    for hour, there in enumerate((True, True, False, False, False, True, True)):
        record(runtime, seen(hour, in_stock=there))

    [out] = alerts_of(runtime, "out_of_stock")
    assert out.status == "resolved"
    assert len(alerts_of(runtime, "back_in_stock")) == 1


def test_the_buy_box_is_known_by_our_own_sellers(runtime: Runtime) -> None:
    with runtime.write(ANN) as unit:
        operations.set_configuration(unit, runtime.secrets, "market.own_sellers", '["US1"]')
    track(runtime)
    for hour, seller in enumerate(("US1", "A", "A", "A")):
        record(runtime, seen(hour, seller_id=seller))
    assert [each.status for each in alerts_of(runtime, "buy_box_lost")] == ["open"]

    record(runtime, seen(9, seller_id="US1"))
    assert [each.status for each in alerts_of(runtime, "buy_box_lost")] == ["resolved"]


def test_a_rival_below_our_price_and_our_own_margin_are_told(runtime: Runtime) -> None:
    product = Product(handle="lamp", name="Lamp")
    product.variants = [ProductVariant(sku="L", position=1, price=Decimal(10), cost_price=Decimal(9), currency="USD")]
    with runtime.write(ANN) as unit:
        unit.add(product)
    track(runtime, asin(1), competitor_of="L")
    track(runtime, asin(2), product="L")
    record(runtime, seen(of=asin(1), price="8"), seen(of=asin(2), own_price="10"))

    [undercut] = alerts_of(runtime, "competitor_undercut")
    [margin] = alerts_of(runtime, "margin_below")
    assert (undercut.new_value, undercut.status) == ("8", "open")
    assert (margin.subject_type, margin.status) == ("market_product", "open")
    record(runtime, seen(1, of=asin(1), price="11"))
    assert [each.status for each in alerts_of(runtime, "competitor_undercut")] == ["resolved"]


def test_of_several_variants_the_one_that_is_shown_counts_and_of_rivals_the_cheapest(runtime: Runtime) -> None:
    codes = {"S": "4006381333931", "L": "4012345678901"}
    product = Product(handle="lamp", name="Lamp")
    product.variants = [
        ProductVariant(sku=sku, position=at, price=price, cost_price=cost, currency="USD", barcode=codes[sku])
        for at, (sku, price, cost) in enumerate((("S", Decimal(10), Decimal(9)), ("L", Decimal(20), Decimal(5))), 1)
    ]
    product.metafields = [
        ProductMetafield(namespace="pricing", key="floor_price", value="12.50", value_type="number_decimal")
    ]
    with runtime.write(ANN) as unit:
        unit.add(product)
    track(runtime, asin(1), asin(4), product="S", gtins=(codes["L"],))
    track(runtime, asin(2), product="S")
    track(runtime, asin(3), competitor_of="S")
    track(runtime, asin(5), competitor_of="S", gtins=(codes["L"],))
    ours = [seen(of=asin(number), own_price="10") for number in (1, 2)]
    record(runtime, *ours, *(seen(of=asin(number), price="9.80") for number in (3, 5)), seen(of=asin(4), own_price="6"))

    # The lamp L costs 5: at 10 its margin is 50 %; of the listing that shows no code nobody knows which lamp it is.
    assert [each.new_value for each in alerts_of(runtime, "margin_below")] == ["6"]
    assert [(each.old_value, each.new_value) for each in alerts_of(runtime, "price_below_floor")] == [
        ("12.50", "10"),
        ("12.50", "6"),
    ]
    # 2 % below S is not worth an alert, 51 % below L is.
    assert [each.old_value for each in alerts_of(runtime, "competitor_undercut")] == ["20"]
