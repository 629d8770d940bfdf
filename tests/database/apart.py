"""Backups and restores in processes of their own, which tests kill, or give a disk that is full."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import time
from pathlib import Path

from mercat.core.actor import Actor
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.domain import register_hearing, register_tables
from mercat.domain.operations import service as operations
from mercat.main import main

register_tables()
register_hearing()
_ROOT = Actor("user", "root")
# One process imports everything once; each child begins there, so that it is the work that is killed and not the imports.
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload([__name__])


def restore(settings: Settings, name: str, *, kill_after: float | None = None) -> float:
    """Restore in another process, which is killed after so many seconds if it still runs; the seconds that it had."""
    process = _SERVER.Process(target=_restore, args=(settings, name))
    began = time.perf_counter()
    process.start()
    process.join(kill_after)
    process.kill()
    process.join()
    return time.perf_counter() - began


def _restore(settings: Settings, name: str) -> None:
    operations.restore_backup(Runtime(settings), _ROOT, name, is_safe=False)


def on_a_small_disk(settings: Settings, bytes_: int, told: Path, *arguments: str) -> int:
    """``mercat db`` with these arguments where no file may grow beyond so many bytes: its exit code; ``told`` is what it says."""
    process = _SERVER.Process(target=_main, args=(settings, bytes_, told, arguments))
    process.start()
    process.join()
    return process.exitcode or 0


def _main(settings: Settings, bytes_: int, told: Path, arguments: tuple[str, ...]) -> None:
    os.environ |= {"MERCAT_HOME": str(settings.home), "MERCAT_DATABASE_URL": settings.database_url}
    sys.argv = ["mercat", "db", *arguments]
    # What is imported from now on must not leave torn bytecode.
    sys.dont_write_bytecode = True
    sys.stderr = told.open("w")
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, bytes_))
    main()
