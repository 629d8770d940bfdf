"""Ten thousand slow and broken clients at once, and how long the server takes meanwhile for somebody ordinary.

    uv run python -m benchmarks.crowd [--clients 10000]

Prints one JSON document. Of ten clients six say nothing, two send a header every second, one sends headers without end and one
a body without end; all stay until the server cuts them off. The client's own open files must allow for them (``ulimit -n``).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, wait
from pathlib import Path

from benchmarks.api import Server, serving
from mercat.core.database import migrate
from mercat.core.settings import Settings
from mercat.core.unit import Runtime

_MERCAT = str(Path(sys.executable).with_name("mercat"))
# What a client says first, what it says again and again, and how long it waits in between.
_HEADERS = (b"GET /health/live HTTP/1.1\r\n", b"x: y\r\n", 1.0)
_HUGE = (b"GET /health/live HTTP/1.1\r\nx: ", b"x" * 4096, 0.1)
_BODY = (
    b"POST /api/v1/products HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n",
    b"400\r\n" + b"x" * 1024 + b"\r\n",
    0.5,
)
_KINDS = (None, None, None, None, None, None, _HEADERS, _HEADERS, _HUGE, _BODY)


async def _client(port: int, number: int, ended: list[float]) -> None:
    kind = _KINDS[number % len(_KINDS)]
    began = time.monotonic()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        speaking = asyncio.create_task(_speak(writer, *kind)) if kind else None
        while await reader.read(65536):
            pass
        if speaking:
            speaking.cancel()
        writer.close()
    except ConnectionError:
        pass
    ended.append(time.monotonic() - began)


async def _speak(writer: asyncio.StreamWriter, first: bytes, again: bytes, every_s: float) -> None:
    try:
        writer.write(first)
        while True:
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(every_s)
    except ConnectionError:
        pass


async def _crowd(port: int, clients: int) -> list[float]:
    ended: list[float] = []
    await asyncio.gather(*(_client(port, number, ended) for number in range(clients)))
    return ended


def _play(server: Server, clients: int) -> dict[str, object]:
    """The crowd has a process of its own: whoever is ordinary does not wait for it."""
    took: list[float] = []
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as aside:
        crowd = aside.submit(_crowd_here, server.port, clients)
        while not crowd.done():
            began = time.monotonic()
            asyncio.run(server.get("/health/live"))
            took.append(time.monotonic() - began)
            wait([crowd], timeout=0.2)
        ended = crowd.result()
    took.sort()
    return {
        "cut_off": len(ended),
        "longest_s": round(max(ended), 1),
        "health_asked": len(took),
        "health_p50_ms": round(took[len(took) // 2] * 1e3, 1),
        "health_slowest_ms": round(took[-1] * 1e3, 1),
        "server_peak_memory_mb": server.memory_mb("VmHWM"),
        "server_cpu_seconds": server.cpu_seconds,
    }


def _crowd_here(port: int, clients: int) -> list[float]:
    return asyncio.run(_crowd(port, clients))


def main() -> None:
    """Print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=10_000)
    given = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as home:
        runtime = Runtime(Settings(home=Path(home)))
        migrate.upgrade(runtime.engine)
        runtime.close()
        with serving(_MERCAT, "serve", "--no-worker", "--port", "0", key="", MERCAT_HOME=home) as server:
            asyncio.run(server.get("/health/live"))
            found = _play(server, given.clients)
    found["load_average_after"] = os.getloadavg()[0]
    json.dump({"benchmark": "crowd", "clients": given.clients, **found}, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
