"""Keepa's step series become observations exactly, and the means are Keepa's own."""

from __future__ import annotations

import json
import lzma
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mercat.connectors.keepa.files import KeepaFiles
from mercat.connectors.keepa.settings import KeepaFileSettings
from mercat.connectors.keepa.wire import SERIES, instant, minute_of
from mercat.core.unit import Runtime
from mercat.domain.market import service as market
from mercat.sdk.errors import Unreadable
from mercat.sdk.market import Observation
from mercat.sdk.records import BadRow
from mercat.sdk.roles import FeedFile
from tests.shared_data import shared
from tests.shops import ANN

ASIN = "B0F7XPYCSJ"


def read(path: Path) -> list[list[Observation | BadRow]]:
    return list(KeepaFiles(KeepaFileSettings()).batches([FeedFile(path.name, path)]))


def test_minutes_are_keepas() -> None:
    assert instant(411_180).timestamp() == 1_318_510_800  # the example of Keepa's own documentation
    assert minute_of(instant(8_075_776)) == 8_075_776


def test_series_of_any_shape_are_read(tmp_path: Path) -> None:
    csv: list[Any] = [None] * 36
    csv[0], csv[1] = [7_900_000, -1], [7_900_000, 1999, 7_900_100, -1, 7_900_200, 2099]
    csv[7], csv[16] = [7_900_000, 1500, 399], [7_900_050, 45]
    csv[18], csv[34] = [7_900_000, 1999, 0, 7_900_100, -1, -1], [7_900_000, 2]
    product = {"asin": ASIN, "domainId": 5, "title": "Tube", "csv": csv, "salesRanks": {"9": [7_900_000, 12]}}
    product |= {"buyBoxSellerIdHistory": ["7900000", "A1", "7900100", "-1"], "eanList": ["4006381333931"]}
    path = tmp_path / "answer.json"
    path.write_text(json.dumps({"products": [product, {"asin": "B000000000", "domainId": 1}, {"asin": 7}]}))

    series, unknown, broken = read(path)

    assert all(isinstance(each, BadRow) for each in (*unknown, *broken))
    first, rating, second, third = series
    assert isinstance(first, Observation)
    assert (first.marketplace, first.currency, first.price, first.amazon_price) == ("JP", "JPY", "1999", None)
    assert (first.lowest_fbm_price, first.buybox_price, first.buybox_shipping) == ("1899", "1999", "0")
    assert (first.seller_id, first.in_stock, first.extra, first.sub_rank) == ("A1", True, {"fba_offer_count": 2}, 12)
    assert first.facts is not None
    assert first.facts.gtins == ("4006381333931",)
    assert isinstance(rating, Observation)
    assert rating.rating == "4.5"
    assert isinstance(second, Observation)
    assert (second.price, second.buybox_price, second.seller_id, second.in_stock) == (None, None, None, False)
    assert isinstance(third, Observation)
    assert (third.price, third.in_stock, third.facts) == ("2099", True, None)


def test_what_is_no_answer_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_text('{"error": 1}')

    with pytest.raises(Unreadable, match="no answer of Keepa"):
        read(path)


@pytest.mark.shared
def test_a_real_history_is_kept_point_by_point(runtime: Runtime, tmp_path: Path) -> None:
    answer = json.loads(lzma.decompress(shared("data/market/keepa/B0F7XPYCSJ-full.json.xz").read_bytes()))
    [product] = answer["products"]
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(answer))
    asked = market.ObservationImport([FeedFile(path.name, path)], "keepa", create=True)

    first = market.import_observations(runtime, ANN, asked)
    again = market.import_observations(runtime, ANN, asked)

    assert (first.refused, first.created, again.new, again.duplicates) == (0, 1, 0, first.new)
    names = {at: each.metric for at, each in SERIES.items() if at < len(product["csv"]) and product["csv"][at]}
    assert len(names) >= 7
    with runtime.read(ANN) as unit:
        past = market.history(unit, ASIN, fields=list(names.values()), days=3_660, until=instant(product["lastUpdate"]))
    told = {each.name: each for each in past.metrics}
    for at, name in names.items():
        series, metric = product["csv"][at], told[name]
        pairs = list(zip(series[::2], series[1::2], strict=True))
        scale = 2 if SERIES[at].unit == "money" else 0
        wanted = [(instant(minute), None if value == -1 else Decimal(value).scaleb(-scale)) for minute, value in pairs]
        assert [(each.at, None if each.value is None else Decimal(each.value)) for each in metric.points] == wanted, (
            name
        )
        assert (minute_of(metric.points[0].at), minute_of(metric.points[-1].at)) == (pairs[0][0], pairs[-1][0])
        known = [value for _, value in pairs if value != -1]
        if known:
            ends = (Decimal(metric.least).scaleb(scale), Decimal(metric.most).scaleb(scale))
            assert ends == (min(known), max(known))
        stated = product["stats"]
        for days in (30, 90, 180):
            mean = metric.means[str(days)]
            assert (-1 if mean is None else int(Decimal(mean).scaleb(scale))) == stated[f"avg{days}"][at], (name, days)
    assert len(told["sales_rank"].points) == 358
    assert told["sales_rank"].means["365"] == str(product["stats"]["avg365"][3])
