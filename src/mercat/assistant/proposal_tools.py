"""What assistants may propose. Each of these writes a suggestion; a person approves and applies it, or not."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from mercat.assistant.tools import Arguments, tool
from mercat.core.actor import Actor
from mercat.core.errors import Conflict, Invalid
from mercat.core.lists import ListQuery, list_rows
from mercat.core.money import plain
from mercat.core.unit import ReadUnit, Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.market import service as market
from mercat.domain.suggestions import service as suggestions

PROPOSE = "suggestions.propose"
Text = Annotated[str, Field(min_length=1, max_length=10_000)]
Percent = Annotated[Decimal, Field(gt=0, le=100)]


class Evidence(Arguments):
    """What it is drawn from."""

    type: Literal["alert", "product", "variant", "market_product", "change_set"]
    id: str = Field(min_length=1, max_length=100)


class ListingChange(Arguments):
    """A watched listing, and how it shall be watched."""

    product_id: str = Field(description="the id of a watched listing, or its ASIN", max_length=100)
    reasoning: Text


class InfoAsked(ListingChange):
    """How often to look, and from which change on to tell."""

    track_frequency: Literal["hourly", "daily", "weekly"] | None = None
    is_active: bool | None = None
    price_threshold: Percent | None = None
    rank_threshold: Percent | None = None


class ToggleAsked(ListingChange):
    """Whether it shall be watched."""

    is_active: bool


class ThresholdsAsked(ListingChange):
    """From which change on to tell, in percent."""

    price_threshold: Percent | None = None
    rank_threshold: Percent | None = None


class UserSettingsAsked(ThresholdsAsked):
    """The same, with a note."""

    notes: str = Field("", max_length=1000)


class AdjustAsked(ListingChange):
    """One of them."""

    adjustment_type: Literal["price_threshold", "rank_threshold", "track_frequency", "is_active"]
    new_value: str = Field(min_length=1, max_length=20)


class PriceAsked(Arguments):
    """A price for a variant of ours."""

    sku: str = Field(min_length=1, max_length=255)
    suggested_price: Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=4)]
    reasoning: Text
    estimated_revenue_impact: str | None = Field(None, max_length=200)
    evidence: list[Evidence] = Field(default_factory=list, max_length=20)


class ContentAsked(Arguments):
    """A text of a product of ours."""

    sku: str = Field(min_length=1, max_length=255)
    field_to_improve: Literal["name", "description", "short_description", "brand", "seo_title", "seo_description"]
    improved_content: Text
    reasoning: Text
    expected_benefit: str | None = Field(None, max_length=500)
    evidence: list[Evidence] = Field(default_factory=list, max_length=20)


class SuggestionAsked(Arguments):
    """A suggestion without actions; ``add_suggestion_action`` adds them."""

    title: str = Field(min_length=1, max_length=500)
    description: str = Field("", max_length=10_000)
    reasoning: Text
    subject_type: Literal["variant", "product", "market_product"]
    subject_id: UUID
    evidence: list[Evidence] = Field(min_length=1, max_length=20)
    category: Literal["pricing", "content", "tracking", "stock"]
    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    confidence_score: Annotated[Decimal, Field(ge=0, le=1)] | None = None
    estimated_impact: dict[str, str] = Field(default_factory=dict, max_length=20)
    expires_in_days: int = Field(14, ge=1, le=366)


class ActionAsked(Arguments):
    """One more change of a suggestion that waits."""

    suggestion_id: UUID
    action_type: Literal["set_price", "set_field", "set_threshold", "set_tracking"]
    target: str = Field(min_length=1, max_length=255, description="a SKU of ours, or a watched listing's id")
    target_field: str = Field(min_length=1, max_length=255)
    current_value: str | None = Field(max_length=10_000)
    proposed_value: str = Field(max_length=10_000)
    reasoning: Text


class PendingAsked(Arguments):
    """Which of those that wait."""

    priority: Literal["low", "normal", "high", "urgent"] | None = None
    limit: int = Field(20, ge=1, le=100)


@tool("suggestions.read", PendingAsked, is_read=True)
def get_pending_suggestions(runtime: Runtime, actor: Actor, asked: PendingAsked) -> Any:
    """Suggestions that wait for a person, newest first."""
    equal: dict[str, list[str]] = {"status": ["pending"]}
    if asked.priority:
        equal["priority"] = [asked.priority]
    with runtime.read(actor) as unit:
        rows = list_rows(unit, suggestions.SUGGESTIONS, ListQuery(equal=equal, per_page=asked.limit))
    return {"suggestions": rows.data, "total": rows.total}


@tool(PROPOSE, PriceAsked, is_read=False)
def propose_price_optimization(runtime: Runtime, actor: Actor, asked: PriceAsked) -> Any:
    """Suggest another price for a variant of ours. Nothing changes before a person approves and applies it."""
    with runtime.read(actor) as unit:
        product, variant = _ours(unit, asked.sku)
    current, proposed = plain_of(variant.get("price")), plain(asked.suggested_price)
    action = suggestions.ActionDraft("set_price", asked.sku, "price", current, proposed, asked.reasoning)
    return _propose(
        runtime,
        actor,
        kind="price_optimization",
        subject=("product", str(product.id), asked.sku),
        title=f"Set {asked.sku} to {proposed}",
        reasoning=asked.reasoning,
        evidence=[("product", str(product.id)), *((each.type, each.id) for each in asked.evidence)],
        category="pricing",
        actions=[action],
        impact={"revenue": asked.estimated_revenue_impact} if asked.estimated_revenue_impact else {},
    )


@tool(PROPOSE, ContentAsked, is_read=False)
def propose_content_improvement(runtime: Runtime, actor: Actor, asked: ContentAsked) -> Any:
    """Suggest another text for a product of ours. Nothing changes before a person approves and applies it."""
    field = asked.field_to_improve
    with runtime.read(actor) as unit:
        product, _ = _ours(unit, asked.sku)
    current = product.document.get(field)
    action = suggestions.ActionDraft("set_field", asked.sku, field, current, asked.improved_content, asked.reasoning)
    return _propose(
        runtime,
        actor,
        kind="content_improvement",
        subject=("product", str(product.id), asked.sku),
        title=f"Improve {field} of {asked.sku}",
        reasoning=asked.reasoning,
        evidence=[("product", str(product.id)), *((each.type, each.id) for each in asked.evidence)],
        category="content",
        actions=[action],
        impact={"benefit": asked.expected_benefit} if asked.expected_benefit else {},
    )


@tool(PROPOSE, AdjustAsked, is_read=False)
def propose_tracking_adjustment(runtime: Runtime, actor: Actor, asked: AdjustAsked) -> Any:
    """Suggest one change of how a listing is watched: a threshold in percent, how often, or whether at all."""
    field = _FIELDS[asked.adjustment_type]
    return _propose_tracking(runtime, actor, asked, {field: asked.new_value})


@tool(PROPOSE, InfoAsked, is_read=False)
def update_product_info(runtime: Runtime, actor: Actor, asked: InfoAsked) -> Any:
    """Suggest how a listing shall be watched: how often, whether at all, and from which change on to tell."""
    wanted = {
        "track_frequency": asked.track_frequency,
        "is_active": None if asked.is_active is None else str(asked.is_active).lower(),
        "price_change_threshold": plain(asked.price_threshold),
        "rank_change_threshold": plain(asked.rank_threshold),
    }
    return _propose_tracking(runtime, actor, asked, wanted)


@tool(PROPOSE, ToggleAsked, is_read=False)
def toggle_product_tracking(runtime: Runtime, actor: Actor, asked: ToggleAsked) -> Any:
    """Suggest to watch a listing, or to stop it."""
    return _propose_tracking(runtime, actor, asked, {"is_active": str(asked.is_active).lower()})


@tool(PROPOSE, ThresholdsAsked, is_read=False)
def update_alert_thresholds(runtime: Runtime, actor: Actor, asked: ThresholdsAsked) -> Any:
    """Suggest from which change on people are told of a listing, in percent."""
    wanted = {
        "price_change_threshold": plain(asked.price_threshold),
        "rank_change_threshold": plain(asked.rank_threshold),
    }
    return _propose_tracking(runtime, actor, asked, wanted)


@tool(PROPOSE, UserSettingsAsked, is_read=False)
def update_user_product_settings(runtime: Runtime, actor: Actor, asked: UserSettingsAsked) -> Any:
    """Suggest thresholds for a listing that somebody watches, with a note why. People's own settings are theirs to change."""
    wanted = {
        "price_change_threshold": plain(asked.price_threshold),
        "rank_change_threshold": plain(asked.rank_threshold),
    }
    noted = asked.model_copy(update={"reasoning": f"{asked.reasoning} {asked.notes}".strip()})
    return _propose_tracking(runtime, actor, noted, wanted)


@tool(PROPOSE, SuggestionAsked, is_read=False)
def create_suggestion(runtime: Runtime, actor: Actor, asked: SuggestionAsked) -> Any:
    """Write a suggestion down, with the evidence that it is drawn from. Nothing else changes."""
    draft = suggestions.SuggestionDraft(
        kind="assistant",
        subject_type=asked.subject_type,
        subject_id=str(asked.subject_id),
        subject_label="",
        title=asked.title,
        description=asked.description,
        reasoning=asked.reasoning,
        evidence=[(each.type, each.id) for each in asked.evidence],
        category=asked.category,
        source=_source(actor),
        priority=asked.priority,
        confidence=asked.confidence_score,
        estimated_impact=asked.estimated_impact,
        expires_in=asked.expires_in_days,
    )
    return runtime.attempt(lambda unit: suggestions.view_of(suggestions.propose_or_refuse(unit, draft)), actor)


@tool(PROPOSE, ActionAsked, is_read=False)
def add_suggestion_action(runtime: Runtime, actor: Actor, asked: ActionAsked) -> Any:
    """Add a change to a suggestion that waits. It is not made before a person approves and applies it."""
    draft = suggestions.ActionDraft(**asked.model_dump(exclude={"suggestion_id"}))
    return runtime.attempt(
        lambda unit: suggestions.view_of(suggestions.add_action(unit, asked.suggestion_id, draft)), actor
    )


def plain_of(value: Any) -> str | None:
    """An amount as suggestions compare it."""
    return None if value in {None, ""} else plain(Decimal(str(value)))


_FIELDS = {
    "price_threshold": "price_change_threshold",
    "rank_threshold": "rank_change_threshold",
    "track_frequency": "track_frequency",
    "is_active": "is_active",
}


def _ours(unit: ReadUnit, sku: str) -> tuple[Any, dict[str, Any]]:
    """The product, and its variant of this SKU. Raises ``NotFound``, ``Invalid``."""
    product = catalog.get_product(unit, sku)
    variant = next((each for each in product.document["variants"] if each["sku"] == sku), None)
    if variant is None:
        message = f"{sku} is a product, not a variant: name one of {', '.join(each['sku'] for each in product.document['variants'])}"
        raise Invalid(message)
    return product, variant


def _propose_tracking(runtime: Runtime, actor: Actor, asked: ListingChange, wanted: dict[str, str | None]) -> Any:
    with runtime.read(actor) as unit:
        row = market.find(unit, asked.product_id)
        now = {
            "track_frequency": row.track_frequency,
            "is_active": str(row.is_active).lower(),
            "price_change_threshold": plain(row.price_change_threshold),
            "rank_change_threshold": plain(row.rank_change_threshold),
        }
        listing, label = str(row.id), f"{row.title or row.asin} ({row.asin})"
    actions = [
        suggestions.ActionDraft(
            "set_threshold" if field.endswith("_threshold") else "set_tracking",
            listing,
            field,
            now[field],
            value,
            asked.reasoning,
        )
        for field, value in wanted.items()
        if value is not None and value != now[field]
    ]
    if not actions:
        message = "nothing of it would change"
        raise Conflict(message)
    return _propose(
        runtime,
        actor,
        kind="tracking_adjustment",
        subject=("market_product", listing, label),
        title=f"Watch {label} otherwise: {', '.join(each.target_field for each in actions)}",
        reasoning=asked.reasoning,
        evidence=[("market_product", listing)],
        category="tracking",
        actions=actions,
        impact={},
    )


def _propose(
    runtime: Runtime,
    actor: Actor,
    *,
    kind: str,
    subject: tuple[str, str, str],
    title: str,
    reasoning: str,
    evidence: list[tuple[str, str]],
    category: str,
    actions: list[suggestions.ActionDraft],
    impact: dict[str, Any],
) -> Any:
    draft = suggestions.SuggestionDraft(
        kind=kind,
        subject_type=subject[0],
        subject_id=subject[1],
        subject_label=subject[2],
        title=title,
        description="",
        reasoning=reasoning,
        evidence=evidence,
        category=category,
        source=_source(actor),
        actions=actions,
        estimated_impact=impact,
    )
    return runtime.attempt(lambda unit: suggestions.view_of(suggestions.propose_or_refuse(unit, draft)), actor)


def _source(actor: Actor) -> str:
    return f"assistant:{actor.name}"[:100]
