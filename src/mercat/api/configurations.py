"""What can be set while Mercat runs, over HTTP."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.api.answers import answer
from mercat.api.asking import Asked
from mercat.api.lists import Listed, add_list
from mercat.api.routes import Caller, House, Room, needs
from mercat.domain.operations import service as operations

router = Room("Configuration")
Key = Annotated[str, Path(max_length=100)]

add_list(router, "/configuration-changes", operations.CONFIGURATION_CHANGES, name="ConfigurationChange")


class Configuration(BaseModel):
    """A key with what it is set to; of a secret only whether it is."""

    key: str
    value: Any
    default: Any
    is_set: bool
    data_type: str
    category: str
    description: str
    takes: str = Field(description="what it takes, in words")
    validation_regex: str | None
    changed_by: str | None
    changed_at: dt.datetime | None


class Configurations(Listed):
    """Every key."""

    data: list[Configuration]


class Setting(Asked):
    """What to set a key to: text, a number, true or false, or JSON, as its type says."""

    value: Any = Field(examples=[30])


@router.get("/configurations", response_model=Configurations, **needs("operations.configure"))
def list_configurations(runtime: House, caller: Caller) -> Response:
    """Every key with what it is set to."""
    with runtime.read(caller) as unit:
        views = operations.list_configurations(unit)
    return answer(
        {
            "data": views,
            "total": len(views),
            "is_exact_total": True,
            "page": 1,
            "per_page": len(views),
            "next": None,
            "prev": None,
        }
    )


@router.get("/configurations/{key}", response_model=Configuration, **needs("operations.configure"))
def get_configuration(key: Key, runtime: House, caller: Caller) -> Response:
    """One key."""
    with runtime.read(caller) as unit:
        return answer(operations.get_configuration(unit, key))


@router.put("/configurations/{key}", response_model=Configuration, **needs("operations.configure"))
def set_configuration(key: Key, runtime: House, caller: Caller, asked: Setting) -> Response:
    """Set a key; the same value again changes nothing."""
    text = operations.text_for(key, asked.value)
    return answer(runtime.attempt(lambda unit: operations.set_configuration(unit, runtime.secrets, key, text), caller))


@router.delete("/configurations/{key}", response_model=Configuration, **needs("operations.configure"))
def reset_configuration(key: Key, runtime: House, caller: Caller) -> Response:
    """Put a key back to its default."""
    return answer(runtime.attempt(lambda unit: operations.set_configuration(unit, runtime.secrets, key, None), caller))
