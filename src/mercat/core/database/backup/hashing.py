"""The rows of a SQLite file that nobody has open, counted and hashed; of a large one by a process of its own.

Converting rows is work of the interpreter, and threads that write meanwhile would wait for it at every statement. The
other process is given the tables and tells what it has done, a line of JSON at a time.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import IO

import msgspec
from sqlalchemy import create_engine

from mercat.core.database.backup.archive import TableEntry
from mercat.core.database.backup.portable import Advance, hash_tables, nothing
from mercat.core.database.drivers import said_by_driver
from mercat.core.database.rows import Shape, shapes
from mercat.core.errors import Conflict
from mercat.core.settings import child_environment

# Less is done sooner than an interpreter starts.
_LARGE = 64_000_000


class _Told(msgspec.Struct):
    """So many more rows of a table are done; at the end all that was found."""

    stage: str = ""
    rows: int = 0
    found: list[TableEntry] | None = None


def hash_file(path: Path, advance: Advance = nothing) -> list[TableEntry]:
    """The tables of a file, each with its rows and their hash. Raises ``Conflict`` where it cannot be read."""
    if path.stat().st_size < _LARGE:
        return _hash(path, list(shapes().values()), advance)
    command = [sys.executable, "-m", __name__, str(path)]
    with subprocess.Popen(  # noqa: S603  # this very interpreter, on a file of ours
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=child_environment()
    ) as other:
        try:
            return _followed(other, path, advance)
        except BaseException:
            other.kill()
            raise


def _followed(other: subprocess.Popen[bytes], path: Path, advance: Advance) -> list[TableEntry]:
    given, told = _pipe(other.stdin), _pipe(other.stdout)
    given.write(msgspec.json.encode(list(shapes().values())))
    given.close()
    for line in told:
        each = msgspec.json.decode(line, type=_Told)
        if each.found is not None:
            return each.found
        advance(each.stage, each.rows)
    said = _pipe(other.stderr).read().decode("utf-8", "replace").strip() or "it ended early"
    message = f"the rows of {path.name} could not be counted: {said.splitlines()[-1]}"
    raise Conflict(message)


def _pipe(end: IO[bytes] | None) -> IO[bytes]:
    assert end is not None  # noqa: S101  # every end was asked for
    return end


def _hash(path: Path, tables: list[Shape], advance: Advance) -> list[TableEntry]:
    engine = create_engine(f"sqlite:///file:{path}?mode=ro&immutable=1&uri=true")
    try:
        with engine.connect() as connection:
            return hash_tables(connection, advance, tables=tables)
    finally:
        engine.dispose()


def _tell(told: _Told) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


def main(path: Path) -> None:
    """What the other process does: tables in, what was found out."""
    tables = msgspec.json.decode(sys.stdin.buffer.read(), type=list[Shape])
    try:
        _tell(_Told(found=_hash(path, tables, lambda stage, rows: _tell(_Told(stage, rows)))))
    except Exception as failed:  # noqa: BLE001  # a line for who started us, who says which file it is
        sys.exit(said_by_driver(failed) or repr(failed))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
