"""Stock: the shop offers what our suppliers' standing offers hold, and never overwrites what it sold meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mercat.core.actor import Actor
from mercat.core.jobs import Progress
from mercat.core.unit import Runtime
from mercat.domain.listings.connecting import Shop
from mercat.domain.listings.stock_repository import Level, StockBulk
from mercat.domain.listings.waiting import insist
from mercat.sdk.channels import StockLevel
from mercat.sdk.errors import Rejected

_AT_ONCE = 250
_FIRST = bytes(16)


class Stocker:
    """One run's levelling at one shop."""

    def __init__(self, runtime: Runtime, actor: Actor, shop: Shop, progress: Progress) -> None:
        self.runtime = runtime
        self.actor = actor
        self.shop = shop
        self.progress = progress
        self.moved = 0

    def level(self, only: Collection[bytes] | None = None) -> int:
        """Set every quantity that differs; how many. A quantity that somebody else moved is looked up and set anew."""
        if self.shop.stocked is None:
            return 0
        after = _FIRST
        while True:
            with self.runtime.read(self.actor) as unit:
                page = StockBulk(unit.bulk, self.shop.id.bytes).unlevel(after=after, limit=_AT_ONCE, only=only)
            if not page:
                return self.moved
            stale = self._set(page)
            if stale:
                self._set(self._looked_up(stale))
            after = page[-1].id
            self.progress("setting stock", self.moved, None)

    def _set(self, levels: Sequence[Level]) -> list[Level]:
        """Those that somebody else moved meanwhile."""
        by_key = {_key(each): each for each in levels}
        asked = [
            StockLevel(each.stock_reference, self.shop.stocked or "", each.wanted, each.there, key)
            for key, each in by_key.items()
        ]
        outcomes = insist(lambda: list(self.shop.channel.set_stock(asked)), self.shop.watch.pause)
        done = [by_key[each.key] for each in outcomes if each.error is None]
        stale = [
            by_key[each.key] for each in outcomes if isinstance(each.error, Rejected) and each.error.field == "expected"
        ]
        with self.runtime.write(self.actor) as unit:
            StockBulk(unit.bulk, self.shop.id.bytes).moved(done, unit.now)
            self.shop.meter.write(unit)
        self.moved += len(done)
        return stale

    def _looked_up(self, stale: Sequence[Level]) -> list[Level]:
        """The same with what the shop offers now; those that are gone there, or right by now, are left out."""
        references = {each.reference for each in stale}
        shown = insist(lambda: list(self.shop.channel.listings(references=references)), self.shop.watch.pause)
        there = {
            variant.stock_reference: variant.quantities.get(self.shop.stocked or "", 0)
            for each in shown
            for variant in each.variants
        }
        found = [each._replace(there=there[each.stock_reference]) for each in stale if each.stock_reference in there]
        with self.runtime.write(self.actor) as unit:
            StockBulk(unit.bulk, self.shop.id.bytes).seen(found, unit.now)
        return [each for each in found if each.there != each.wanted]


def _key(level: Level) -> str:
    """This very movement: sent again it has the same name, and the next one of the variant has another."""
    return f"{level.id.hex()}-{level.moves}-{level.there}-{level.wanted}"
