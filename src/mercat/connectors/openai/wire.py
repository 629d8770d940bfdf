"""Chat completions as they are asked for and answered, after OpenAI's published description (August 2026)."""

from __future__ import annotations

from typing import Any

import msgspec

from mercat.sdk.language import Question


class Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class Choice(msgspec.Struct):
    message: Message
    finish_reason: str | None = None


class Usage(msgspec.Struct):
    total_tokens: int = 0


class Completion(msgspec.Struct):
    model: str = ""
    choices: list[Choice] = []
    usage: Usage | None = None


class Fault(msgspec.Struct):
    message: str | None = None
    type: str | None = None
    code: str | int | None = None


class Failure(msgspec.Struct):
    error: Fault | str | None = None


def body_of(question: Question, model: str) -> dict[str, Any]:
    """The request: what is said by us as the system's words, what others wrote as the user's."""
    return {
        "model": model,
        "messages": [
            {"role": "system", "content": question.instructions},
            {"role": "user", "content": question.data},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": question.name, "schema": question.shape, "strict": True},
        },
        "max_completion_tokens": question.most_tokens,
    }
