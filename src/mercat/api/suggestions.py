"""Suggestions over HTTP: what could be done, decided and applied one after the other, and taken back."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from starlette.responses import Response

from mercat.api.answers import answer
from mercat.api.asking import Asked
from mercat.api.jobs import JobItem, accepted
from mercat.api.lists import add_list
from mercat.api.routes import Caller, House, Room, needs
from mercat.domain.suggestions import service as suggestions

router = Room("Suggestions")
View = suggestions.SuggestionView
Text = Annotated[str, Field(min_length=1, max_length=10_000)]

add_list(router, "/suggestions", suggestions.SUGGESTIONS, name="Suggestion", days="created_at")
add_list(router, "/suggestion-actions", suggestions.SUGGESTION_ACTIONS, name="SuggestionAction")


class ReviewAsked(Asked):
    """All of its actions, or only these; and why."""

    actions: list[UUID] | None = Field(None, min_length=1, max_length=50)
    notes: str | None = Field(None, max_length=10_000)


class EditAsked(Asked):
    """Another value for an action."""

    action: UUID
    proposed_value: str = Field(max_length=10_000, examples=["12.50"])


class ActionAsked(Asked):
    """One change of one field of one target."""

    action_type: Literal["set_price", "set_field", "set_threshold", "set_tracking"]
    target: str = Field(min_length=1, max_length=255, description="a SKU of ours, or a watched listing's id")
    target_field: str = Field(min_length=1, max_length=255, examples=["price"])
    current_value: str | None = Field(max_length=10_000, description="what you saw: another value there makes it stale")
    proposed_value: str | None = Field(max_length=10_000)
    reasoning: Text


class EvidenceAsked(Asked):
    """What it was drawn from."""

    type: str = Field(min_length=1, max_length=50, examples=["alert"])
    id: str = Field(min_length=1, max_length=100)


class SuggestionAsked(Asked):
    """Something that could be done. Nothing changes by writing it down."""

    kind: str = Field(max_length=50, pattern=r"^[a-z][a-z0-9_]*$", examples=["restore_margin"])
    subject_type: Literal["variant", "product", "market_product"]
    subject_id: UUID
    subject_label: str = Field("", max_length=255)
    title: str = Field(min_length=1, max_length=500)
    description: str = Field("", max_length=10_000)
    reasoning: Text
    evidence: list[EvidenceAsked] = Field(min_length=1, max_length=100)
    category: Literal["pricing", "content", "tracking", "stock"]
    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    confidence: Annotated[Decimal, Field(ge=0, le=1)] | None = None
    estimated_impact: dict[str, Any] = Field({}, max_length=50)
    actions: list[ActionAsked] = Field([], max_length=50)
    expires_in: int = Field(14, ge=1, le=366, description="days")


class ConsultAsked(Asked):
    """About what a language model is asked."""

    skus: list[Annotated[str, Field(min_length=1, max_length=255)]] = Field(
        [], max_length=500, description="these; what alerts are open for, if left out"
    )


@router.post("/suggestions/ask", status_code=202, response_model=JobItem, **needs("suggestions.propose"))
def ask_model(runtime: House, caller: Caller, asked: ConsultAsked) -> Response:
    """Have a worker ask the language model that is configured. What it says becomes suggestions; 409 where none is."""
    job_id = runtime.attempt(lambda unit: suggestions.enqueue_consulting(unit, asked.skus), caller)
    return accepted(runtime, caller, job_id)


@router.post("/suggestions", status_code=201, response_model=View, **needs("suggestions.propose"))
def propose(runtime: House, caller: Caller, asked: SuggestionAsked) -> Response:
    """Write a suggestion down; the same again refreshes the one that waits. 409 for what was turned down lately."""
    draft = suggestions.draft_of(asked.model_dump(), source=f"api:{caller.name}"[:100])
    made = runtime.attempt(lambda unit: suggestions.view_of(suggestions.propose_or_refuse(unit, draft)), caller)
    return answer(made, 201)


@router.get("/suggestions/{suggestion_id:uuid}", response_model=View, **needs("suggestions.read"))
def get_suggestion(suggestion_id: UUID, runtime: House, caller: Caller) -> Response:
    """One suggestion with its actions."""
    with runtime.read(caller) as unit:
        return answer(suggestions.view_of(suggestions.get_suggestion(unit, str(suggestion_id))))


@router.post("/suggestions/{suggestion_id:uuid}/approve", response_model=View, **needs("suggestions.review"))
def approve(suggestion_id: UUID, runtime: House, caller: Caller, asked: ReviewAsked | None = None) -> Response:
    """Let it be applied, or only some of its actions. The target stays as it is until then."""
    asked = asked or ReviewAsked(actions=None, notes=None)
    how: dict[str, Any] = {"only": asked.actions, "notes": asked.notes}
    return answer(
        runtime.attempt(lambda unit: suggestions.view_of(suggestions.approve(unit, suggestion_id, **how)), caller)
    )


@router.post("/suggestions/{suggestion_id:uuid}/reject", response_model=View, **needs("suggestions.review"))
def reject(suggestion_id: UUID, runtime: House, caller: Caller, asked: ReviewAsked | None = None) -> Response:
    """Turn it down, or only some of its actions. The same is not suggested again for two weeks."""
    asked = asked or ReviewAsked(actions=None, notes=None)
    how: dict[str, Any] = {"only": asked.actions, "notes": asked.notes}
    return answer(
        runtime.attempt(lambda unit: suggestions.view_of(suggestions.reject(unit, suggestion_id, **how)), caller)
    )


@router.post("/suggestions/{suggestion_id:uuid}/reopen", response_model=View, **needs("suggestions.review"))
def reopen(suggestion_id: UUID, runtime: House, caller: Caller) -> Response:
    """Take the review back: it is to be decided again. 409 where something of it was applied, or its time is over."""
    return answer(runtime.attempt(lambda unit: suggestions.view_of(suggestions.reopen(unit, suggestion_id)), caller))


@router.post("/suggestions/{suggestion_id:uuid}/edit", response_model=View, **needs("suggestions.review"))
def edit(suggestion_id: UUID, runtime: House, caller: Caller, asked: EditAsked) -> Response:
    """Another value instead of the one proposed; it has to be approved again."""
    return answer(
        runtime.attempt(
            lambda unit: suggestions.view_of(suggestions.edit(unit, suggestion_id, asked.action, asked.proposed_value)),
            caller,
        )
    )


@router.post("/suggestions/{suggestion_id:uuid}/apply", response_model=View, **needs("suggestions.apply"))
def apply(suggestion_id: UUID, runtime: House, caller: Caller) -> Response:
    """Do what was approved, as change sets. Twice does nothing more; what moved meanwhile is `stale` and stays."""
    return answer(runtime.attempt(lambda unit: suggestions.view_of(suggestions.apply(unit, suggestion_id)), caller))


@router.post("/suggestions/{suggestion_id:uuid}/rollback", response_model=View, **needs("suggestions.apply"))
def rollback(suggestion_id: UUID, runtime: House, caller: Caller) -> Response:
    """Take back what was applied."""
    return answer(runtime.attempt(lambda unit: suggestions.view_of(suggestions.roll_back(unit, suggestion_id)), caller))
