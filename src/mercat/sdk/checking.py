"""Settings and secrets as a connector's model wants them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from mercat.core.errors import Invalid


def checked(model: type[BaseModel], values: Mapping[str, Any], what: str) -> Any:
    """The values as the model wants them. Raises ``Invalid`` naming the fields that are wrong, never what was in them."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as wrong:
        message = f"{what}: {faults_of(wrong)}"
        raise Invalid(message) from None


def faults_of(wrong: ValidationError) -> str:
    """Every fault with its field, or alone where it concerns the whole; never what was given."""
    said = []
    for each in wrong.errors():
        place = ".".join(map(str, each["loc"]))
        # A check of ours says it in its own words, before which pydantic puts two of its own.
        text = str(each["ctx"]["error"]) if each["type"] == "value_error" else each["msg"]
        said.append(f"{place}: {text}" if place else text)
    return "; ".join(said)
