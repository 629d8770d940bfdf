"""Each database's own form: SQLite's online backup, ``pg_dump -Fc``, ``mariadb-dump``.

All three are taken while others write, and hold one moment.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine import URL

from mercat.core.errors import Conflict, Invalid
from mercat.core.redaction import scrub
from mercat.core.settings import child_environment

PARTS = {
    "sqlite": "database.sqlite",
    "postgresql": "database.pgdump",
    "mariadb": "database.sql",
    "mysql": "database.sql",
}
_PAGES = 4_096
_ENDS = b"-- Dump completed"
_TAIL = 4_096


def why_not(engine: Engine) -> str | None:
    """Why this database's own form cannot be taken here: the program that is missing."""
    tool = _tool(engine)
    if tool is None or shutil.which(tool) is not None:
        return None
    return f"{tool} is not installed"


def _tool(engine: Engine) -> str | None:
    if engine.dialect.name == "sqlite":
        return None
    if engine.dialect.name == "postgresql":
        return "pg_dump"
    return "mariadb-dump" if shutil.which("mariadb-dump") else "mysqldump"


def copy_out(engine: Engine, to: Path, *, snapshot: str | None = None, advance: Callable[[int, int], None]) -> None:
    """Write the database's own form. ``snapshot``: of PostgreSQL, the moment that another transaction exported.

    Raises ``Conflict`` with the program's own words where it fails.
    """
    if engine.dialect.name == "sqlite":
        _copy_sqlite(engine, to, advance)
    elif engine.dialect.name == "postgresql":
        at = [] if snapshot is None else [f"--snapshot={snapshot}"]
        with _postgres_login(engine.url) as (arguments, environment):
            command = ["pg_dump", "-Fc", "--no-owner", "--schema=public", *at, f"--file={to}", *arguments]
            run(command, environment)
    else:
        with _mariadb_login(engine.url) as login:
            tool = _tool(engine) or ""
            options = [
                "--single-transaction",
                "--quick",
                "--hex-blob",
                "--skip-lock-tables",
                "--default-character-set=utf8mb4",
            ]
            run([tool, login, *options, f"--result-file={to}", str(engine.url.database)], {})
            if not _is_complete(to):
                message = f"{tool} ended before it had written everything"
                raise Conflict(message)


def _copy_sqlite(engine: Engine, to: Path, advance: Callable[[int, int], None]) -> None:
    """From inside one reading transaction: writers go on, and nothing of theirs gets in."""
    source = sqlite3.connect(str(engine.url.database), isolation_level=None)
    target = sqlite3.connect(to)
    try:
        source.execute("PRAGMA busy_timeout = 60000")
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        source.backup(target, pages=_PAGES, sleep=0, progress=lambda _status, left, total: advance(total - left, total))
    except sqlite3.Error as failed:
        message = f"the copy of the database could not be written: {failed}"
        raise Conflict(message) from failed
    finally:
        target.close()
        source.close()


def _is_complete(dump: Path) -> bool:
    with dump.open("rb") as given:
        given.seek(max(0, dump.stat().st_size - _TAIL))
        return _ENDS in given.read()


def put_in_sqlite(database: Path, into: Engine) -> None:
    """Put a database file in the place of the one in use, which others may have open: all of it or none.

    Raises ``Invalid`` where its pages are of another size, which cannot be written over.
    """
    source = sqlite3.connect(database)
    target = sqlite3.connect(str(into.url.database), isolation_level=None)
    try:
        sizes = [each.execute("PRAGMA page_size").fetchone()[0] for each in (source, target)]
        if sizes[0] != sizes[1]:
            message = f"pages of {sizes[0]} bytes do not go in the place of pages of {sizes[1]}"
            raise Invalid(message)
        target.execute("PRAGMA busy_timeout = 600000")
        source.backup(target)
    except sqlite3.Error as failed:
        message = f"the database is as it was, for the backup could not be put in its place: {failed}"
        raise Conflict(message) from failed
    finally:
        target.close()
        source.close()


def put_in_postgres(dump: Path, into: Engine, tables: Sequence[str]) -> None:
    """Put a dump in the place of all of Mercat's tables, in one transaction. Raises ``Conflict``.

    Its end is said from here: where this process is killed psql hears no more, and the server takes everything back.
    """
    with _postgres_login(into.url) as (arguments, environment), tempfile.TemporaryFile() as said:
        common: dict[str, Any] = {"stderr": said, "env": child_environment(**environment)}
        reads = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *arguments]
        writes = ["pg_restore", "--no-owner", "--file=-", str(dump)]
        with (
            subprocess.Popen(writes, stdout=subprocess.PIPE, **common) as script,  # noqa: S603  # as below
            subprocess.Popen(reads, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, **common) as psql,  # noqa: S603  # what varies is the database's own address
        ):
            try:
                _tell(psql, script, tables)
            except BrokenPipeError:
                # It ended early, and has said why; what it was to hear has no reader any more.
                script.kill()
            except BaseException:
                psql.kill()
                script.kill()
                raise
        if psql.returncode or script.returncode:
            said.seek(0)
            raise _failed("psql" if psql.returncode else "pg_restore", psql.returncode, said.read())


def _tell(psql: subprocess.Popen[bytes], script: subprocess.Popen[bytes], tables: Sequence[str]) -> None:
    assert psql.stdin is not None  # noqa: S101  # both were asked for
    assert script.stdout is not None  # noqa: S101
    with psql.stdin as out:
        lines = ["BEGIN;", "SET LOCAL client_min_messages = warning;"]
        lines += [f'DROP TABLE IF EXISTS "{each}" CASCADE;' for each in tables]
        out.write("".join(f"{line}\n" for line in lines).encode())
        for line in script.stdout:
            # The schema itself is there, and a dump of it says to make it.
            if not line.startswith((b"CREATE SCHEMA public;", b"COMMENT ON SCHEMA public ")):
                out.write(line)
        if script.wait() == 0:
            out.write(b"COMMIT;\n")


def put_in_mariadb(dump: Path, into: URL) -> None:
    """Run a dump into an empty database. Raises ``Conflict``."""
    tool = "mariadb" if shutil.which("mariadb") else "mysql"
    with _mariadb_login(into) as login, dump.open("rb") as given:
        run([tool, login, "--default-character-set=utf8mb4", str(into.database)], {}, given=given)


def run(command: Sequence[str], environment: dict[str, str], *, given: object = subprocess.DEVNULL) -> None:
    """Run a database's own program. Raises ``Conflict`` with what it said."""
    done = subprocess.run(  # noqa: S603  # the commands stand above; what varies is the database's own address
        command,
        env=child_environment(**environment),
        stdin=given,  # type: ignore[call-overload]  # a file, or nothing
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise _failed(command[0], done.returncode, done.stderr)


def _failed(program: str, code: int, said: bytes) -> Conflict:
    text = scrub(said.decode("utf-8", "replace").strip()) or f"exit code {code}"
    return Conflict(f"{program} failed: {text.splitlines()[0][:500]}")


@contextmanager
def _postgres_login(url: URL) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Arguments, and an environment in which the password is a file that only we can read."""
    arguments = [f"--dbname={url.database}"]
    arguments += [f"--host={url.host}"] if url.host else []
    arguments += [f"--port={url.port}"] if url.port else []
    arguments += [f"--username={url.username}", "--no-password"] if url.username else ["--no-password"]
    if url.password is None:
        yield arguments, {}
        return
    escaped = str(url.password).replace("\\", "\\\\").replace(":", "\\:")
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="mercat-pgpass-") as login:
        login.write(f"*:*:*:*:{escaped}\n")
        login.flush()
        yield arguments, {"PGPASSFILE": login.name}


@contextmanager
def _mariadb_login(url: URL) -> Iterator[str]:
    """The argument that names a file with the address and the password, which only we can read."""
    facts = {"host": url.host, "port": url.port, "user": url.username, "password": url.password}
    quoted = {name: str(value).replace("\\", "\\\\").replace('"', '\\"') for name, value in facts.items() if value}
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="mercat-my-", suffix=".cnf") as login:
        login.write("[client]\n" + "".join(f'{name}="{value}"\n' for name, value in quoted.items()))
        login.flush()
        yield f"--defaults-extra-file={login.name}"
