"""A loopback source for as long as a ``with`` lasts, or until it is told to stop."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mercat.sandbox.market.keepa import Keepa
from mercat.sandbox.market.spapi import SellingPartner
from mercat.sandbox.market.world import FAULTS, World
from mercat.sandbox.shopify.running import HOST, address, listen

KINDS = ("keepa", "amazon")


@dataclass
class RunningSource:
    """Where it answers, the market behind it, and what opens it."""

    url: str
    world: World
    api: Keepa | SellingPartner


def _app(api: Keepa | SellingPartner, world: World) -> Starlette:
    """The API with its controls under ``/__sandbox__``: credentials, faults, listing, calls."""

    async def credentials(_: Request) -> Response:
        return JSONResponse(api.credentials)

    async def faults(request: Request) -> Response:
        given = (await request.json()).get("next", [])
        unknown = [each for each in given if each not in FAULTS]
        if unknown:
            return JSONResponse({"error": f"no fault is called {unknown[0]!r}; there are {', '.join(FAULTS)}"}, 400)
        world.faults.extend(given)
        return JSONResponse({"next": list(world.faults)})

    async def listing(request: Request) -> Response:
        given: dict[str, Any] = await request.json()
        try:
            world.change(int(given.pop("domain", 1)), str(given.pop("asin")), given)
        except (ValueError, KeyError) as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        return JSONResponse({"changed": True})

    async def calls(_: Request) -> Response:
        return JSONResponse(dict(world.calls))

    controls = [
        Route("/__sandbox__/credentials", credentials),
        Route("/__sandbox__/faults", faults, methods=["POST"]),
        Route("/__sandbox__/listing", listing, methods=["POST"]),
        Route("/__sandbox__/calls", calls),
    ]
    return Starlette(routes=[*api.routes(), *controls])


def _made(kind: str, seed: int) -> tuple[Keepa | SellingPartner, World]:
    world = World(seed)
    return (Keepa(world, key=secrets.token_hex(32)) if kind == "keepa" else SellingPartner(world)), world


def _server(app: Starlette) -> uvicorn.Server:
    config = uvicorn.Config(
        app, log_level="critical", access_log=False, ws="none", http="httptools", timeout_graceful_shutdown=1
    )
    return uvicorn.Server(config)


def serve(
    kind: str, *, host: str = HOST, port: int = 0, seed: int = 0, opened: Callable[[RunningSource], None]
) -> None:
    """Serve until interrupted. ``opened`` is called once the socket listens. Raises OSError with the address."""
    with listen(host, port) as listening:
        api, world = _made(kind, seed)
        opened(RunningSource(address(listening), world, api))
        _server(_app(api, world)).run(sockets=[listening])


@contextmanager
def running(kind: str, *, seed: int = 0) -> Iterator[RunningSource]:
    """A source in a thread of this process, on loopback."""
    with listen(HOST, 0) as listening:
        api, world = _made(kind, seed)
        server = _server(_app(api, world))
        thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=[listening])), name=f"{kind}-sandbox", daemon=True
        )
        thread.start()
        try:
            yield RunningSource(address(listening), world, api)
        finally:
            server.should_exit = True
            thread.join(10)
