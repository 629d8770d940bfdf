"""Lists of best sellers and reviews, on real databases: each place once, who moved, days in figures, opinions once each."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from mercat.core.errors import Invalid, NotFound
from mercat.core.unit import Runtime
from mercat.domain.market import service as market
from mercat.domain.market.comparing import left, movement
from mercat.domain.market.summarising import Entry, summary
from mercat.sandbox.market import running
from mercat.sdk.market import Ranked, Reviewed
from mercat.sdk.marketplaces import MARKETPLACES, category_at
from mercat.sdk.roles import FeedFile
from tests.domain.market.conftest import ASIN, START, Clock, asin, record, seen, tick, track
from tests.shared_data import shared
from tests.shops import ANN, feed

NODE = "172282"


def place(rank: int, of: str, hours: float = 0, **more: object) -> Ranked:
    at = START + dt.timedelta(hours=hours)
    return Ranked(category=NODE, marketplace="US", observed_at=at, rank=rank, asin=of, **more)  # type: ignore[arg-type]


def keep(runtime: Runtime, *places: Ranked) -> market.Recorded:
    return runtime.attempt(lambda unit: market.record_ranks(unit, places, provider="test"), ANN)


def listed(runtime: Runtime, **how: object) -> market.BestsellerList:
    with runtime.read(ANN) as unit:
        return market.bestsellers(unit, NODE, marketplace="US", **how)  # type: ignore[arg-type]


def test_who_entered_who_left_and_where_we_stand(runtime: Runtime, clock: Clock, tmp_path: Path) -> None:
    feed(runtime, tmp_path, [{"sku": "L-1", "name": "Lamp", "price": "10", "currency": "USD"}], yes=True)
    track(runtime, ASIN, product="L-1", title="Our lamp")
    clock.pass_(days=2)
    record(runtime, seen(24, price="19.99", sales_rank=40, rating="4.5"))
    first = [place(rank, asin(rank), price=f"{rank}.50", category_name="Electronics") for rank in range(1, 6)]
    assert keep(runtime, *first).new == 5
    assert listed(runtime).places[0].movement == "unknown"
    second = [place(rank, of, 24) for rank, of in enumerate([asin(2), asin(1), asin(9), asin(4), ASIN], 1)]
    wrong = [place(0, asin(1), 24), place(7, asin(7), 24, rating="6"), place(8, asin(8), 9_999)]

    done = keep(runtime, *second, *wrong)
    again = keep(runtime, *second)

    assert (done.new, done.refused, again.new, again.duplicates) == (5, 3, 0, 5)
    found = listed(runtime)
    assert found.category.name == "Electronics"
    assert [(each.asin, each.previous_rank, each.movement) for each in found.places] == [
        (asin(2), 2, "up"),
        (asin(1), 1, "down"),
        (asin(9), None, "entered"),
        (asin(4), 4, "same"),
        (ASIN, None, "entered"),
    ]
    assert [(each.asin, each.previous_rank) for each in found.left] == [(asin(3), 3), (asin(5), 5)]
    [ours] = listed(runtime, limit=2).ours
    assert (ours.rank, ours.title, ours.handle, ours.is_ours) == (5, "Our lamp", "lamp-l-1", True)
    before = listed(runtime, at=START + dt.timedelta(hours=1))
    assert (before.previous_at, before.places[4].asin) == (None, asin(5))
    with runtime.read(ANN) as unit:
        _, days = market.category_metrics(unit, NODE, marketplace="US", days=30)
        with pytest.raises(NotFound):
            market.bestsellers(unit, "1", marketplace="US")
    assert [(each["price_count"], each["price_mean"], each["price_max"]) for each in days] == [
        (5, "3.5", "5.5"),
        # What the second list does not tell, the watched listing does, for it was seen then.
        (1, "19.99", "19.99"),
    ]
    assert (days[1]["rank_count"], days[1]["rank_median"], days[1]["rating_mean"]) == (1, "40", "4.5")

    clock.pass_(days=100)
    assert market.keep_history(runtime, ANN)["lists_removed"] == 2
    with runtime.read(ANN) as unit:
        _, kept = market.category_metrics(unit, NODE, marketplace="US", days=200)
    assert kept == days


@pytest.mark.parametrize(
    ("rank", "before", "depth", "wanted"),
    [(3, 5, 10, "up"), (5, 3, 10, "down"), (3, 3, 10, "same"), (3, None, 10, "entered"), (30, None, 10, "unknown"),
     (3, None, None, "unknown")],
)  # fmt: skip
def test_what_lies_below_the_end_of_a_list_is_not_known(
    rank: int, before: int | None, depth: int | None, wanted: str
) -> None:
    assert movement(rank, before, depth) == wanted
    assert left({"A": 1}, {"A": 1, "B": 10, "C": 11}, 10) == [("B", 10)]


def test_a_list_in_figures() -> None:
    rows = [Entry(Decimal(price), rank, None, None) for price, rank in (("1.01", 7), ("2", 9), ("4.02", 20))]
    found = summary([*rows, Entry(), Entry(review_count=10)])
    assert (found["sample_size"], found["price_count"], found["price_mean"]) == (5, 3, Decimal("2.3433"))
    assert (found["price_median"], found["rank_median"], found["rank_max"]) == (Decimal(2), Decimal(9), 20)
    assert (found["rating_mean"], found["review_count_mean"]) == (None, Decimal(10))


def test_a_source_is_asked_for_lists_in_their_rhythm(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    with running("keepa") as sandbox:
        market.add_source(runtime, ANN, market.sandbox_draft("box", "keepa", sandbox.url))
        for category in ("3", "77"):
            runtime.attempt(
                lambda unit, word=category: market.track_category(unit, word, marketplace="US", source="box"), ANN
            )
        ours = sandbox.world.best_sellers(1, 3, 120)[110]
        track(runtime, ours)
        [done] = tick(runtime)
        assert (done.lists, done.status, tick(runtime)) == (1, "partial", [])
        assert "77 at US: Keepa knows no list" in done.errors[0]
        with runtime.read(ANN) as unit:
            found = market.bestsellers(unit, "3", marketplace="US", limit=500)
            above = market.category_of(unit, "2", marketplace="US")
            lost = market.category_of(unit, "77", marketplace="US")
        assert (found.category.name, found.category.level, found.category.parent_id) == ("Small boxes", 2, above.id)
        # Whole down to a hundred; below that only what is watched.
        assert (found.depth, len(found.places), found.places[-1].asin, found.places[-1].rank) == (100, 101, ours, 111)
        assert lost.failure_count == 1
        assert lost.next_due_at is not None

        sandbox.world.faults.extend(["500"] * 3)
        with runtime.write(ANN) as unit:
            market.track_category(unit, "3", marketplace="US", source="box")
        [failed] = tick(runtime)
        assert (failed.status, failed.lists) == ("failed", 0)


def test_addresses_of_lists_are_read() -> None:
    for address, wanted in {
        "https://www.amazon.com/Best-Sellers-Home/zgbs/home-garden/1055398/ref=zg_bs_nav_0": ("1055398", "US"),
        "https://www.amazon.de/gp/bestsellers/electronics": ("electronics", "DE"),
        "https://www.amazon.co.jp/b?node=2127209051": ("2127209051", "JP"),
        "Home & Kitchen": ("Home & Kitchen", "US"),
    }.items():
        found, at = category_at(address, default=MARKETPLACES["US"])
        assert (found, at.code) == wanted
    for wrong in ("https://www.amazon.com/dp/B0F7XPYCSJ", "https://example.com/zgbs/1", "", "a\nb"):
        with pytest.raises(ValueError, match=r"no category|no address"):
            category_at(wrong, default=MARKETPLACES["US"])


def test_reviews_are_kept_once_and_say_what_they_say_last(runtime: Runtime) -> None:
    track(runtime)

    def take(*given: Reviewed) -> market.Recorded:
        return runtime.attempt(lambda unit: market.record_reviews(unit, given), ANN)

    one = Reviewed(
        asin=ASIN, marketplace="US", rating="5", review_id="R1", text="good", reviewed_on=dt.date(2026, 1, 2)
    )
    two = Reviewed(asin=ASIN, marketplace="US", rating="1.5", text="bad", verified=True, helpful_count=3)
    lost = Reviewed(asin=asin(1), marketplace="US", rating="5", review_id="R1")
    wrong = Reviewed(asin=ASIN, marketplace="US", rating="7")
    first, again = take(one, two, two, lost, wrong), take(one, two)
    assert (first.new, first.duplicates, first.refused) == (2, 1, 2)
    assert (again.new, again.duplicates) == (0, 2)
    changed = Reviewed(
        asin=ASIN, marketplace="US", rating="4", review_id="R1", text="good", reviewed_on=one.reviewed_on
    )
    assert take(changed).new == 1
    with runtime.read(ANN) as unit:
        from mercat.domain.market.review_repository import ReviewBulk  # noqa: PLC0415  # what the table holds

        [(_, said)] = ReviewBulk(unit.bulk).known([("US", "R1")]).values()
    assert said == ("4", None, "good", None, "2026-01-02", None, None, None)


@pytest.mark.shared
def test_a_real_file_of_reviews_comes_in(sqlite_runtime: Runtime) -> None:
    path = shared("data/market/reviews/amazon_alexa.tsv")
    asked = market.ObservationImport(
        [FeedFile(path.name, path)],
        settings={"marketplace": "US", "asin": ASIN},
        create=True,
        what="reviews",
    )
    first = market.import_observations(sqlite_runtime, ANN, asked)
    again = market.import_observations(sqlite_runtime, ANN, asked)
    assert (first.seen, first.refused, first.created) == (3_150, 0, 1)
    assert first.new + first.duplicates == 3_150
    assert first.new > 2_000
    assert (again.new, again.duplicates) == (0, 3_150)


def test_files_of_lists_are_read_and_what_is_missing_is_said(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(
        "position,asin,category,observed_at,price,stars\n"
        f'#1,{asin(1)},https://www.amazon.de/zgbs/kitchen/3167641,2026-11-01,"1.299,00 €","4,5 von 5"\n'
        f"2,{asin(2)},https://www.amazon.com/zgbs/kitchen/1,2026-11-01,,\n"
        f"x,{asin(3)},3167641,2026-11-01,,\n"
    )
    asked = market.ObservationImport([FeedFile(path.name, path)], settings={"marketplace": "DE"}, what="bestsellers")
    done = market.import_observations(sqlite_runtime, ANN, asked)
    assert (done.new, done.refused) == (1, 2)
    with sqlite_runtime.read(ANN) as unit:
        [only] = market.bestsellers(unit, "3167641", marketplace="DE").places
    assert (only.price, only.currency, only.rating) == ("1299", "EUR", "4.5")
    with pytest.raises(Invalid, match="not of"):
        market.import_observations(sqlite_runtime, ANN, market.ObservationImport([], what="gossip"))
