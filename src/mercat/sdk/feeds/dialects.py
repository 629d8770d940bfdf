"""How a text file lays out its cells, judged on its first lines.

The delimiter is chosen by what it makes of the rows: the consistency measure of van den Burg, Nazábal and Sutton,
"Wrangling messy CSV files by detecting row and type patterns", Data Mining and Knowledge Discovery 33 (2019),
sections 4.1 and 4.2, with our own, shorter list of cell types.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds.options import ReadOptions

DELIMITERS = ",;\t|#:^~"
SEP_LINE = re.compile(r"""^"?sep=([^"\r\n])"?[\r\n]*$""", re.IGNORECASE)
NUMBER = re.compile(
    r"[-+(]?\s?[$€£¥]?\s?\d{1,3}(?:[,.' \xa0]?\d{3})*(?:[.,]\d+)?(?:[eE][-+]?\d+)?\s?[%€$£)]?|[-+]?[.,]\d+"
)
DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[-+]\d{2}:?\d{2})?)?"
    r"|\d{1,2}:\d{2}(?::\d{2})?"
)
WEB = re.compile(r"(?:https?|ftp)://\S+|www\.\S+|[\w.+-]+@[\w-]+\.[\w.]+", re.IGNORECASE)
WORDS = re.compile(r"[^\W_](?:[\w .'&()/+*®™°%!?-]|(?<=[\w)])[,;:] )*", re.UNICODE)
EMPTY = frozenset({"", "n/a", "na", "null", "none", "nan", "-", "\\n", "true", "false", "yes", "no"})
ROWS_JUDGED = 300


@dataclass(frozen=True)
class Dialect:
    """``escape``: a backslash takes away the meaning of a quote or delimiter. ``quote`` ``None``: nothing is quoted."""

    delimiter: str
    quote: str | None = '"'
    escape: bool = False
    skip_space: bool = False
    sep_line: bool = False

    def parameters(self, *, strict: bool) -> dict[str, object]:
        """What ``csv.reader`` calls this."""
        shared: dict[str, object] = {"delimiter": self.delimiter, "strict": strict, "skipinitialspace": self.skip_space}
        if self.escape:
            shared["escapechar"] = "\\"
        if self.quote is None:
            return {**shared, "quoting": csv.QUOTE_NONE}
        return {**shared, "quotechar": self.quote, "doublequote": True}


# With an escape character the csv module drops every backslash; only those before a quote, a delimiter or another
# backslash are meant, so the rest get doubled first.
def escapes_only(lines: Iterable[str], dialect: Dialect) -> Iterator[str]:
    """Lines in which each backslash that escapes nothing is doubled."""
    meant = re.escape((dialect.quote or "") + dialect.delimiter + "\\")
    pattern = re.compile(rf"\\([{meant}])|\\")
    for line in lines:
        yield pattern.sub(lambda match: match.group() if match.group(1) else "\\\\", line) if "\\" in line else line


def sniff_dialect(sample: list[str], name: str, options: ReadOptions) -> Dialect:
    """The dialect of the sampled lines (each with its line end). What the options state is taken as stated."""
    first = SEP_LINE.match(sample[0]) if sample else None
    if options.delimiter is not None and len(options.delimiter) != 1:
        raise Unreadable(f"{name}: the delimiter must be a single character, not {options.delimiter!r}", member=name)
    stated = options.delimiter or (first.group(1) if first else None)
    lines = sample[1:] if first else sample
    text = "".join(lines)
    quote = options.quote or ('"' if '"' in text or not _single_quoted(text) else "'")
    delimiters = [stated] if stated else _present(text, name)
    candidates = [
        Dialect(delimiter, quote, escape, spaced, first is not None)
        for delimiter in delimiters
        for spaced in ((False, True) if f"{delimiter} {quote}" in text else (False,))
        for escape in _escapes(text, quote, delimiter)
    ]
    if len(candidates) == 1:
        return candidates[0]
    # max() keeps the first of equals: the candidates stand in order of how common they are.
    return max(candidates, key=lambda dialect: _score(lines, dialect))


def _present(text: str, name: str) -> list[str]:
    order = "\t" + DELIMITERS.replace("\t", "") if name.lower().endswith((".tsv", ".tab")) else DELIMITERS
    return [delimiter for delimiter in order if delimiter in text] or [","]


def _single_quoted(text: str) -> bool:
    return len(re.findall(r"(?:^|[,;\t|])'[^'\r\n]*'(?=[,;\t|\r\n]|$)", text, re.MULTILINE)) > 1


def _escapes(text: str, quote: str, delimiter: str) -> tuple[bool, ...]:
    """Plain first; a backslash only where one stands before a quote or the delimiter at all."""
    return (False, True) if f"\\{quote}" in text or f"\\{delimiter}" in text else (False,)


def sample_rows(lines: Iterable[str], dialect: Dialect) -> tuple[list[list[str]], int]:
    """Up to 300 rows that are not blank, and how many lines broke the rules of quoting."""
    rows: list[list[str]] = []
    broken = 0
    source = escapes_only(lines, dialect) if dialect.escape else lines
    reader = csv.reader(iter(source), **dialect.parameters(strict=True))  # type: ignore[arg-type]  # built by us above
    while len(rows) < ROWS_JUDGED:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error:
            broken += 1
            continue
        if any(cells):
            rows.append(cells)
    return rows, broken


def _score(lines: list[str], dialect: Dialect) -> float:
    """Pattern score times type score; broken quoting takes away from both."""
    rows, broken = sample_rows(lines, dialect)
    if not rows:
        return 0.0
    lengths = Counter(map(len, rows))
    pattern = sum(number * max(length - 1, 0.001) / length for length, number in lengths.items()) / len(lengths)
    cells = [cell.strip() for row in rows for cell in row]
    typed = sum(known_type(cell) for cell in cells) / len(cells)
    # Backslashes are plain text unless reading them as escapes makes a clear difference.
    doubt = 0.8 if dialect.escape else 1.0
    return doubt * max(1e-9, pattern) * max(1e-3, typed) * (len(rows) / (len(rows) + broken)) ** 2


def known_type(cell: str) -> bool:
    """Whether a cell looks like one whole thing: nothing, a number, a date, an address, words."""
    if len(cell) > 60:  # long text is text under any delimiter that leaves it whole
        return True
    return cell.lower() in EMPTY or any(kind.fullmatch(cell) for kind in (NUMBER, DATE, WEB, WORDS))


def is_datum(cell: str) -> bool:
    """Whether a cell looks like a value that no column would be named."""
    return any(kind.fullmatch(cell) for kind in (NUMBER, DATE, WEB)) or len(cell) > 200


def looks_like_header(rows: list[list[str]]) -> bool:
    """Whether the first row names the columns: its cells differ in kind from those below, and do not come again."""
    first = [cell.strip() for cell in rows[0]]
    if not any(first):
        return False
    votes = 0
    for place, name in enumerate(first):
        below = [row[place].strip() for row in rows[1:] if place < len(row) and row[place].strip()]
        data = sum(map(is_datum, below)) > 0.8 * len(below) if below else False
        if name and (is_datum(name) or name in below[:50]):
            votes -= 1
        elif name and data:
            votes += 1
    if votes == 0:
        return not any(is_datum(name) for name in first if name)
    return votes > 0
