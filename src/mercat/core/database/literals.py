"""Values as a database's own notation has them: a column at a time, for hardly one holds anything that needs care."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

# The backslash first: the others bring one of their own.
_COPY_ESCAPES = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
_MARIADB_ESCAPES = {"\\": r"\\", "'": r"\'"}


def copy_lines(columns: Iterable[Sequence[Any]]) -> str:
    """Rows in the text form of COPY: https://www.postgresql.org/docs/15/sql-copy.html, "Text Format"."""
    return "".join(f"{line}\n" for line in map("\t".join, zip(*map(_copied, columns), strict=True)))


def _copied(values: Sequence[Any]) -> list[str]:
    # No text of PostgreSQL's holds NUL; one that did would be refused here, for it makes a value too many.
    texts = _escaped(["" if value is None else str(value) for value in values], _COPY_ESCAPES)
    if None in values:
        return [r"\N" if value is None else text for value, text in zip(values, texts, strict=True)]
    return texts


def _escaped(texts: list[str], escapes: dict[str, str]) -> list[str]:
    whole = "\0".join(texts)
    if not any(character in whole for character in escapes):
        return texts
    for character, escape in escapes.items():
        whole = whole.replace(character, escape)
    return whole.split("\0")


def mariadb_rows(columns: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Rows as VALUES takes them: ``(1,'Größe',NULL)``."""
    return (f"({line})" for line in map(",".join, zip(*map(_written, columns), strict=True)))


def _written(values: Sequence[Any]) -> list[str]:
    kinds = set(map(type, values))
    is_text, is_plain_text = kinds == {str}, kinds <= {str, type(None)}
    if is_plain_text:
        given = list(values) if is_text else ["" if value is None else value for value in values]
        # One that holds NUL would be taken for two.
        if not any("\0" in text for text in given):
            texts = [f"'{text}'" for text in _escaped(given, _MARIADB_ESCAPES)]
            if is_text:
                return texts
            return ["NULL" if value is None else text for value, text in zip(values, texts, strict=True)]
    return [_WRITERS.get(type(value), _quoted)(value) for value in values]


def _quoted(value: Any) -> str:
    parts = _escaped(str(value).split("\0"), _MARIADB_ESCAPES)
    return "'" + r"\0".join(parts) + "'"


_WRITERS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _nothing: "NULL",
    bool: lambda flag: "1" if flag else "0",
    int: str,
    float: lambda number: f"{number!r}e0" if "e" not in repr(number) else repr(number),
    bytes: lambda raw: f"X'{raw.hex()}'",
    bytearray: lambda raw: f"X'{raw.hex()}'",
}


def in_lengths(texts: Iterable[str], most: int) -> Iterator[list[str]]:
    """Cut into lists whose texts have about so many characters; each has one at least."""
    some: list[str] = []
    length = 0
    for text in texts:
        some.append(text)
        length += len(text)
        if length >= most:
            yield some
            some, length = [], 0
    if some:
        yield some


def is_plain(value: Any) -> bool:
    """Whether SQLite takes the value written into a statement."""
    return value is None or isinstance(value, int | bytes) or (isinstance(value, str) and value.isprintable())


def sqlite_literal(value: int | bytes | str) -> str:
    """A value as SQLite's own notation has it."""
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    return str(int(value)) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
