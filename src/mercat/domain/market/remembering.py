"""Bringing in what a source remembers of listings: their whole past, as observations."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from mercat.core.actor import Actor
from mercat.core.errors import Invalid
from mercat.core.jobs import UNWATCHED, Watch
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.market.keeping import roll_up
from mercat.domain.market.models import EARLIEST
from mercat.domain.market.observing import record
from mercat.domain.market.schemas import Recorded
from mercat.domain.market.snapshot_repository import SnapshotBulk
from mercat.domain.market.sources import open_source
from mercat.sdk.market import Observation, Remembering, Wanted

_AT_ONCE = 2_000


def import_past(
    runtime: Runtime, actor: Actor, source: str, wanted: Collection[Wanted], *, watch: Watch = UNWATCHED
) -> Recorded:
    """Keep all that a source ever saw of listings, watched from now on; nobody is told, for it is no news.

    Safe to repeat. Raises ``Invalid`` for a source that remembers nothing, and what asking it raises.
    """
    actor.require("market.record")
    opened = open_source(runtime, actor, source, watch=watch)
    if not isinstance(opened.source, Remembering):
        message = f"the source {source} ({opened.provider}) knows nothing of the past"
        raise Invalid(message)
    result = Recorded()
    try:
        for past in opened.source.past(list(wanted)):
            watch.check()
            for start in range(0, len(past), _AT_ONCE):
                some = past[start : start + _AT_ONCE]
                how = partial(record, seen=some, provider=opened.provider, create=True, is_quiet=True)
                result.add(runtime.attempt(how, actor))
            if past:
                runtime.attempt(partial(_roll_up, first=past[0]), actor)
            watch.progress("observations", result.seen, None)
    finally:
        opened.meter.flush()
    return result


def _roll_up(unit: WriteUnit, first: Observation) -> None:
    """Put its days in a line at once: single observations that are old go with the next night."""
    [state] = SnapshotBulk(unit.bulk).states([(first.asin, first.marketplace)]).values()
    roll_up(unit, [state.listing], max(first.observed_at, EARLIEST))
