"""The console script: everything is put together from here, and imported only when a command asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mercat.cli.app import app
from mercat.core.memory import collect_cycles_rarely, keep_for_good

if TYPE_CHECKING:
    from fastapi import FastAPI

    from mercat.core.actor import Actor
    from mercat.core.unit import Runtime


def main() -> None:
    """Run ``mercat``; the process ends with the exit code 0 done, 1 failed, 2 usage, 3 held for review."""
    collect_cycles_rarely()
    app()


def make_app() -> FastAPI:
    """The HTTP application, API and dashboard, on the settings in force; what ``mercat serve`` and any other ASGI server runs."""
    from mercat.api.app import make_app as make  # noqa: PLC0415  # only a server needs it
    from mercat.assistant.server import OverHttp  # noqa: PLC0415
    from mercat.core.settings import load  # noqa: PLC0415
    from mercat.core.unit import Runtime as MakeRuntime  # noqa: PLC0415
    from mercat.domain import register_configurable, register_hearing, register_jobs  # noqa: PLC0415
    from mercat.domain.access import service as access  # noqa: PLC0415
    from mercat.domain.operations.service import Watcher, find_watcher  # noqa: PLC0415
    from mercat.web.app import make_app as make_pages  # noqa: PLC0415

    collect_cycles_rarely()
    register_hearing()
    register_jobs()
    register_configurable()
    runtime = MakeRuntime(load())

    def identify(bearer: str, address: str) -> access.Principal | Watcher:
        return find_watcher(runtime, bearer) or access.actor_of(runtime, bearer, address=address)

    def recall(bearer: str, address: str) -> access.Principal | None:
        return access.known_actor(runtime, bearer, address=address)

    app = make(runtime, identify=identify, recall=recall, pages=make_pages(runtime), assistant=OverHttp(runtime))
    # Looking through all that was imported takes 0.3 s, in which nobody is answered.
    keep_for_good()
    return app


def serve_assistant(runtime: Runtime, actor: Actor, *, read_only: bool) -> None:
    """Answer an assistant on standard input and output, as this actor; what ``mercat mcp`` runs."""
    from mercat.assistant.server import serve_stdio  # noqa: PLC0415  # only an assistant needs it
    from mercat.domain import register_configurable, register_hearing  # noqa: PLC0415

    register_hearing()
    register_configurable()
    serve_stdio(runtime, actor, read_only=read_only)
