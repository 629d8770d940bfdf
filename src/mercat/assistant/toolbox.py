"""All tools together: which there are for whom, and calling one of them."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from mercat.assistant import catalog_tools, market_tools, proposal_tools  # noqa: F401  # they register themselves
from mercat.assistant.tools import TOOLS, Tool
from mercat.core.actor import Actor
from mercat.core.errors import Invalid, NotFound
from mercat.core.unit import Runtime
from mercat.sdk.checking import faults_of


def all_tools() -> list[Tool[Any]]:
    """Every tool there is, by name."""
    return [TOOLS[name] for name in sorted(TOOLS)]


def tools_for(actor: Actor, *, read_only: bool) -> list[Tool[Any]]:
    """What this actor may use."""
    return [each for each in all_tools() if actor.may(each.permission) and (each.is_read or not read_only)]


def call(runtime: Runtime, actor: Actor, name: str, given: dict[str, Any], *, read_only: bool) -> Any:
    """Run a tool: plain values. Raises ``NotFound``, ``Forbidden``, ``Invalid`` and whatever the tool does."""
    found = next((each for each in all_tools() if each.name == name), None)
    if found is None or (read_only and not found.is_read):
        message = f"there is no tool {name!r} here"
        raise NotFound(message)
    actor.require(found.permission)
    try:
        arguments = found.arguments.model_validate(given)
    except ValidationError as wrong:
        raise Invalid(faults_of(wrong)) from wrong
    return found.run(runtime, actor, arguments)
