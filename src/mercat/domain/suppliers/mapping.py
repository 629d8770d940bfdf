"""Which column of a supplier's file means what: as a feed has it, and as a person changes it. Settings in, settings out."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mercat.sdk.roles import Column, Inspection

IGNORE = "ignore"
_COLUMNS, _TO = "columns", "to"


@dataclass(frozen=True)
class Mapped:
    """A column with samples and where it goes. ``has_rule``: its values are worked on the way, by the profile's rules."""

    name: str
    target: str
    has_rule: bool
    kind: str = ""
    samples: Sequence[str] = ()
    filled: float = 0.0
    is_in_file: bool = True


def mapping_of(profile: str | None, settings: Mapping[str, Any], inspection: Inspection | None) -> list[Mapped]:
    """The columns of the file, in its order, then those that are mapped and not in it.

    What nobody said yet is as the inspection proposes.
    """
    rules = _rules(profile or (inspection.profile if inspection else None), settings)
    columns = inspection.columns if inspection else []
    found = [_mapped(column, rules.get(column.name)) for column in columns]
    gone = [name for name in rules if name not in {column.name for column in columns}]
    return [*found, *(Mapped(name, *_said(rules[name]), is_in_file=False) for name in gone)]


def remapped(
    profile: str | None, settings: Mapping[str, Any], proposed: str | None, targets: Mapping[str, str]
) -> tuple[str | None, dict[str, Any]]:
    """Profile and settings with other targets. A column that goes where it went keeps its rules; an empty target: nowhere."""
    kept = profile or proposed
    rules = _rules(kept, settings)
    for name, target in targets.items():
        before = rules.get(name)
        if before is None or _said(before)[0] != target.strip():
            rules[name] = target.strip() or IGNORE
    return kept, {**settings, _COLUMNS: rules}


def _rules(profile: str | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    """By column, as the connector reads them: what the settings say wins over the profile."""
    said = settings.get(_COLUMNS)
    if said:
        return dict(said)
    # The profile was judged when the feed was kept, and proposals are made by the connector itself.
    return dict(tomllib.loads(profile).get(_COLUMNS, {})) if profile else {}


def _said(rule: Any) -> tuple[str, bool]:
    if isinstance(rule, str):
        return rule, False
    several = rule if isinstance(rule, list) else [rule]
    return ", ".join(each if isinstance(each, str) else str(each.get(_TO, "")) for each in several), True


def _mapped(column: Column, rule: Any) -> Mapped:
    target, has_rule = ("", False) if rule is None else _said(rule)
    return Mapped(column.name, target, has_rule, column.kind, column.samples, column.filled)
