"""Which workers live, so that what a dead one was running is given to another.

Where the engine's tables are a file, all workers are on this host and the operating system knows: each holds the lock
of a place, and the lock ends with its holder. On PostgreSQL a worker counts its heartbeats, and the others see whether
the count moves: by their own clocks, so that hosts whose clocks differ do not take each other for dead.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Protocol

from sqlalchemy import delete, select, update

from mercat.core.database.engine import is_jobs_file, is_sqlite
from mercat.core.database.locks import named_lock
from mercat.core.database.results import rows_of
from mercat.core.jobs.models import JobWorker
from mercat.core.log import get_logger
from mercat.core.settings import Settings
from mercat.core.unit import Runtime, WriteUnit

log = get_logger(__name__)
_MOST_PLACES = 64
TakeOver = Callable[[str], int]


class Presence(Protocol):
    """A worker among workers."""

    name: str

    def watch(self, take_over: TakeOver) -> None:
        """Say that this one lives, and give what dead ones left to ``take_over``. Called every now and then."""

    def leave(self) -> None:
        """An orderly end."""


def is_on_one_host(settings: Settings) -> bool:
    """Whether all workers run on this host, because something that they share is a file."""
    return is_jobs_file(settings) or is_sqlite(settings)


def is_worked(runtime: Runtime, queue: str) -> bool:
    """Whether a worker seems to live that looks into this queue."""
    if is_on_one_host(runtime.settings):
        looked_into = [_queues_of(path) for path in _folder(runtime.settings.home).glob("*.lock") if _is_held(path)]
    else:
        with runtime.read() as unit:
            heard = unit.now - dt.timedelta(seconds=runtime.settings.jobs_takeover_s)
            looked_into = list(unit.session.scalars(select(JobWorker.queues).where(JobWorker.seen_at >= heard)))
    return any(not each or queue in each for each in looked_into)


def living(runtime: Runtime) -> list[str]:
    """The workers that live, as far as can be seen from here: by their locks, or by when they were seen last."""
    settings = runtime.settings
    if is_on_one_host(settings):
        return sorted(f"worker-{path.stem}" for path in _folder(settings.home).glob("*.lock") if _is_held(path))
    with runtime.read() as unit:
        # Hosts' clocks may differ: a minute more than silence takes to be noticed.
        since = unit.now - dt.timedelta(seconds=settings.jobs_takeover_s + 60)
        rows = select(JobWorker.name).where(JobWorker.seen_at >= since).order_by(JobWorker.name)
        return list(unit.session.scalars(rows))


class Places:
    """Numbered places in the home folder, one lock file each. Whoever restarts gets the lowest that is free."""

    def __init__(self, home: Path, *, queues: Sequence[str] | None, every_s: float) -> None:
        self._folder = _folder(home)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._queues = list(queues or ())
        self._every_s = every_s
        self._next = 0.0
        self._lock = self._free_place()

    def _free_place(self) -> IO[bytes]:
        for number in range(1, _MOST_PLACES + 1):
            held = _lock(self._folder / f"{number}.lock")
            if held is not None:
                self.name = f"worker-{number}"
                held.truncate(0)
                held.write(json.dumps(self._queues).encode())
                held.flush()
                return held
        message = f"there are {_MOST_PLACES} workers on this host already"
        raise RuntimeError(message)

    def watch(self, take_over: TakeOver) -> None:
        """Try the places of the others: one that can be taken has lost its worker."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._every_s
        for path in self._folder.glob("*.lock"):
            name = f"worker-{path.stem}"
            held = None if name == self.name else _lock(path)
            if held is None:
                continue
            try:
                # Under the dead one's own lock: nobody can take its place, or take over, meanwhile.
                _told(take_over(name), name)
                path.unlink()
            finally:
                held.close()

    def leave(self) -> None:
        """The lock goes; the place stays for whoever comes next."""
        self._lock.close()


def _folder(home: Path) -> Path:
    return home / "workers"


def _queues_of(path: Path) -> list[str]:
    """The queues that the worker at this place looks into; none: all."""
    try:
        queues: list[str] = json.loads(path.read_bytes() or b"[]")
    except (FileNotFoundError, ValueError):
        return []  # it comes or goes just now
    return queues


def _is_held(path: Path) -> bool:
    held = _lock(path)
    if held is not None:
        held.close()
    return held is None


def _lock(path: Path) -> IO[bytes] | None:
    held = path.open("ab")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        return None
    if not path.exists() or path.stat().st_ino != os.fstat(held.fileno()).st_ino:
        # It was removed between opening and locking: this lock guards nothing.
        held.close()
        return _lock(path)
    return held


class Heartbeats:
    """A counted heartbeat in the database, for workers on many hosts."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        queues: Sequence[str] | None,
        concurrency: int,
        every_s: float,
        silent_s: float,
    ) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._runtime = runtime
        self._every_s = every_s
        self._silent_s = silent_s
        self._next = 0.0
        self._heard: dict[str, tuple[int, float]] = {}
        self._queues = list(queues or ())
        self._concurrency = concurrency
        with runtime.write() as unit:
            self._appear(unit)

    def _appear(self, unit: WriteUnit) -> None:
        unit.add(
            JobWorker(
                name=self.name,
                host=socket.gethostname(),
                pid=os.getpid(),
                queues=self._queues,
                concurrency=self._concurrency,
                beats=0,
                seen_at=unit.now,
            )
        )

    def watch(self, take_over: TakeOver) -> None:
        """Beat, listen, and take over from whoever fell silent."""
        moment = time.monotonic()
        if moment < self._next:
            return
        self._next = moment + self._every_s
        with self._runtime.write() as unit:
            beat = update(JobWorker).where(JobWorker.name == self.name)
            beaten = unit.session.execute(beat.values(beats=JobWorker.beats + 1, seen_at=unit.now))
            if rows_of(beaten) == 0:
                # It was taken for dead and has come back: its old jobs are gone, for new ones it has to be seen again.
                self._appear(unit)
            counted = {row.name: row.beats for row in unit.session.execute(select(JobWorker.name, JobWorker.beats))}
        self._heard = {name: self._heard.get(name, (-1, moment)) for name in counted if name != self.name}
        for name, beats in counted.items():
            if name == self.name:
                continue
            if self._heard[name][0] != beats:
                self._heard[name] = (beats, moment)
            elif moment - self._heard[name][1] >= self._silent_s:
                self._succeed(name, take_over)

    def _succeed(self, name: str, take_over: TakeOver) -> None:
        # One at a time: the second finds nothing left that is the dead one's.
        with named_lock(self._runtime.engine, "job-takeover"):
            _told(take_over(name), name)
        with self._runtime.write() as unit:
            unit.session.execute(delete(JobWorker).where(JobWorker.name == name))

    def leave(self) -> None:
        """Nobody has to wait for this one to fall silent."""
        with self._runtime.write() as unit:
            unit.session.execute(delete(JobWorker).where(JobWorker.name == self.name))


def _told(jobs: int, name: str) -> None:
    if jobs:
        log.warning("jobs_taken_over", worker=name, jobs=jobs)
