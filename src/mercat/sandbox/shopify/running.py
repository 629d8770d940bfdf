"""A loopback shop for as long as a ``with`` lasts, or until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from mercat.sandbox.shopify.house import House
from mercat.sandbox.shopify.options import Options
from mercat.sandbox.shopify.server import app_of

HOST = "127.0.0.1"
_CONTROL_TIMEOUT_S = 60.0


class RunningShop:
    """A handle: where the shop is, and its controls over HTTP, so that they take their turn with its other calls."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.url = house.shop.origin

    @property
    def graphql_url(self) -> str:
        """Where the Admin API answers."""
        return f"{self.url}/admin/api/2026-10/graphql.json"

    @property
    def credentials(self) -> dict[str, Any]:
        """What a client needs to connect (see ``server``)."""
        return dict(self.ask("credentials"))

    @property
    def state(self) -> dict[str, Any]:
        """The shop as JSON."""
        return dict(self.ask("state"))

    @property
    def calls(self) -> dict[str, int]:
        """How often each operation and root field was called."""
        return dict(self.ask("calls")["calls"])

    def ask(self, name: str) -> Any:
        """One of the controls that only tell."""
        return self._send(urllib.request.Request(f"{self.url}/__sandbox__/{name}"))  # noqa: S310  # our own address

    def tell(self, name: str, **given: Any) -> Any:
        """One of the controls that change something: ``tell("faults", next=["502"])``."""
        url = f"{self.url}/__sandbox__/{name}"
        return self._send(urllib.request.Request(url, json.dumps(given).encode(), method="POST"))  # noqa: S310  # ours

    def _send(self, request: urllib.request.Request) -> Any:
        if self.house.options.secret:
            request.add_header("X-Sandbox-Secret", self.house.options.secret)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=_CONTROL_TIMEOUT_S) as answer:
            return json.load(answer)


def _server(house: House) -> uvicorn.Server:
    config = uvicorn.Config(
        app_of(house), log_level="critical", access_log=False, ws="none", http="httptools", timeout_graceful_shutdown=1
    )
    return uvicorn.Server(config)


def listen(host: str, port: int) -> socket.socket:
    """A socket on which the shop will answer; port 0 takes a free one. Raises OSError with the address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as taken:
        listening.close()
        raise OSError(taken.errno, f"{taken.strerror}: is something else listening there?", f"{host}:{port}") from None
    listening.listen(512)
    return listening


def address(listening: socket.socket) -> str:
    """Where a socket is, as a base URL."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(options: Options, *, host: str = HOST, port: int = 0, opened: Callable[[House], None]) -> None:
    """Serve until interrupted. ``opened`` is called once the socket listens."""
    with listen(host, port) as listening:
        house = House(options)
        house.shop.origin = address(listening)
        # The schema is half a million objects that never go: the collector need not look at them again (a tenth of the time).
        gc.collect()
        gc.freeze()
        opened(house)
        _server(house).run(sockets=[listening])


@contextmanager
def running(options: Options | None = None, *, port: int = 0) -> Iterator[RunningShop]:
    """A shop in a thread of this process, on loopback."""
    with listen(HOST, port) as listening:
        house = House(options or Options())
        house.shop.origin = address(listening)
        server = _server(house)
        loops: list[asyncio.AbstractEventLoop] = []

        async def run() -> None:
            loops.append(asyncio.get_running_loop())
            house.closing = asyncio.Event()
            await server.serve(sockets=[listening])

        thread = threading.Thread(target=lambda: asyncio.run(run()), name="shopify-sandbox", daemon=True)
        thread.start()
        try:
            yield RunningShop(house)
        finally:
            server.should_exit = True
            if loops and house.closing:
                loops[0].call_soon_threadsafe(house.closing.set)
            thread.join(10)
