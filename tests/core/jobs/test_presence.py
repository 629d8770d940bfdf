"""Who lives, and who inherits."""

from __future__ import annotations

from pathlib import Path

import pytest

from mercat.core.jobs.presence import Heartbeats, Places
from mercat.core.unit import Runtime


def test_the_place_of_a_dead_worker_is_inherited_once_and_then_free(tmp_path: Path) -> None:
    taken: list[str] = []

    def take(name: str) -> int:
        taken.append(name)
        return 1

    first, second, third = (Places(tmp_path, queues=None, every_s=0) for _ in range(3))
    assert [first.name, second.name, third.name] == ["worker-1", "worker-2", "worker-3"]
    third.watch(take)
    assert taken == []
    second.leave()  # what the operating system does for one that was killed
    third.watch(take)
    first.watch(take)
    assert taken == ["worker-2"]
    again = Places(tmp_path, queues=None, every_s=0)
    assert again.name == "worker-2"
    for each in (first, third, again):
        each.leave()


def test_a_worker_whose_heart_stops_is_inherited_and_one_that_beats_is_not(runtime: Runtime) -> None:
    if runtime.engine.dialect.name == "sqlite":
        pytest.skip("workers beside a file hold a place instead")
    taken: list[str] = []

    def take(name: str) -> int:
        taken.append(name)
        return 0

    dead, alive, watching = (Heartbeats(runtime, queues=None, concurrency=1, every_s=0, silent_s=0) for _ in range(3))
    # With no patience at all, silence is one look without a beat.
    watching.watch(take)
    alive.watch(lambda _name: 0)
    taken.clear()
    watching.watch(take)
    assert dead.name in taken
    assert alive.name not in taken
    dead.watch(take)  # it was not dead after all
    taken.clear()
    watching.watch(take)
    watching.watch(take)
    assert dead.name in taken, "one that comes back is seen again"
    for each in (alive, watching):
        each.leave()
