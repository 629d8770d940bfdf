"""Workbooks: parsed by a child process under limits of memory and time, so that none can harm us."""

from __future__ import annotations

import marshal
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds.archives import Member
from mercat.sdk.feeds.dialects import looks_like_header
from mercat.sdk.feeds.options import MIB, ReadOptions
from mercat.sdk.feeds.tables import Row, Table, heading

CHILD = Path(__file__).with_name("workbook_child.py")
ROWS_JUDGED = 300
WHY = {
    "PasswordError": "is protected by a password; save it without one",
    "Empty": "has no sheet with rows in it; check what was sent",
    "MemoryError": "needs more memory than we give a workbook; save it as CSV",
}


def read_workbook(member: Member, options: ReadOptions, kind: str) -> Table:
    """One sheet of a workbook: the one stated, else the first with rows. Lines are numbered as Excel shows them.

    Raises ``Unreadable`` for damaged and protected workbooks, unknown sheets, and those that take too much memory or
    time.
    """
    first: list[list[str]] = []
    with _child(member, options) as rows:
        sheet = next(rows)[0][0]
        for _, cells in chain.from_iterable(_rows(rows, member.name, options)):
            first.append(cells)
            if len(first) >= ROWS_JUDGED:
                break
    if not first:
        raise Unreadable(f"{member.name} {WHY['Empty']}", member=member.name)
    has_header = looks_like_header(first) if options.header is None else options.header
    widest = max(map(len, first))
    header = heading(first[0]) if has_header else [str(place) for place in range(1, widest + 1)]

    def batches(size: int) -> Iterator[list[Row]]:
        skip = has_header
        with _child(member, options) as again:
            next(again)
            batch: list[Row] = []
            for row in chain.from_iterable(_rows(again, member.name, options)):
                if skip:
                    skip = False
                    continue
                batch.append(row)
                if len(batch) >= size:
                    yield batch
                    batch = []
            if batch:
                yield batch

    return Table(f"{member.name}#{sheet}" if options.sheet else member.name, kind, header, batches)


def _rows(rows: Iterator[list[list[str]]], name: str, options: ReadOptions) -> Iterator[list[Row]]:
    """Numbered rows with something in them; the empty cells at their right end are left out."""
    line = 0
    for batch in rows:
        kept: list[Row] = []
        for cells in batch:
            line += 1
            if line <= options.skip_rows or not any(cells):
                continue
            while not cells[-1]:
                cells.pop()
            if len(cells) > options.limits.max_columns:
                raise Unreadable(f"{name}, row {line}: {len(cells):,} cells in one row; split the table", member=name)
            kept.append((line, cells))
        yield kept


@contextmanager
def _on_disk(member: Member) -> Iterator[Path]:
    """A path to the bytes: the file itself, or a temporary copy of an archive's member."""
    if member.path is not None:
        yield member.path
        return
    with tempfile.TemporaryDirectory(prefix="mercat-") as folder:
        path = Path(folder) / "workbook"
        with member.open() as stream, path.open("wb") as copy:
            shutil.copyfileobj(stream, copy, MIB)
        yield path


@contextmanager
def _child(member: Member, options: ReadOptions) -> Iterator[Iterator[list[list[str]]]]:
    """The child's output: first ``[[sheet name]]``, then lists of rows."""
    limits = options.limits
    with _on_disk(member) as path:
        # -P: the folder of the script must not come before the standard library.
        command = [
            sys.executable,
            "-P",
            str(CHILD),
            str(path),
            options.sheet or "",
            str(limits.max_workbook_memory),
            str(limits.max_workbook_seconds),
        ]
        with subprocess.Popen(  # noqa: S603 - our own interpreter and script, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as child:
            try:
                yield _messages(child, member.name)
            finally:
                child.kill()


def _messages(child: subprocess.Popen[bytes], name: str) -> Iterator[list[list[str]]]:
    stream = child.stdout
    assert stream is not None  # noqa: S101 - we asked for a pipe
    while True:
        try:
            message: Any = marshal.load(stream)  # noqa: S302 - from our own child
        except (EOFError, ValueError, TypeError) as error:
            child.wait()
            raise Unreadable(
                f"{name} made the workbook reader stop (exit code {child.returncode}): "
                "it asks for too much memory or time, or is damaged; save it as CSV and try again",
                member=name,
            ) from error
        if isinstance(message, list):
            yield message
        elif message[0] == "sheet":
            yield [[message[1]]]
        elif message[0] == "end":
            return
        else:
            raise Unreadable(_reason(name, message[1], message[2]), member=name)


def _reason(name: str, kind: str, text: str) -> str:
    if kind == "NoSheet":
        return f"{name} has no such sheet; it has {text}"
    why = WHY.get(
        kind, f"cannot be read as a workbook ({text}); open it in a spreadsheet program and save it anew, or as CSV"
    )
    return f"{name} {why}"
