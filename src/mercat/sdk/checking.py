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
        faults = "; ".join(f"{'.'.join(map(str, each['loc'])) or what}: {each['msg']}" for each in wrong.errors())
        message = f"{what}: {faults}"
        raise Invalid(message) from None
