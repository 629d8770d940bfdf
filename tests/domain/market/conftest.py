"""Watching a market that stands still until it is told otherwise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mercat.core import unit
from mercat.core.unit import Runtime
from mercat.domain.market import service as market
from mercat.sdk.installed import connectors
from mercat.sdk.market import Observation
from tests.domain.market.booth import KEY, WORLDS, World
from tests.shops import ANN

ASIN = "B0F7XPYCSJ"
START = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def asin(number: int) -> str:
    """The ASIN of a listing that nobody sells."""
    return f"B{number:09}"


def seen(hours: float = 0, *, of: str = ASIN, marketplace: str = "US", **values: Any) -> Observation:
    """An observation so many hours after the start."""
    return Observation(asin=of, marketplace=marketplace, observed_at=START + dt.timedelta(hours=hours), **values)


def track(runtime: Runtime, *listings: str, **how: Any) -> list[market.Tracked]:
    """Watch ASINs in the United States, or what is said."""
    drafts = [market.TrackDraft(each, **{"marketplace": "US", **how}) for each in listings or (ASIN,)]
    return runtime.attempt(lambda opened: market.track_many(opened, drafts), ANN)


def record(runtime: Runtime, *observations: Observation, **how: Any) -> market.Recorded:
    """Bring in what was seen."""
    return runtime.attempt(lambda opened: market.record(opened, observations, **{"provider": "test", **how}), ANN)


def latest(runtime: Runtime, of: str = ASIN) -> dict[str, Any]:
    """What a listing shows."""
    with runtime.read(ANN) as opened:
        return dict(market.show(opened, of).latest)


class Clock:
    """Mercat's clock, turned by hand. Units that are opened from now on show what it says."""

    def __init__(self, at: dt.datetime) -> None:
        self.at = at

    def __call__(self) -> dt.datetime:
        return self.at

    def pass_(self, **span: float) -> None:
        self.at += dt.timedelta(**span)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock(START)
    monkeypatch.setattr(unit, "now", made)
    return made


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[World]:
    """A booth that is found as every connector is: by its entry point."""
    info = tmp_path / "site" / "booth-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: booth\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[mercat.connectors]\nbooth = tests.domain.market.booth:connector\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    connectors.cache_clear()
    WORLDS[str(tmp_path)] = World(clock)
    yield WORLDS[str(tmp_path)]
    del WORLDS[str(tmp_path)]
    connectors.cache_clear()


@pytest.fixture
def connect(tmp_path: Path, world: World) -> Callable[[Runtime], market.SourceView]:
    """Connects the booth as a source."""
    assert world.failure is None

    def add(runtime: Runtime, name: str = "booth") -> market.SourceView:
        draft = market.SourceDraft(name, "booth", {"world": str(tmp_path)}, {"key": KEY})
        return market.add_source(runtime, ANN, draft)

    return add


def tick(runtime: Runtime) -> list[market.Refreshed]:
    """What the schedule does: each source that may be asked is, about what is due."""
    with runtime.write(ANN) as opened:
        names = market.enqueue_due(opened)
    return [market.refresh(runtime, ANN, name) for name in names]
