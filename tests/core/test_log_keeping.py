"""Keeping log lines holds nobody up: what cannot be written is lost and counted, whatever the writer does."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from mercat.core.log import LogLine, get_logger
from mercat.core.log_keeping import LogKeeper

log = get_logger(__name__)
MOST_WAITING = 10_000


class Shelf:
    """Where lines are written to; it can be shut, and it can refuse."""

    def __init__(self) -> None:
        self.lines: list[LogLine] = []
        self.open = threading.Event()
        self.open.set()
        self.refuses = False

    def write(self, lines: Sequence[LogLine]) -> None:
        self.open.wait()
        if self.refuses:
            message = "the database is away"
            raise OSError(message)
        self.lines += lines

    @property
    def events(self) -> list[str]:
        return [each.event for each in self.lines]


@contextmanager
def keeping(shelf: Shelf, level: str = "INFO") -> Iterator[LogKeeper]:
    keeper = LogKeeper(shelf.write, lambda: level)
    keeper.start(level)
    try:
        yield keeper
    finally:
        shelf.open.set()
        keeper.close(within_s=30)


def test_lines_at_or_above_the_level_are_kept_with_their_place() -> None:
    shelf = Shelf()
    with keeping(shelf, "WARNING"):
        log.info("too_low")
        log.warning("kept", count=3)

    (line,) = shelf.lines

    assert (line.event, line.level, line.data["count"]) == ("kept", "warning", 3)
    assert (line.logger_name, line.function) == (
        __name__,
        "test_lines_at_or_above_the_level_are_kept_with_their_place",
    )
    assert line.line_number is not None


def test_nothing_is_kept_before_and_after() -> None:
    shelf = Shelf()
    log.error("before")
    with keeping(shelf):
        log.error("meanwhile")
    log.error("after")

    assert shelf.events == ["meanwhile"]


def test_a_writer_that_hangs_holds_nobody_up_and_what_is_lost_is_counted() -> None:
    shelf = Shelf()
    shelf.open.clear()
    with keeping(shelf) as keeper:
        started = time.perf_counter()
        for number in range(MOST_WAITING + 2_000):
            log.info("line", number=number)
        seconds = time.perf_counter() - started
        lost = keeper.lost

    assert 1_000 <= lost <= 2_000  # a batch may be in the writer's hands
    assert seconds < 20
    assert len(shelf.events) == MOST_WAITING + 2_000 - lost + shelf.events.count("log_lines_lost")
    assert [each.data["lines"] for each in shelf.lines if each.event == "log_lines_lost"] == [lost]


def test_a_writer_that_refuses_loses_lines_and_says_how_many_when_it_is_back() -> None:
    shelf = Shelf()
    shelf.refuses = True
    with keeping(shelf) as keeper:
        for _ in range(3):
            log.info("lost")
        while keeper.lost < 3:
            time.sleep(0.001)
        shelf.refuses = False
        log.info("back")

    assert shelf.events == ["back", "log_lines_lost"]
    assert shelf.lines[1].data == {"lines": 3}


def test_closing_does_not_wait_for_a_writer_that_hangs() -> None:
    shelf = Shelf()
    shelf.open.clear()
    keeper = LogKeeper(shelf.write, lambda: "INFO")
    keeper.start("INFO")
    log.info("stuck")
    started = time.perf_counter()
    keeper.close(within_s=0.2)

    assert time.perf_counter() - started < 5
    assert shelf.lines == []
    shelf.open.set()


def test_what_the_writer_itself_logs_does_not_go_round() -> None:
    shelf = Shelf()
    written = shelf.write

    def write(lines: Sequence[LogLine]) -> None:
        log.info("about_to_write")
        written(lines)

    keeper = LogKeeper(write, lambda: "INFO")
    keeper.start("INFO")
    log.info("one")
    keeper.close(within_s=30)

    assert shelf.events == ["one"]


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"password": "hunter2"}, "***"),
        ({"data": {"api_key": "k"}}, {"api_key": "***"}),
        ({"data": [{"deep": {"client_secret": "k"}}]}, [{"deep": {"client_secret": "***"}}]),
        ({"url": "ftp://anna:pw1234@h.test/x"}, "ftp://anna:***@h.test/x"),
        ({"data": ["https://h.test/?token=abc"]}, ["https://h.test/?token=***"]),
        ({"reason": "Authorization: Bearer abc.def"}, "Authorization: ***"),
        ({"value": float("nan")}, "nan"),
        ({"value": {1}}, [1]),
    ],
)
def test_facts_are_kept_plain_and_without_secrets(facts: dict[str, object], shown: object) -> None:
    shelf = Shelf()
    with keeping(shelf):
        log.info("said", **facts)

    assert list(shelf.lines[0].data.values()) == [shown]
