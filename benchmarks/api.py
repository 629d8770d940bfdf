"""The API as it is served: requests per second and per CPU second of one server process, beside a bare route.

    uv run python -m benchmarks.api [--products 50000] [--searched 10000] [--databases sqlite,postgresql] [--seconds 5]

Prints one JSON document. The server is ``mercat serve --no-worker`` in a process of its own, asked over sixteen kept
connections from this one. ``cpu`` is the server process's (user and system; of PostgreSQL nothing). Each question is asked
in two ways: the same again and again, which is answered from memory while nothing is committed, and under ``anew`` more
different ones in turn than are remembered. Searches are asked of ``--searched`` products, in a database of their own, and
under ``search_whole`` of all. The bare route is a plain FastAPI route without middleware that answers the same
bytes, which lie whole in one row, by one statement. Linux only: it reads ``/proc``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks.listing import SHOWN, write_products
from benchmarks.servers import fresh_url
from mercat.core.actor import SYSTEM, Actor
from mercat.core.database import migrate
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from mercat.domain.suppliers import service as suppliers
from mercat.sdk.roles import FeedFile

CONNECTIONS = 16
_MERCAT = str(Path(sys.executable).with_name("mercat"))
_PLACE = re.compile(rb"http://127\.0\.0\.1:(\d+)")
_PROCESS = re.compile(rb"process (\d+) at")
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_TICKS = os.sysconf("SC_CLK_TCK")
_MORE_THAN_REMEMBERED = 700
_PEER_PRODUCTS = 10_000
_LIST = "/api/v1/products"
_OWNER = Actor("user", "benchmark", via="terminal")


@dataclass
class Server:
    """A process that listens. ``key`` is what it is asked with."""

    pid: int
    port: int
    key: str

    @property
    def cpu_seconds(self) -> float:
        """Of all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory_mb(self, what: str) -> float:
        """What ``/proc`` tells of it: ``VmHWM``, the most that was resident, or ``RssAnon``, without pages of files."""
        [kilobytes] = re.findall(rf"{what}:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())
        return round(int(kilobytes) * 1024 / 1e6, 1)

    async def get(self, path: str) -> bytes:
        """The body of one answer. Raises ``RuntimeError`` for any other status than 200."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        body = await self._ask(reader, writer, path)
        writer.close()
        return body

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> bytes:
        credential = f"authorization: Bearer {self.key}\r\n" if self.key else ""
        writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\n{credential}\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        found = _LENGTH.search(head)
        body = await reader.readexactly(int(found[1]) if found else 0)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{path}: {head.decode()}{body.decode()}")
        return body

    async def load(self, paths: Sequence[str], seconds: float) -> dict[str, float]:
        """Ask as fast as it answers, from some connections at once, one address after the other."""
        took: list[float] = []
        following = cycle(paths)

        async def client() -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            while time.perf_counter() < ends:
                path, began = next(following), time.perf_counter()
                await self._ask(reader, writer, path)
                took.append(time.perf_counter() - began)
            writer.close()

        for _ in range(20):
            await self.get(next(following))
        cpu, began = self.cpu_seconds, time.perf_counter()
        ends = began + seconds
        await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
        wall, cpu = time.perf_counter() - began, self.cpu_seconds - cpu
        took.sort()
        return {
            "requests": len(took),
            "per_second": round(len(took) / wall, 1),
            "per_cpu_second": round(len(took) / cpu, 1),
            "cpu_ms": round(cpu / len(took) * 1e3, 3),
            "p50_ms": round(took[len(took) // 2] * 1e3, 1),
            "p99_ms": round(took[int(len(took) * 0.99)] * 1e3, 1),
        }


@contextmanager
def serving(*command: str, key: str, **environment: str) -> Iterator[Server]:
    """A server that says on standard error where it listens."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("MERCAT_")}
    with subprocess.Popen(command, env=given | environment, stderr=subprocess.PIPE) as process:
        try:
            said = b""
            while (found := _PLACE.search(said)) is None:
                line = process.stderr.readline() if process.stderr else b""
                if not line:
                    raise RuntimeError(said.decode())
                said += line
            # Whatever starts it may wait beside it.
            own = _PROCESS.search(said)
            yield Server(int(own[1]) if own else process.pid, int(found[1]), key)
        finally:
            process.terminate()


@contextmanager
def filled(database: str, home: Path, products: int) -> Iterator[tuple[Settings, str]]:
    """A database of so many products, and the secret of a key that may read them."""
    home.mkdir()
    file = home / "products.jsonl"
    write_products(file, products)
    with fresh_url(database, "api") as url:
        settings = Settings(home=home, database_url=url)
        yield settings, _fill(settings, file)


def _fill(settings: Settings, products: Path) -> str:
    runtime = Runtime(settings)
    migrate.upgrade(runtime.engine)
    request = suppliers.ImportRequest([FeedFile(products.name, products)], supplier="benchmark", yes=True)
    suppliers.run_import(runtime, SYSTEM, request)
    if runtime.engine.dialect.name == "postgresql":
        with runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    access.create_user(runtime, _OWNER, access.UserDraft("benchmark", "benchmark@example.com", "admin"))
    made = access.create_key(runtime, _OWNER, access.KeyDraft("benchmark", ["viewer"]), owner="benchmark")
    access.settle(runtime)
    runtime.close()
    return made.secret


def measure(settings: Settings, key: str, seconds: float) -> dict[str, Any]:
    """Each question against the server, and the bare route with the same bytes right after it."""
    found: dict[str, Any] = {}
    with mercat(settings, key) as server:
        anew = _anew(server)
        asked = {name: addresses[0] for name, addresses in anew.items()}
        bodies = {name: asyncio.run(server.get(path)) for name, path in asked.items()}
        found["empty_route"] = asyncio.run(server.load(["/health/live"], seconds))
        for name, addresses in anew.items():
            found[name] = {"bytes": len(bodies[name]), **_both_ways(server, addresses, seconds)}
        found["search_whole"] = _both_ways(server, _searches(server), seconds)
        found["memory_mb"] = {"peak": server.memory_mb("VmHWM"), "without_files": server.memory_mb("RssAnon")}
    kept = settings.home / "bodies.json"
    kept.write_text(json.dumps({name: body.decode() for name, body in bodies.items()}))
    floor = (sys.executable, "-m", "benchmarks.api_floor", str(kept))
    with serving(*floor, key=key, **_environment(settings)) as bare:
        for name in ("list_50", "get"):
            measured = asyncio.run(bare.load([f"/{name}"], seconds))
            found[name]["bare"] = measured
            found[name]["of_bare"] = round(found[name]["per_second"] / measured["per_second"], 3)
    return found


def searched(settings: Settings, key: str, seconds: float) -> dict[str, Any]:
    """Words looked for, against a server of its own."""
    with mercat(settings, key) as server:
        return _both_ways(server, _searches(server), seconds)


def mercat(settings: Settings, key: str) -> AbstractContextManager[Server]:
    """The server on these products, without limits of rate."""
    return serving(_MERCAT, "serve", "--no-worker", "--port", "0", key=key, **_environment(settings))


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "MERCAT_HOME": str(settings.home),
        "MERCAT_DATABASE_URL": settings.database_url,
        "MERCAT_HTTP_RATE": "0",
    }


def _both_ways(server: Server, addresses: Sequence[str], seconds: float) -> dict[str, Any]:
    again = asyncio.run(server.load(addresses[:1], seconds))
    return {**again, "anew": asyncio.run(server.load(addresses, seconds))}


def _first_products(server: Server) -> list[dict[str, Any]]:
    pages = (f"{_LIST}?per_page=100&page={number}" for number in range(1, 8))
    return [each for page in pages for each in json.loads(asyncio.run(server.get(page)))["data"]]


def _searches(server: Server) -> list[str]:
    """More addresses than are remembered, with every word of some names in turn."""
    words = {word for each in _first_products(server) for word in each["name"].lower().split() if word.isalpha()}
    numbers = zip(range(_MORE_THAN_REMEMBERED), cycle(sorted(words)), strict=False)
    return [f"{_LIST}?per_page={20 + number % 40}&q={word}" for number, word in numbers]


def _anew(server: Server) -> dict[str, list[str]]:
    """More addresses of each kind than a server remembers answers, so that each is put together anew."""
    numbers = range(1, _MORE_THAN_REMEMBERED + 1)
    products = _first_products(server)
    return {
        "list_50": [f"{_LIST}?per_page=50&metafields={','.join(SHOWN)}&page={number}" for number in numbers],
        "get": [f"{_LIST}/{each['id']}" for each in products],
        "list_20": [f"{_LIST}?per_page=20&page={number}" for number in numbers],
    }


def beside(folder: Path, products: int, seconds: float) -> dict[str, Any]:
    """django-oscar's API, asked in the same way: products without prices, one of them, and its price. In SQLite."""
    script = Path(__file__).with_name("peers") / "django_oscar_api.py"
    command = ("uv", "run", "--quiet", "--no-project", "--script", str(script), "-", str(folder), str(products))
    try:
        with serving(*command, key="") as peer:
            asked = {"list_20": "/products/?limit=20", "get": "/products/7/", "price": "/products/7/price/"}
            return {name: asyncio.run(peer.load([path], seconds)) for name, path in asked.items()}
    except RuntimeError as failed:
        return {"not_measured": str(failed)[-400:]}


def main() -> None:
    """Print the figures of each database."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=50_000)
    parser.add_argument("--searched", type=int, default=10_000)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--seconds", type=float, default=5)
    given = parser.parse_args()
    report: dict[str, Any] = {"benchmark": "api", "products": given.products, "searched": given.searched}
    report["connections"] = CONNECTIONS
    with tempfile.TemporaryDirectory() as folder:
        for database in given.databases.split(","):
            with filled(database, Path(folder, database), given.products) as (settings, key):
                report[database] = measure(settings, key, given.seconds)
            with filled(database, Path(folder, f"{database}-searched"), given.searched) as (settings, key):
                report[database]["search"] = searched(settings, key, given.seconds)
            report[database]["load_average_after"] = os.getloadavg()[0]
        report["django_oscar"] = {"products": _PEER_PRODUCTS, **beside(Path(folder), _PEER_PRODUCTS, given.seconds)}
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
