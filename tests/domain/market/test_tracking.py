"""What is watched, how often, and what it is of ours."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from mercat.core.actor import Actor
from mercat.core.errors import Conflict, Forbidden, Invalid, NotFound
from mercat.core.unit import Runtime
from mercat.domain.catalog.models import Product, ProductIdentifier, ProductVariant
from mercat.domain.market import service as market
from mercat.domain.market.linking import link
from mercat.sdk.market import Facts
from mercat.sdk.marketplaces import MARKETPLACES
from mercat.sdk.roles import FeedFile
from mercat.sdk.values import mpn_key
from tests.domain.market.conftest import ASIN, asin, record, seen, track
from tests.shops import ANN


def stock(runtime: Runtime, sku: str, **values: Any) -> Product:
    """A product of ours."""
    codes = {name: values.pop(name, None) for name in ("barcode", "asin", "gtin")}
    product = Product(
        handle=sku.lower(), name=sku, part_key=mpn_key(values.get("manufacturer_part_number") or "") or None
    )
    for name, value in values.items():
        setattr(product, name, value)
    variant = ProductVariant(sku=sku, barcode=codes["barcode"])
    variant.identifiers = [
        ProductIdentifier(scheme=scheme, value=codes[scheme]) for scheme in ("asin", "gtin") if codes[scheme]
    ]
    product.variants = [variant]
    with runtime.write(ANN) as unit:
        unit.add(product)
    return product


def show(runtime: Runtime, word: str = ASIN, **where: Any) -> market.ListingView:
    with runtime.read(ANN) as unit:
        return market.show(unit, word, **where)


def test_an_address_is_watched_in_its_own_currency(runtime: Runtime) -> None:
    [done] = track(runtime, f"https://www.amazon.co.jp/x/dp/{ASIN}/ref=1", frequency="hourly")
    view = show(runtime)

    assert (done.status, done.asin, done.marketplace) == ("created", ASIN, "JP")
    assert (view.latest["currency"], view.facts["url"]) == ("JPY", f"https://www.amazon.co.jp/dp/{ASIN}")
    assert (view.tracking["track_frequency"], view.tracking["track_every_s"]) == ("hourly", 3_600)


def test_watching_again_changes_only_what_is_said(runtime: Runtime) -> None:
    track(runtime, price_change_threshold=Decimal(5), frequency="weekly", source="keepa")
    assert [each.status for each in track(runtime)] == ["unchanged"]
    assert [each.status for each in track(runtime, frequency="hourly")] == ["updated"]

    tracking = show(runtime).tracking
    assert (tracking["price_change_threshold"], tracking["track_frequency"], tracking["source"]) == (
        "5",
        "hourly",
        "keepa",
    )


def test_the_same_listing_twice_in_one_go_is_one(runtime: Runtime) -> None:
    done = track(runtime, ASIN, ASIN.lower(), f"https://www.amazon.com/dp/{ASIN}")

    assert [each.status for each in done] == ["created", "unchanged", "unchanged"]
    assert len({each.id for each in done}) == 1


def test_what_cannot_be_watched_stops_nothing(runtime: Runtime) -> None:
    done = track(runtime, "nonsense", asin(1))

    assert [each.status for each in done] == ["refused", "created"]
    assert "is no ASIN" in (done[0].error or "")


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"frequency": "yearly"}, "frequencies are"),
        ({"frequency": "custom"}, "interval of its own"),
        ({"every_s": 10}, "every 300 s at most"),
        ({"every_s": 600, "frequency": "daily"}, "not both"),
        ({"price_change_threshold": Decimal(101)}, "from 0 to 100"),
        ({"role": "enemy"}, "role is one of"),
        ({"marketplace": "XX"}, "no marketplace"),
        ({"product": "NOPE"}, "SKU or handle"),
        ({"gtins": ("123",)}, "is no GTIN"),
    ],
)
def test_wrong_wishes_are_refused_with_the_reason(sqlite_runtime: Runtime, how: dict[str, Any], says: str) -> None:
    [done] = track(sqlite_runtime, **how)

    assert done.status == "refused"
    assert says in (done.error or "")


def test_a_listing_is_what_its_codes_say(runtime: Runtime) -> None:
    by_asin = stock(runtime, "A", asin=asin(1))
    by_gtin = stock(runtime, "B", barcode="4006381333931")
    by_part = stock(runtime, "C", brand="Acme GmbH", manufacturer_part_number="AB-12/3")
    track(runtime, asin(1))
    track(runtime, asin(2), gtins=("04006381333931",))
    track(runtime, asin(3), brand="ACME", part_number="ab 123")
    track(runtime, asin(4), brand="Other", part_number="ab 123")

    found = [show(runtime, asin(n)).product for n in range(1, 5)]

    assert [each and each["handle"] for each in found] == [by_asin.handle, by_gtin.handle, by_part.handle, None]
    assert [each["method"] for each in found if each] == ["asin", "gtin", "mpn"]
    confidence = [Decimal(each["confidence"]) for each in found if each]
    assert confidence == sorted(confidence, reverse=True)


def test_a_person_is_right_about_what_it_is(runtime: Runtime) -> None:
    stock(runtime, "A", asin=ASIN)
    ours = stock(runtime, "B")
    track(runtime)
    track(runtime, product="B")
    track(runtime)

    product = show(runtime).product
    assert product is not None
    assert (product["handle"], product["method"]) == (ours.handle, "manual")


def test_contradicting_codes_are_left_to_a_person() -> None:
    one, other = market_id(1), market_id(2)

    assert link({"asin": {one}, "gtin": {other}, "mpn": set()}).product_id is None
    assert link({"asin": {one}, "gtin": {one}, "mpn": {other}}).product_id is None
    assert link({"asin": {one, other}, "gtin": set(), "mpn": set()}).product_id is None
    assert link({"asin": {one, other}, "gtin": {one}, "mpn": set()}).product_id == one
    assert link({"asin": set(), "gtin": set(), "mpn": {one}}).product_id == one


def market_id(number: int) -> Any:
    return UUID(int=number)


def test_a_marketplace_teaches_what_it_is(runtime: Runtime) -> None:
    ours = stock(runtime, "B", barcode="4006381333931")
    track(runtime)
    record(
        runtime, seen(price="5", facts=Facts(title="Pens", brand="Acme", gtins=("4006381333931",), features=("red",)))
    )

    view = show(runtime)
    assert view.product is not None
    assert (view.product["handle"], view.facts["title"], view.facts["features"]) == (ours.handle, "Pens", ["red"])
    assert view.latest["price"] == "5"


def test_a_competitor_has_a_role(runtime: Runtime) -> None:
    stock(runtime, "A")
    track(runtime, competitor_of="A", role="premium")
    track(runtime, competitor_of="A", role="budget")

    view = show(runtime)
    assert [(each["handle"], each["role"], each["confidence"]) for each in view.competes_with] == [("a", "budget", "1")]
    assert view.facts["is_competitor"]


def test_a_file_is_watched_row_by_row(runtime: Runtime, tmp_path: Path) -> None:
    stock(runtime, "A")
    path = tmp_path / "list.csv"
    rows = [f"https://www.amazon.de/dp/{asin(1)},hourly,,5%", f"{asin(2)},,A,", "nonsense,,,", f"{asin(3)},daily,,many"]
    path.write_text("\n".join(["url,frequency,competitor of,price threshold", *rows]) + "\n")

    found = [
        each
        for some in market.track_file(runtime, ANN, FeedFile(path.name, path), market.TrackDraft("", "US"))
        for each in some
    ]

    assert [(each.line, each.status, each.marketplace) for each in found] == [
        (2, "created", "DE"),
        (3, "created", "US"),
        (4, "refused", None),
        (5, "refused", None),
    ]
    assert show(runtime, asin(1)).tracking["price_change_threshold"] == "5"


def test_a_bare_list_needs_no_heading(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("".join(f"https://www.amazon.com/dp/{asin(n)}\n" for n in range(4)))

    found = market.track_file(sqlite_runtime, ANN, FeedFile(path.name, path), market.TrackDraft(""))

    assert [(each.asin, each.line) for some in found for each in some] == [(asin(n), n + 1) for n in range(4)]


def test_an_asin_at_two_marketplaces_has_to_be_told_apart(runtime: Runtime) -> None:
    track(runtime, ASIN)
    track(runtime, ASIN, marketplace="DE")

    with pytest.raises(Conflict, match="DE, US"):
        show(runtime)
    assert show(runtime, marketplace="amazon.de").marketplace == "DE"


def test_what_is_watched_no_more_keeps_its_past(runtime: Runtime) -> None:
    track(runtime)
    record(runtime, seen(price="5"))
    with runtime.write(ANN) as unit:
        market.untrack(unit, ASIN)
    assert (show(runtime).tracking["is_active"], show(runtime).latest["price"]) == (False, "5")

    with runtime.write(ANN) as unit:
        market.untrack(unit, ASIN, delete=True)
    with pytest.raises(NotFound, match="is not watched"):
        show(runtime)


def test_whoever_may_only_look_changes_nothing(sqlite_runtime: Runtime) -> None:
    viewer = Actor("user", "Vic", frozenset({"market.read"}))
    with pytest.raises(Forbidden), sqlite_runtime.write(viewer) as unit:
        market.track(unit, market.TrackDraft(ASIN, "US"))
    with pytest.raises(Forbidden), sqlite_runtime.write(viewer) as unit:
        market.record(unit, [], provider="test")
    with pytest.raises(Invalid), sqlite_runtime.write(ANN) as unit:
        market.track(unit, market.TrackDraft("nonsense", "US"))
    assert len(MARKETPLACES) >= 18
