"""A rule tried on the past of watched listings fires as often as it would have."""

import datetime as dt
from decimal import Decimal

import pytest

from mercat.core.errors import Conflict
from mercat.core.unit import Runtime
from mercat.domain import register_replays
from mercat.domain.alerts import service as alerts
from mercat.sdk.market import Observation
from tests.domain.market.conftest import ASIN, record, track
from tests.shops import ANN

PRICES = ("10", "11", "11", "9", "9.5", "12", "12.1")


def test_a_backtest_counts_what_would_have_fired(runtime: Runtime):
    register_replays()
    track(runtime)
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    for days, price in enumerate(PRICES):
        at = now - dt.timedelta(days=20 - 2 * days)
        record(runtime, Observation(asin=ASIN, marketplace="US", observed_at=at, price=price))

    def fired(days: int = 90, **changes: object) -> int:
        with runtime.read(ANN) as unit:
            return alerts.backtest(unit, "price_change", days=days, changes=changes).fired

    # +10 %, -18.2 %, +5.6 %, +26.3 %, +0.8 %
    assert fired() == 3
    assert fired(threshold=Decimal(5)) == 4
    assert fired(threshold=Decimal(20)) == 1
    assert fired(days=15) == 1
    with runtime.read(ANN) as unit:
        whole = alerts.backtest(unit, "price_change", days=90)
        assert (whole.signals, whole.subjects, sum(whole.fired_by_day.values())) == (5, 1, 3)
        with pytest.raises(Conflict, match="nothing is recorded of feed_stale"):
            alerts.backtest(unit, "feed_stale")
