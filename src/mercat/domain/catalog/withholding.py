"""Which rows of a set that waits are let through now, which go on waiting, which are turned down? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

APPLY: Verdict = "apply"
HOLD: Verdict = "hold"
REJECT: Verdict = "reject"
Verdict = Literal["apply", "hold", "reject"]
_OF_ROW: Mapping[str, Verdict] = {"approved": APPLY, "held": HOLD, "rejected": REJECT}


def verdict_of(flags: Iterable[str], row: str | None, rules: Mapping[str, str]) -> Verdict:
    """What happens to a row that these guard rules flagged. ``row``: what was decided about it; ``rules``: about each rule.

    A word on the row counts more than one on a rule. A row that nothing flagged passes; a flagged one needs all its rules
    approved, goes where one of them is rejected, and waits otherwise.
    """
    if row is not None:
        return _OF_ROW[row]
    said = [rules.get(flag) for flag in flags]
    if "rejected" in said:
        return REJECT
    return APPLY if all(each == "approved" for each in said) else HOLD


def verdicts(
    flagged: Iterable[tuple[str, str]], rows: Mapping[str, str], rules: Mapping[str, str]
) -> dict[str, Verdict]:
    """The verdict on every row that was flagged or decided; ``flagged`` are (row, rule). Rows not in it pass."""
    flags: dict[str, set[str]] = {name: set() for name in rows}
    for name, rule in flagged:
        flags.setdefault(name, set()).add(rule)
    return {name: verdict_of(of_row, rows.get(name), rules) for name, of_row in flags.items()}
