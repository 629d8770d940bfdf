"""The role of a language model: a question in, an answer in a given shape out. It proposes; nothing here acts on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from pydantic import Field, SecretStr

from mercat.sdk.connector import SourceSettings, StoreSecrets


class ModelSettings(SourceSettings, frozen=True):
    """What every language model is told: which one, and where it answers if not at the vendor's own address."""

    model: str = Field(description="The model's name, as its vendor has it.")
    timeout_s: float = Field(default=120.0, ge=1, le=600, description="Seconds that it has for an answer.")


class ModelSecrets(StoreSecrets, frozen=True):
    """What lets us in; models on one's own machine mostly ask for nothing."""

    key: SecretStr | None = Field(default=None, description="API key.")


@dataclass(frozen=True)
class Question:
    """What is asked. ``shape``: the JSON Schema that the answer has to fit. ``data`` is what others wrote, not words of ours."""

    instructions: str
    data: str
    shape: Mapping[str, Any]
    name: str
    most_tokens: int = 2_000


@dataclass(frozen=True)
class Reply:
    """What was answered: JSON text, not yet judged; which model it was, and how many tokens it took."""

    text: str
    model: str
    tokens: int


@runtime_checkable
class LanguageModel(Protocol):
    """One model. A question may be asked again: nothing is changed by it."""

    def ask(self, question: Question) -> Reply:
        """Raises ``RateLimited``, ``Unauthorized``, ``Unavailable``, and ``Rejected`` for a question that it does not take."""
