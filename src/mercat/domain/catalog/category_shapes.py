"""What in a table or a JSON record says where a category stands? Pure.

Understood: a column with the whole path; columns of id, parent and name; a JSON list of steps, each a name or an object
with a name, as Best Buy's ``categories.json`` has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mercat.domain.catalog.tree import Names, clean_name, fault_of_path, join_path
from mercat.sdk.errors import Unreadable
from mercat.sdk.records import BadRow

# What files call these columns, letters and digits only; the first that is there is taken.
_PATHS = (
    "path categorypath fullpath fullname pathname breadcrumb breadcrumbs googleproductcategory productcategory "
    "taxonomy categories category".split()
)
_IDS = "id categoryid catid code externalid gid nodeid key".split()
_PARENTS = "parentid parentcategoryid parentcatid parentcode parent parentkey".split()
_NAMES = "name categoryname title label displayname description category".split()
# Tried in this order; a slash may well be part of a name.
_SEPARATORS = (" > ", ">", " | ", "|", " / ", "\\", "/")
_LEAST_SHARE = 0.1


@dataclass(frozen=True)
class CategoryRow:
    """One category of a file: names from the root down, and what the taxonomy calls it (``""``: nothing)."""

    names: Names
    external_id: str = ""
    taxonomy: str = ""
    line: int = 0


@dataclass
class CategoryFile:
    """A taxonomy as read. ``bad`` are the rows that could not be understood, with their lines and reasons."""

    taxonomy: str
    rows: list[CategoryRow] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)

    def add(self, line: int, names: Iterable[str], external_id: str = "") -> None:
        """Take a category in, or note why not."""
        clean = tuple(map(clean_name, names))
        fault = "has a step without a name" if not all(clean) else fault_of_path(join_path(clean))
        if fault is None and any(" > " in f" {name} " for name in clean):
            fault = 'has a name with ">" between blanks, which separates levels'
        if fault is None and len(external_id) > 255:
            fault = "has an id of more than 255 characters"
        if fault:
            self.bad.append(BadRow(line, join_path(clean)[:1000], f"the category {fault}"))
        else:
            self.rows.append(CategoryRow(clean, external_id, self.taxonomy, line))


Numbered = list[tuple[int, Mapping[str, Any]]]


def understand(file: CategoryFile, records: Numbered, name: str) -> None:
    """Fill ``file`` from records by column. Raises ``Unreadable`` where no column says where a category stands."""
    columns = {column: _folded(column) for _, record in records[:100] for column in record}
    by_fold = {fold: column for column, fold in reversed(columns.items())}

    def column_of(candidates: Iterable[str]) -> str | None:
        return next((by_fold[each] for each in candidates if each in by_fold), None)

    id_column, parent, title = column_of(_IDS), column_of(_PARENTS), column_of(_NAMES)
    path = column_of(_PATHS)
    if path is not None and (path != title or parent is None):
        _from_paths(file, records, path, id_column)
    elif id_column and parent and title:
        _from_parents(file, records, (id_column, parent, title))
    else:
        message = (
            f"{name} has no column that says where a category stands: give a column path (A > B > C), "
            f"or the columns id, parent_id and name. There are: {', '.join(list(columns)[:20]) or 'none'}"
        )
        raise Unreadable(message, member=name)


def is_path_column(heading: str) -> bool:
    """Whether a heading names a column of whole paths."""
    return _folded(heading) in _PATHS


def _folded(column: str) -> str:
    return "".join(char for char in column.casefold() if char.isalnum())


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _from_paths(file: CategoryFile, records: Numbered, path: str, id_column: str | None) -> None:
    texts = [value for _, record in records if isinstance(value := record.get(path), str)]
    separator = _separator(texts)
    for line, record in records:
        value, external_id = record.get(path), _text(record.get(id_column)) if id_column else ""
        if isinstance(value, list):
            file.add(
                line, (_text(step.get("name") if isinstance(step, Mapping) else step) for step in value), external_id
            )
        elif _text(value):
            file.add(line, (part for part in _text(value).split(separator) if part.strip()), external_id)
        else:
            file.bad.append(BadRow(line, external_id, f"the column {path} is empty"))


def _separator(texts: list[str]) -> str:
    for separator in _SEPARATORS:
        if sum(separator in text for text in texts) > len(texts) * _LEAST_SHARE:
            return separator
    return _SEPARATORS[0]


def _from_parents(file: CategoryFile, records: Numbered, columns: tuple[str, str, str]) -> None:
    id_column, parent_column, title = columns
    known: dict[str, tuple[str, str]] = {}
    for _, record in records:
        known.setdefault(_text(record.get(id_column)), (_text(record.get(title)), _text(record.get(parent_column))))
    for line, record in records:
        own = _text(record.get(id_column))
        names: list[str] = []
        at, seen = own, set[str]()
        while at in known and at not in seen:
            seen.add(at)
            names.append(known[at][0])
            at = known[at][1]
        if at in seen and known[at][1] != at:
            file.bad.append(BadRow(line, own, f"the category {own} stands below itself"))
        elif at in seen or at in _NOBODY:
            file.add(line, reversed(names), own)
        else:
            file.bad.append(BadRow(line, own, f"the category {own} stands below {at}, which the file does not have"))


# What a root has for a parent. Its own id, too: that is told apart above.
_NOBODY = {"", "0", "-1", "null", "NULL", "None"}
