"""What a row of a review tells when it is opened: all that its line changes, who says what of the field, what a guard found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from mercat.core.errors import Invalid, NotFound
from mercat.core.unit import ReadUnit
from mercat.domain.catalog import service as catalog
from mercat.web.changed_values import field_name, shown, value_of

_MOST_ORIGINS = 6
_MOST_FIELDS = 24
_LONGEST = 600


def story(unit: ReadUnit, change_set: Any, row: Mapping[str, Any], needed: Sequence[str]) -> dict[str, Any]:
    """What is told of one change.

    ``beside``: what the set changes of the product; ``origins``: who says what of the field, those that lost too;
    ``locked_by``: who keeps it as it is; ``found``: what the guard that flagged it says.
    """
    trace = _trace(unit, row)
    beside = [] if row["product_id"] is None else catalog.changes_beside(unit, change_set.id, row["product_id"], needed)
    found = [each["message"] for each in change_set.findings if each["rule"] == row["flag"]]
    return {
        "beside": [_with_words(each) for each in beside[:_MOST_FIELDS]] or _new_fields(row),
        "more": max(len(beside) - _MOST_FIELDS, 0),
        "origins": [] if trace is None else [_origin(each, row) for each in trace.origins[:_MOST_ORIGINS]],
        "locked_by": None if trace is None else trace.locked_by,
        "found": found,
    }


def _trace(unit: ReadUnit, row: Mapping[str, Any]) -> catalog.Trace | None:
    reference, field = row["sku"] or row["handle"], row["field"]
    if reference is None or field is None:
        return None
    try:
        [trace] = catalog.why(unit, reference, field)
    except (Invalid, NotFound):
        # An offer or a stock is no field of the product: nobody else states it.
        return None
    return trace


def _origin(origin: catalog.Origin, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "value": value_of(row["field"], origin.value, row),
        "outcome": origin.outcome,
        "source": origin.source,
        "file": origin.file,
        "line": origin.line,
        "at": origin.at,
        "change_set": origin.change_set,
        "rule": origin.rule,
    }


def _with_words(row: Mapping[str, Any]) -> dict[str, Any]:
    """A text says word by word what changes in it."""
    old, new = row["old"], row["new"]
    are_texts = isinstance(old, str) and isinstance(new, str) and " " in old and " " in new
    return {**shown(row), "words": words_of(old[:_LONGEST], new[:_LONGEST]) if are_texts else []}


def words_of(old: str, new: str) -> list[tuple[str, str]]:
    """Pieces of two texts in their order: (``same``, ``del`` or ``ins``, words)."""
    before, after = old.split(), new.split()
    found: list[tuple[str, str]] = []
    for kind, a, b, c, d in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(("same", " ".join(before[a:b])))
            continue
        found += [(name, " ".join(words)) for name, words in (("del", before[a:b]), ("ins", after[c:d])) if words]
    return found


def _new_fields(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a new product or variant is to hold, field by field."""
    new = row["new"]
    if row["kind"] != "create" or not isinstance(new, dict):
        return []
    first = (new.get("variants") or [{}])[0]
    said = {**{name: value for name, value in new.items() if name not in {"variants", "offer"}}, **first}
    rows = [(name, value_of(name, value, row)) for name, value in said.items() if value not in (None, "", [], {})]
    return [
        {"about": field_name(name), "before": "", "after": text, "step": None, "words": []}
        for name, text in rows[:_MOST_FIELDS]
    ]
