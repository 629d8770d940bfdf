"""How far long work has come: a bar on a terminal, plain lines now and then elsewhere. Always on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mercat.cli.display import aside

Progress = Callable[[str, int, int | None], None]
# A log file or a pipe gets a line at most so often.
_EVERY_S = 5.0


@contextmanager
def progressing(unit: str = "rows") -> Iterator[Progress]:
    """Give a function to tell (stage, done so far, in all if known); ``unit`` is what is counted."""
    if aside().is_terminal:
        with _bar(unit) as tell:
            yield tell
    else:
        yield _lines(unit)


@contextmanager
def _bar(unit: str) -> Iterator[Progress]:
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[facts]}", markup=False),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=aside(), transient=True, refresh_per_second=8) as bars:
        task = bars.add_task("starting", total=None, facts="")
        stages: dict[str, float] = {}

        def tell(stage: str, done: int, total: int | None) -> None:
            began = stages.setdefault(stage, time.monotonic())
            if bars.tasks[0].description != stage:
                bars.reset(task, total=total, description=stage)
            facts = _facts(unit, done, total, time.monotonic() - began)
            bars.update(task, completed=done, total=total, facts=facts)

        yield tell


def _lines(unit: str) -> Progress:
    stages: dict[str, float] = {}
    said = time.monotonic()

    def tell(stage: str, done: int, total: int | None) -> None:
        nonlocal said
        moment = time.monotonic()
        began = stages.setdefault(stage, moment)
        # The first line waits as well: a short run says nothing at all.
        if moment - said >= _EVERY_S:
            said = moment
            sys.stderr.write(f"{stage}: {_facts(unit, done, total, moment - began)}\n")
            sys.stderr.flush()

    return tell


def _facts(unit: str, done: int, total: int | None, seconds: float) -> str:
    if not done:
        return ""
    parts = [f"{done:,} of {total:,} {unit}" if total else f"{done:,} {unit}"]
    if seconds > 0.5:
        rate = done / seconds
        parts.append(f"{rate:,.0f}/s")
        if total and total > done:
            parts.append(f"{_span((total - done) / rate)} left")
    return ", ".join(parts)


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}" if minutes else f"{rest} s"
