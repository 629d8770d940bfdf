"""Tools: each has a name, what it needs to be allowed, a schema that its arguments are checked by, and one function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from mercat.core.actor import Actor
from mercat.core.unit import Runtime


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


TOOLS: dict[str, Tool[Any]] = {}


def tool(permission: str, arguments: type[A], *, is_read: bool) -> Callable[[Run[A]], Run[A]]:
    """Make a function a tool: its name is the tool's, its docstring what the assistant reads."""

    def register(run: Run[A]) -> Run[A]:
        name = run.__name__
        TOOLS[name] = Tool(name, (run.__doc__ or "").strip(), permission, arguments, run, is_read)
        return run

    return register
