"""Runs as a process of its own: opens one workbook and writes its rows to standard output.

A workbook is the one format that no reader streams, and damaged ones make the parser ask for any amount of memory,
which ends the process that runs it. So it runs here, under limits, and imports nothing of ours: it must start fast.

Arguments: path, sheet name (or "" for the first with rows), bytes of memory, seconds of processor time.
Output: marshalled lists of rows, led by ("sheet", name) and ended by ("end",), or ("error", kind, text).
"""

from __future__ import annotations

import marshal
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

BATCH = 1000
EXACT = 10**15


def cell_text(value: Any) -> str:
    """A cell as text: integers bare, other numbers without exponent below 1e15, dates in ISO 8601, true and false."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return ""


def number_text(value: float) -> str:
    """``12.0`` as "12", ``1e-07`` as "0.0000001"; from 1e15 on a whole number is written out, too."""
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - the test for not-a-number
        return ""
    if value == int(value) and abs(value) < 10**21:
        return str(int(value))
    text = repr(value)
    if "e" in text and abs(value) < EXACT:
        from decimal import Decimal  # noqa: PLC0415 - rarely needed, and the child must start fast

        return format(Decimal(text), "f")
    return text


def limit(memory: int, seconds: int) -> None:
    """Bound this process where the system knows how to (not on Windows)."""
    try:
        import resource  # noqa: PLC0415 - not there on Windows
    except ImportError:
        return
    for what, amount in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(what)[1]
        soft = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        try:
            resource.setrlimit(what, (soft, hard))
        except (ValueError, OSError):  # macOS refuses some of them
            continue


def rows_of(sheet: Any) -> Iterator[list[Any]]:
    """All rows from the top-left cell A1, so that line numbers are those that Excel shows."""
    start = sheet.start
    if start is None:
        return
    # The reader fills up the rows above the first one in use, but not the columns before it.
    left = start[1]
    for cells in sheet.iter_rows():
        yield [""] * left + cells if left else cells


def say(message: Any) -> None:
    marshal.dump(message, sys.stdout.buffer)


def choose(book: Any, wanted: str) -> tuple[str, Any] | None:
    """The sheet of that name, or the first with rows in it."""
    names = [wanted] if wanted else [meta.name for meta in book.sheets_metadata if "WorkSheet" in str(meta.typ)]
    for name in names:
        sheet = book.get_sheet_by_name(name)
        if wanted or sheet.start is not None:
            return name, sheet
    return None


def main(path: str, wanted: str, memory: int, seconds: int) -> None:
    limit(memory, seconds)
    from python_calamine import CalamineWorkbook  # noqa: PLC0415 - after the limits are set

    try:
        with CalamineWorkbook.from_path(path) as book:
            if wanted and wanted not in book.sheet_names:
                say(("error", "NoSheet", ", ".join(book.sheet_names)))
                return
            chosen = choose(book, wanted)
            if chosen is None:
                say(("error", "Empty", ""))
                return
            name, sheet = chosen
            say(("sheet", name))
            batch: list[list[str]] = []
            for cells in rows_of(sheet):
                batch.append([cell_text(value) for value in cells])
                if len(batch) >= BATCH:
                    say(batch)
                    batch = []
            say(batch)
            say(("end",))
    except MemoryError:
        say(("error", "MemoryError", ""))
    except BaseException as error:  # noqa: BLE001 - PanicException is no Exception: one more way of being damaged
        say(("error", type(error).__name__, str(error)[:300]))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
