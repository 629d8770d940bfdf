"""A listing's own threshold, and that of somebody who watches it, decide whom a change is told."""

from decimal import Decimal

from mercat.core.actor import Actor
from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from mercat.domain.market import service as market
from tests.domain.alerts.signals import kept, person, told
from tests.domain.market.conftest import ASIN, asin, record, seen, track


def test_user_and_item_go_before_item_and_item_before_the_rule(runtime: Runtime):
    """D2: threshold resolution, from where people set it."""
    keen, usual = person(runtime, "keen"), person(runtime, "usual")
    track(runtime, ASIN, price_change_threshold=Decimal(50))
    track(runtime, asin(1), asin(2))
    as_keen = Actor("user", "keen", access.ROLES["viewer"], id=keen.id)
    with runtime.write(as_keen) as unit:
        for listing in (ASIN, asin(1)):
            market.watch(unit, market.find(unit, listing).id, {"price_change_threshold": Decimal(3)})
    for hours, price in ((0, "100"), (1, "105")):
        record(runtime, *(seen(hours, of=each, price=price) for each in (ASIN, asin(1), asin(2))))

    assert len(kept(runtime, alert_type="price_change")) == 2
    assert len(told(runtime, user_id=keen.id)) == 2
    assert told(runtime, user_id=usual.id) == []

    record(runtime, *(seen(2, of=each, price="126") for each in (ASIN, asin(1), asin(2))))
    heard = {each.title for each in told(runtime, user_id=usual.id)}
    assert len(heard) == 2
    assert not any(ASIN in each for each in heard)
