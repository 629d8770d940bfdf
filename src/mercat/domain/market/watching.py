"""Having new observations looked over, and people told of what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.alerts import service as alerts
from mercat.domain.market.configurable import OWN_SELLERS
from mercat.domain.market.detectors import Finding, detect
from mercat.domain.market.snapshot_repository import Snapshot, State
from mercat.domain.market.tail_repository import Ours, TailBulk
from mercat.domain.market.thresholds import with_thresholds
from mercat.domain.operations import service as operations

_LISTING = "market_product"
_WORDS = {
    "price_change": "price {old} → {new} {currency} ({measure:+} %)",
    "rank_improved": "sales rank {old} → {new} ({measure} % better)",
    "rank_dropped": "sales rank {old} → {new} ({measure} % worse)",
    "out_of_stock": "out of stock",
    "back_in_stock": "back in stock",
    "buy_box_lost": "the Buy Box went to {new}",
    "rating_drop": "rating {old} → {new} in a week",
    "review_spike": "{new} reviews instead of {old}",
    "listing_relisted": "listed again",
    "competitor_undercut": "{new} {currency}, {measure} % below our {old}",
    "margin_below": "a margin of {measure} % at {new} {currency}",
    "price_below_floor": "{new} {currency}, below the floor of {old}",
}


class Watcher:
    """Looks over the new observations of one batch, each listing's in the order of time."""

    def __init__(self, unit: WriteUnit, states: Sequence[State], new: Mapping[bytes, Sequence[Snapshot]]) -> None:
        self.own_sellers = frozenset(own_sellers(unit))
        past = TailBulk(unit.bulk, self.own_sellers)
        self.tails = past.tails(states, new)
        self.ours = past.ours(states)
        self.signals: list[alerts.Signal] = []

    def look(self, state: State, snapshot: Snapshot) -> None:
        """Take in one observation that is newer than all before it."""
        ours = self.ours.get(state.listing)
        found = detect(
            self.tails[state.listing],
            snapshot.at,
            snapshot.values,
            own_sellers=self.own_sellers,
            pricing=None if ours is None else ours.pricing,
        )
        if state.is_unlisted and (state.unlisted_at is None or snapshot.at > state.unlisted_at):
            found.append(Finding("listing_unlisted", snapshot.at, is_on=False))
            found.append(Finding("listing_relisted", snapshot.at))
        self.signals += [signal_of(each, state, snapshot.currency, ours) for each in found]

    def tell(self, unit: WriteUnit) -> None:
        """Have the rules judge what was found."""
        if self.signals:
            alerts.judge(unit, with_thresholds(unit, self.signals))


def signal_of(finding: Finding, state: State, currency: str, ours: Ours | None) -> alerts.Signal:
    """A finding as the rules take it."""
    listing = UUID(bytes=state.listing)
    name = state.title or f"{state.asin} at {state.marketplace}"
    words = _WORDS.get(finding.kind, "")
    said = (
        words.format(old=finding.old, new=finding.new, currency=currency, measure=finding.measure)
        if finding.is_on
        else ""
    )
    return alerts.Signal(
        finding.kind,
        alerts.Subject(_LISTING, str(listing), name),
        f"{name}: {said}"[:500],
        is_on=finding.is_on,
        measure=finding.measure,
        old_value=finding.old,
        new_value=finding.new,
        change_pct=finding.measure if finding.kind == "price_change" else None,
        facts=finding.facts,
        at=finding.at,
        category=None if ours is None else ours.category_id,
        snapshot_ref=f"{listing}@{finding.at.isoformat()}",
    )


def own_sellers(unit: ReadUnit) -> list[str]:
    """Our own seller ids, as they are set."""
    return operations.value_of(unit, OWN_SELLERS)
