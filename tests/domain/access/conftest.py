"""What this room's tests share."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from mercat.domain.access import hashing

Busy = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def busy() -> Busy:
    """Holds up all threads that hash, for as long as the block lasts, and gives their names."""

    @contextmanager
    def held_up() -> Iterator[list[str]]:
        names: list[str] = []
        go_on, are_held = threading.Event(), threading.Barrier(hashing.AT_ONCE + 1)

        def hold() -> None:
            names.append(threading.current_thread().name)
            are_held.wait(timeout=20)
            go_on.wait(timeout=20)

        held = [hashing._threads().submit(hold) for _ in range(hashing.AT_ONCE)]
        are_held.wait(timeout=20)
        try:
            yield names
        finally:
            go_on.set()
            for each in held:
                each.result()

    return held_up
