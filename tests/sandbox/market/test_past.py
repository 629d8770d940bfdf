"""A past of listings that is made from a seed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec

from mercat.sandbox.market.past import Sample, write_past

NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
SAMPLES = [
    Sample("B0DEMO0001", "DE", "Lamp", 1999, is_ours=True, story="buy box lost"),
    Sample("B0RIVL0001", "DE", "Other lamp", 2050, story="sold out"),
]


def test_it_is_the_same_for_everybody_and_ends_as_it_was_told_to(tmp_path: Path):
    for name in ("one", "two"):
        write_past(tmp_path / name, tmp_path / f"{name}-news", SAMPLES, until=NOON, days=30)
    past, news = ((tmp_path / name).read_bytes() for name in ("one", "one-news"))

    assert (past, news) == tuple((tmp_path / name).read_bytes() for name in ("two", "two-news"))
    assert len(past.splitlines()) + len(news.splitlines()) == 2 * 30 * 4
    seen = [msgspec.json.decode(line) for line in news.splitlines()]
    ours = [each for each in seen if each["asin"] == "B0DEMO0001"]
    assert ours[0]["seller"] == "Demo shop"
    assert {each["seller"] for each in ours[1:]} == {"Kontora"}
    assert [each["in_stock"] for each in seen if each["asin"] == "B0RIVL0001"] == [True, False, False, False]
    assert max(each["observed_at"] for each in seen) == NOON.isoformat()
