"""What lists there are of suggestions."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import case

from mercat.core.lists import Field, ListSpec
from mercat.domain.suggestions.models import (
    ACTION_STATUSES,
    ACTION_TYPES,
    CATEGORIES,
    OPEN_STATUSES,
    PRIORITIES,
    STATUSES,
    Suggestion,
    SuggestionAction,
)

READ = "suggestions.read"

SUGGESTIONS = ListSpec(
    "suggestions",
    READ,
    Suggestion.__table__,
    Suggestion.id,
    {
        "id": Field(Suggestion.id),
        "kind": Field(Suggestion.kind, is_filter=True),
        "status": Field(Suggestion.status, is_filter=True, choices=STATUSES),
        "category": Field(Suggestion.category, is_filter=True, choices=CATEGORIES),
        "priority": Field(Suggestion.priority, is_filter=True, choices=PRIORITIES),
        "urgency": Field(
            case({name: place for place, name in enumerate(PRIORITIES)}, value=Suggestion.priority),
            is_sort=True,
            is_shown=False,
            help="3 is urgent, 0 is low",
        ),
        "title": Field(Suggestion.title),
        "description": Field(Suggestion.description),
        "reasoning": Field(Suggestion.reasoning, is_shown=False),
        "evidence": Field(Suggestion.evidence, help="what it was drawn from: type and id"),
        "cautions": Field(Suggestion.cautions, help="what else is on its way that bears on it"),
        "subject_type": Field(Suggestion.subject_type, is_filter=True),
        "subject_id": Field(Suggestion.subject_id, is_filter=True),
        "subject_label": Field(Suggestion.subject_label),
        "source": Field(Suggestion.source, is_filter=True),
        "confidence": Field(Suggestion.confidence, help="0 to 1"),
        "estimated_impact": Field(Suggestion.estimated_impact),
        "expires_at": Field(Suggestion.expires_at, is_range=True, is_sort=True),
        "created_by": Field(Suggestion.created_by),
        "created_at": Field(Suggestion.created_at, is_range=True, is_sort=True),
        "reviewed_by": Field(Suggestion.reviewed_by),
        "reviewed_at": Field(Suggestion.reviewed_at),
        "applied_at": Field(Suggestion.applied_at, is_range=True),
        "outcome": Field(Suggestion.outcome, is_shown=False, help="figures when applied, after 7 and after 30 days"),
    },
    words=(Suggestion.title, Suggestion.subject_label),
)
UNDECIDED = replace(SUGGESTIONS, within=(Suggestion.status.in_(OPEN_STATUSES),))
SUGGESTION_ACTIONS = ListSpec(
    "suggestion-actions",
    READ,
    SuggestionAction.__table__,
    SuggestionAction.id,
    {
        "id": Field(SuggestionAction.id),
        "suggestion_id": Field(SuggestionAction.suggestion_id, is_filter=True),
        "action_type": Field(SuggestionAction.action_type, is_filter=True, choices=ACTION_TYPES),
        "target": Field(SuggestionAction.target, is_filter=True),
        "target_field": Field(SuggestionAction.target_field),
        "current_value": Field(SuggestionAction.current_value),
        "proposed_value": Field(SuggestionAction.proposed_value),
        "reasoning": Field(SuggestionAction.reasoning),
        "status": Field(SuggestionAction.status, is_filter=True, choices=ACTION_STATUSES),
        "applied_at": Field(SuggestionAction.applied_at),
        "change_set_id": Field(SuggestionAction.change_set_id, is_filter=True),
        "error": Field(SuggestionAction.error),
    },
)
