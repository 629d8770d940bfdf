"""What suggestions tell others, and what they have done for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from mercat.core.jobs import Message


@dataclass(frozen=True)
class SuggestionMade:
    """There is a new suggestion."""

    suggestion_id: UUID


@dataclass(frozen=True)
class SuggestionApplied:
    """A suggestion was applied, whole or in part."""

    suggestion_id: UUID


@dataclass(frozen=True)
class CheckMargins(Message, kind="suggestions.check_margins"):
    """Look whose margin is below its target, now that prices or costs moved."""


@dataclass(frozen=True)
class Advise(Message, kind="suggestions.advise"):
    """Have the advisers look at what is open."""


@dataclass(frozen=True)
class AskModel(Message, kind="suggestions.ask_model"):
    """Ask the language model, if one is configured, about these SKUs or about what needs a person."""

    skus: list[str] = field(default_factory=list)
