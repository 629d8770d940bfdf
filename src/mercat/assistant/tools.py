"""Tools: each has a name, what it needs to be allowed, a schema that its arguments are checked by, and one function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from mercat.core.actor import Actor
from mercat.core.errors import Invalid, NotFound
from mercat.core.unit import Runtime
from mercat.sdk.checking import faults_of


class Arguments(BaseModel):
    """What a tool takes. What it does not know is refused."""

    model_config = ConfigDict(extra="forbid")


A = TypeVar("A", bound=Arguments)
Run = Callable[[Runtime, Actor, A], Any]


@dataclass(frozen=True)
class Tool(Generic[A]):
    """A tool. ``is_read``: it changes nothing; one that is not writes a suggestion, or has a job done that only looks."""

    name: str
    description: str
    permission: str
    arguments: type[A]
    run: Run[A]
    is_read: bool

    @property
    def schema(self) -> dict[str, Any]:
        """Its arguments as JSON Schema."""
        return self.arguments.model_json_schema()


_tools: dict[str, Tool[Any]] = {}


def tool(permission: str, arguments: type[A], *, is_read: bool) -> Callable[[Run[A]], Run[A]]:
    """Make a function a tool: its name is the tool's, its docstring what the assistant reads."""

    def register(run: Run[A]) -> Run[A]:
        name = run.__name__
        _tools[name] = Tool(name, (run.__doc__ or "").strip(), permission, arguments, run, is_read)
        return run

    return register


def all_tools() -> list[Tool[Any]]:
    """Every tool there is, by name."""
    from mercat.assistant import catalog_tools, market_tools, proposal_tools  # noqa: F401, PLC0415  # they register themselves

    return [_tools[name] for name in sorted(_tools)]


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
