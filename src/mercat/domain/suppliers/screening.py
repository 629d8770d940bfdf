"""Screening: rows whose code no database keeps as it is, and the last row of each code in a batch. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from mercat.sdk.records import BadRow, FeedRow

Reject = tuple[int, str | None, str, str]
_NUL = "\x00"


def screen(batch: Sequence[FeedRow | BadRow]) -> tuple[dict[str, FeedRow], list[Reject], int]:
    """(rows by code, the last one standing; rejects as line, code, text, reason; how many rows a later one repeats)."""
    rejects: list[Reject] = []
    rows: dict[str, FeedRow] = {}
    duplicates = 0
    doubtful = not are_sound([row.key for row in batch if isinstance(row, FeedRow)])
    for row in batch:
        if isinstance(row, BadRow):
            rejects.append((row.line, None, row.raw, row.reason))
            continue
        if doubtful:
            fault = _fault_of(row.key)
            if fault is not None:
                rejects.append((row.line, None, str(row.raw), fault))
                continue
            # MariaDB takes no notice of blanks at the end of a code, the others do: nobody gets to see any.
            row = row._replace(key=row.key.strip())  # noqa: PLW2901  # the same row, as it is kept
        if row.key in rows:
            duplicates += 1
            # Deleted first, so that the last row also stands last.
            del rows[row.key]
        rows[row.key] = row
    return rows, rejects, duplicates


def are_sound(keys: list[str]) -> bool:
    """Whether all of a batch can be taken as they stand: asked of all at once, for they nearly always can."""
    joined = "".join(keys)
    is_text = joined.isascii() or not any("\ud800" <= char <= "\udfff" for char in joined)
    return _NUL not in joined and is_text and "" not in keys and list(map(str.strip, keys)) == keys


def _fault_of(key: str) -> str | None:
    if not key.strip():
        return "has no code, which tells products apart"
    if _NUL in key:
        return "its code holds a NUL character, which no database keeps: mend it at its source"
    try:
        key.encode()
    except UnicodeEncodeError:
        return "its code holds half a character (a lone surrogate): the file was decoded wrongly at its source"
    return None
