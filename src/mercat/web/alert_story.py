"""What happened to an alert, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mercat.web.formats import plural

Event = tuple[Any, str, str, str]
_WAYS = {"in_app": "here", "email": "by e-mail", "webhook": "by webhook"}
_ENDINGS = {"person": "Resolved", "cleared": "Over by itself", "superseded": "A newer one took its place"}


def story(
    alert: Mapping[str, Any], told: Sequence[Mapping[str, Any]], drawn: Sequence[Mapping[str, Any]]
) -> list[Event]:
    """When, an icon, what happened, and a word more on it; oldest first."""
    return sorted([*_own(alert), *_told(told), *_drawn(drawn)], key=lambda event: str(event[0]))


def _own(alert: Mapping[str, Any]) -> Iterator[Event]:
    yield alert["opened_at"], "bell", "Opened", ""
    if alert["occurrences"] > 1:
        again = alert["occurrences"] - 1
        yield alert["last_seen_at"], "refresh", "Seen again", f"{plural(again, 'time')} since it was opened"
    if alert["acknowledged_at"] is not None:
        yield alert["acknowledged_at"], "check", f"{alert['acknowledged_by']} looks after it", ""
    if alert["resolved_at"] is not None:
        by = f" by {alert['resolved_by']}" if alert["resolution"] == "person" and alert["resolved_by"] else ""
        yield alert["resolved_at"], "check", _ENDINGS[alert["resolution"]] + by, alert["resolution_notes"] or ""


def _told(told: Sequence[Mapping[str, Any]]) -> Iterator[Event]:
    for each in told:
        way = _WAYS[each["channel"]]
        if each["status"] == "failed":
            yield each["created_at"], "alert", f"Could not tell you {way}", each["error"] or ""
        elif each["status"] == "pending":
            yield (
                each["created_at"],
                "clock",
                f"You are to be told {way}",
                "with the next digest, or when quiet hours end",
            )
        else:
            yield each["sent_at"] or each["created_at"], "bell", f"You were told {way}", ""


def _drawn(drawn: Sequence[Mapping[str, Any]]) -> Iterator[Event]:
    for each in drawn:
        yield each["created_at"], "spark", "Suggested", each["title"]
        if each["applied_at"] is not None:
            yield each["applied_at"], "swap", "Applied", each["title"]
