"""What a merchant may set about suggestions: guardrails, and what applies itself."""

from __future__ import annotations

from typing import Any

from mercat.core.errors import Invalid
from mercat.domain.operations.service import Key, days, declare

_PERCENT = r"(100(\.0+)?|\d{1,2}(\.\d+)?)"
_POLICY = {"min_confidence", "max_step_pct"}


def _policies(given: Any) -> None:
    is_map = isinstance(given, dict) and all(
        isinstance(each, dict) and set(each) <= _POLICY and all(isinstance(n, int | float) for n in each.values())
        for each in given.values()
    )
    if not is_map:
        message = f'suggestions.auto_apply looks like {{"restore_margin": {{"min_confidence": 0.9, "max_step_pct": 5}}}}, not {given!r}'
        raise Invalid(message, field="suggestions.auto_apply")


TARGET_MARGIN = declare(
    Key("pricing.target_margin_pct", "float", 20.0, "the margin, in percent of the price, that suggested prices restore",
        "a percentage from 0 to below 100", r"\d{1,2}(\.\d+)?")
)  # fmt: skip
MIN_MARGIN = declare(
    Key("pricing.min_margin_pct", "float", 5.0, "the margin, in percent, below which no suggestion lowers a price",
        "a percentage from 0 to below 100", r"\d{1,2}(\.\d+)?")
)  # fmt: skip
MAX_STEP = declare(
    Key("pricing.max_step_pct", "float", 25.0, "how far, in percent, one suggestion may move a price",
        "a percentage from 0 to 100", _PERCENT)
)  # fmt: skip
SCARCE_STOCK = declare(
    Key("pricing.scarce_stock", "integer", 5, "of how many pieces or fewer suggestions to lower a price warn: they would soon be gone",
        "a number from 0 to 99999", r"\d{1,5}")
)  # fmt: skip
AUTO_APPLY: Key[dict[str, Any]] = declare(
    Key("suggestions.auto_apply", "json", {}, "kinds of suggestions that apply themselves, with the least confidence and the largest step; none at first",
        'a map like {"restore_margin": {"min_confidence": 0.9, "max_step_pct": 5}}', check=_policies)
)  # fmt: skip
KEEP_SUGGESTIONS = days("retention.suggestions_days", 730, "suggestions that are decided and measured")
MODEL_PROVIDER: Key[str | None] = declare(
    Key("model.provider", "string", None, "the connector that asks a language model: openai (and whoever speaks as it does) or pydantic-ai; without one none is asked",
        "a connector's name", r"[a-z][a-z0-9-]{0,49}")
)  # fmt: skip
MODEL_NAME: Key[str | None] = declare(
    Key("model.name", "string", None, "which model is asked", "a name", r"[^\s]{1,200}")
)
MODEL_ADDRESS: Key[str | None] = declare(
    Key("model.address", "string", None, "where the model answers, if not at its vendor's own address",
        "http://host/v1 or https://host/v1", r"https?://[^\s?#@]+")
)  # fmt: skip
MODEL_KEY: Key[str | None] = declare(
    Key("model.key", "secret", None, "the key that opens it", "1 to 1000 characters", r"[^\s]{1,1000}")
)
MODEL_TOKENS = declare(
    Key("model.monthly_tokens", "integer", 1_000_000, "tokens that the model may take in a month; what is not urgent waits for the next",
        "a number of tokens, 0 to 999999999", r"\d{1,9}")
)  # fmt: skip
MODEL_CASES = declare(
    Key("model.cases", "integer", 20, "products that it is asked about at a time", "a number from 1 to 500", r"[1-9]\d?|[1-4]\d\d|500")
)  # fmt: skip
