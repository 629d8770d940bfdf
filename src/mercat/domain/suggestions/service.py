"""What this room offers: proposing, reviewing, applying and taking back, each of which does exactly that."""

from __future__ import annotations

from mercat.domain.suggestions.applying import apply, roll_back
from mercat.domain.suggestions.consulting import Consulted, consult, enqueue_consulting, ensure_consulting, tokens_left
from mercat.domain.suggestions.gathering import advise
from mercat.domain.suggestions.keeping import count_old, forget_old
from mercat.domain.suggestions.list_repository import SUGGESTION_ACTIONS, SUGGESTIONS, UNDECIDED
from mercat.domain.suggestions.margins import check_margins
from mercat.domain.suggestions.measuring import measure_due
from mercat.domain.suggestions.proposing import add_action, draft_of, expire, propose, propose_or_refuse, view_of
from mercat.domain.suggestions.reviewing import approve, edit, get_suggestion, reject, reopen
from mercat.domain.suggestions.schemas import ActionDraft, ActionView, SuggestionDraft, SuggestionView

__all__ = [
    "SUGGESTIONS",
    "SUGGESTION_ACTIONS",
    "UNDECIDED",
    "ActionDraft",
    "ActionView",
    "Consulted",
    "SuggestionDraft",
    "SuggestionView",
    "add_action",
    "advise",
    "apply",
    "approve",
    "check_margins",
    "consult",
    "count_old",
    "draft_of",
    "edit",
    "enqueue_consulting",
    "ensure_consulting",
    "expire",
    "forget_old",
    "get_suggestion",
    "measure_due",
    "propose",
    "propose_or_refuse",
    "reject",
    "reopen",
    "roll_back",
    "tokens_left",
    "view_of",
]
