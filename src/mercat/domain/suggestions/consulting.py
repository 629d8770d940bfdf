"""Consulting a language model, where a merchant configured one: about what needs a person, within a budget, a case at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.errors import Conflict, Invalid
from mercat.core.jobs import UNWATCHED, Watch
from mercat.core.log import get_logger
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.operations import service as operations
from mercat.domain.suggestions.cases import cases_of
from mercat.domain.suggestions.configurable import (
    MODEL_ADDRESS,
    MODEL_CASES,
    MODEL_KEY,
    MODEL_NAME,
    MODEL_PROVIDER,
    MODEL_TOKENS,
)
from mercat.domain.suggestions.messages import AskModel
from mercat.domain.suggestions.prompting import Case, drafts_of, question_of
from mercat.domain.suggestions.proposing import propose
from mercat.domain.suggestions.schemas import SuggestionDraft
from mercat.sdk.channels import Surroundings
from mercat.sdk.checking import checked
from mercat.sdk.errors import Rejected
from mercat.sdk.installed import connectors
from mercat.sdk.language import LanguageModel

log = get_logger(__name__)
SERVICE = "model"
_CRON = "50 6 * * *"


@dataclass
class Consulted:
    """What came of asking. ``refused``: why something that the model said was not taken."""

    asked: int = 0
    proposed: int = 0
    waiting: int = 0
    tokens: int = 0
    refused: list[str] = field(default_factory=list)


def ensure_consulting(unit: WriteUnit) -> None:
    """Have the model asked every morning; without one configured the job does nothing."""
    operations.ensure_schedule(unit, "suggestions-model", AskModel(), cron=_CRON)


def consult(runtime: Runtime, actor: Actor, *, skus: Sequence[str] = (), watch: Watch = UNWATCHED) -> Consulted:
    """Ask about these SKUs, or about what alerts are open for and was not asked about within a day.

    The network is asked while no unit is open. What does not fit is asked once more, then refused with its reason. Raises
    ``Conflict`` where no model is configured or the month's budget is spent, and what asking raises; what was proposed
    until then stays.
    """
    actor.require("suggestions.propose")
    meter = operations.Meter(runtime, actor, None, watch.job_id)
    with runtime.read(actor) as unit:
        model = _open(unit, runtime, meter)
        left = tokens_left(unit)
        cases, waiting = cases_of(unit, skus=skus, most=operations.value_of(unit, MODEL_CASES))
    result = Consulted(waiting=waiting)
    try:
        for case in cases:
            watch.check()
            if result.tokens >= left:
                result.waiting += len(cases) - result.asked
                break
            drafts = _ask(model, case, result)
            result.proposed += runtime.attempt(partial(_propose, drafts=drafts), actor)
            watch.progress("products", result.asked, len(cases))
    finally:
        meter.flush()
    for each in result.refused:
        log.info("model_proposal_refused", reason=each)
    return result


def consult_by_schedule(runtime: Runtime, actor: Actor, *, watch: Watch = UNWATCHED) -> Consulted:
    """The same every morning; where no model is configured, or nothing of the budget is left, nothing is asked."""
    with runtime.read(actor) as unit:
        is_asked = bool(operations.value_of(unit, MODEL_PROVIDER)) and tokens_left(unit) > 0
    return consult(runtime, actor, watch=watch) if is_asked else Consulted()


def tokens_left(unit: ReadUnit) -> int:
    """How many tokens this month's budget holds yet."""
    return max(0, operations.value_of(unit, MODEL_TOKENS) - round(operations.points_spent(unit, SERVICE)))


def _open(unit: ReadUnit, runtime: Runtime, meter: operations.Meter) -> LanguageModel:
    """The model that is configured. Raises ``Conflict`` where none is, or its budget is spent; ``Invalid``."""
    provider, name = operations.value_of(unit, MODEL_PROVIDER), operations.value_of(unit, MODEL_NAME)
    known = {each: found.model for each, found in connectors().items() if found.model is not None}
    if not provider or not name:
        message = "no language model is configured: `mercat config set model.provider openai`, model.name and model.key"
        raise Conflict(message)
    if provider not in known:
        message = f"model.provider: no connector called {provider!r} asks models; there are {', '.join(known)}"
        raise Invalid(message, field="model.provider")
    operations.refuse_overspent(unit, SERVICE)
    if tokens_left(unit) <= 0:
        message = "the month's budget of tokens is spent: `mercat config set model.monthly_tokens N` gives it more"
        raise Conflict(message)
    parts = known[provider]
    key = operations.secret_of(unit, runtime.secrets, MODEL_KEY)
    settings = checked(
        parts.settings, {"model": name, "address": operations.value_of(unit, MODEL_ADDRESS)}, "the model's settings"
    )
    secrets = checked(parts.secrets, {} if key is None else {"key": key}, "the model's key")
    around = Surroundings(
        load_token=lambda: None,
        save_token=lambda _: None,
        called=meter.called,
        pause=lambda _: None,
        allow_private=runtime.settings.http_allow_private,
    )
    made: LanguageModel = parts.make(settings, secrets, around)
    return made


def _ask(model: LanguageModel, case: Case, result: Consulted) -> list[SuggestionDraft]:
    """What of the answer is taken. One that does not fit is asked for once more."""
    question = question_of(case)
    result.asked += 1
    fault = ""
    for _ in range(2):
        try:
            reply = model.ask(question)
            result.tokens += reply.tokens
            drafts, refused = drafts_of(case, reply.text, model=reply.model)
        except (Invalid, Rejected) as wrong:
            fault = f"{case.item.sku}: {wrong.message}"
            continue
        result.refused += refused
        return drafts
    result.refused.append(fault)
    return []


def _propose(unit: WriteUnit, drafts: Sequence[SuggestionDraft]) -> int:
    # No policy applies what a model says: it read what strangers wrote.
    return sum(propose(unit, each) is not None for each in drafts)


def enqueue_consulting(unit: WriteUnit, skus: Sequence[str]) -> UUID:
    """Have a worker ask; the job's id. Raises ``Conflict`` where no model is configured."""
    unit.actor.require("suggestions.propose")
    provider: Any = operations.value_of(unit, MODEL_PROVIDER)
    if not provider:
        message = "no language model is configured: `mercat config set model.provider openai`, model.name and model.key"
        raise Conflict(message)
    return unit.enqueue(AskModel(list(skus)))
