"""Telling the outside what became of a change set."""

from __future__ import annotations

from mercat.core.unit import WriteUnit
from mercat.domain.alerts.messages import Noticed, Settled
from mercat.domain.alerts.schemas import Signal, Subject
from mercat.domain.catalog.models import ChangeSet
from mercat.domain.operations import service as operations


def tell(unit: WriteUnit, event: str, change_set: ChangeSet) -> None:
    """Whoever wants to know of this event, with what the set is and what its guards found."""
    facts = {
        "change_set_id": change_set.id,
        "title": change_set.title,
        "origin": change_set.origin,
        "source": change_set.source,
        "status": change_set.status,
        "counts": change_set.counts or {},
        "findings": [
            {name: each.get(name) for name in ("rule", "count", "message")} for each in change_set.findings or []
        ],
    }
    operations.emit(unit, event, facts)


def ask_for_a_decision(unit: WriteUnit, change_set: ChangeSet) -> None:
    """A guard holds the set: a person is needed."""
    tell(unit, "change_set.held", change_set)
    reasons = "; ".join(str(each.get("message") or each.get("rule")) for each in change_set.findings or [])
    signal = Signal(
        "held_run",
        _subject(change_set),
        f"{change_set.title} is held for review",
        f"{reasons}. Look at what is flagged, then approve or reject it.",
        facts={"origin": change_set.origin, "source": change_set.source},
    )
    unit.announce(Noticed([signal]))


def is_decided(unit: WriteUnit, change_set: ChangeSet) -> None:
    """Nobody needs to decide it any more."""
    unit.announce(Settled("held_run", [_subject(change_set)]))


def _subject(change_set: ChangeSet) -> Subject:
    return Subject("change_set", str(change_set.id), change_set.title)
