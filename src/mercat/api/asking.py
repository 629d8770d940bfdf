"""What bodies of requests have in common."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, model_validator

# What JSON allows and no database takes: NUL, and halves of characters.
_DEEPEST = 64
_BIGGEST = 2**63


class Asked(BaseModel):
    """A body. What it does not know is refused, and so are texts and numbers that no database can keep."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _can_be_kept(cls, given: Any) -> Any:
        _refuse_unkeepable(given, 0)
        if isinstance(given, dict):
            _refuse_switches(cls, given)
        return given


def keepable(given: Any) -> Any:
    """What is given, of any shape. Raises ``ValueError`` for texts and numbers that no database can keep."""
    # Two levels down: it may come to lie in a list of another body.
    _refuse_unkeepable(given, 2)
    return given


def _refuse_switches(model: type[BaseModel], given: dict[str, Any]) -> None:
    """True and false are numbers to Python, and not to JSON."""
    for name, field in model.model_fields.items():
        kinds = get_args(field.annotation) or (field.annotation,)
        if isinstance(given.get(name), bool) and int in kinds:
            message = f"{name} is a number, not true or false"
            raise ValueError(message)


def _refuse_unkeepable(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        message = f"values lie more than {_DEEPEST} deep in each other"
        raise ValueError(message)
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
            raise ValueError("a text holds a NUL character or half a character")
    elif isinstance(value, dict | list):
        for inner in (*value, *value.values()) if isinstance(value, dict) else value:
            _refuse_unkeepable(inner, depth + 1)
    elif isinstance(value, (int, float, Decimal)) and not -_BIGGEST < value < _BIGGEST:
        raise ValueError("a number is beyond what can be kept")
