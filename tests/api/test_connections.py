"""Slow and broken clients: some hundreds of each kind at once, while others are answered as ever."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from mercat.api import connections
from tests.api.processes import Server, serving

BROKEN_OFF = (ConnectionError, asyncio.IncompleteReadError)
# The server gives up after ten seconds; the machine may be busy.
GIVEN_UP_S = 25


@pytest.fixture
def home(tmp_path: Path, _sqlite_template: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "mercat.db").write_bytes(_sqlite_template.read_bytes())
    return folder


@dataclass
class Crowd:
    """Clients of one kind. ``answered``: the status lines that they got; ``ended``: how long until they were cut off."""

    port: int
    answered: list[bytes] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)

    async def silent(self) -> None:
        reader, writer = await self._open()
        await self._until_the_end(reader)
        writer.close()

    async def dribbling(self) -> None:
        reader, writer = await self._open()
        writer.write(b"GET /health/live HTTP/1.1\r\n")
        await self._while_it_takes_it(reader, writer, b"x: y\r\n", every_s=0.2)

    async def with_empty_lines(self) -> None:
        reader, writer = await self._open()
        writer.write(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n")
        await reader.readuntil(b'{"status":"ok"}')
        await self._while_it_takes_it(reader, writer, b"\r\n", every_s=0.2)

    async def with_huge_headers(self) -> None:
        reader, writer = await self._open()
        writer.write(b"GET /health/live HTTP/1.1\r\nx: ")
        await self._while_it_takes_it(reader, writer, b"x" * 10_000, every_s=0)

    async def with_endless_trailers(self) -> None:
        reader, writer = await self._open()
        writer.write(b"GET /health/live HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: ")
        await self._while_it_takes_it(reader, writer, b"x" * 10_000, every_s=0)

    async def with_endless_body(self) -> None:
        reader, writer = await self._open()
        writer.write(b"POST /api/v1/products HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
        await self._while_it_takes_it(reader, writer, b"400\r\n" + b"x" * 1024 + b"\r\n", every_s=0.05)

    async def that_hangs_up(self) -> None:
        _, writer = await self._open()
        writer.write(b"POST /api/v1/products HTTP/1.1\r\ncontent-length: 1000\r\n\r\n{")
        # Reset instead of a farewell.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def _until_the_end(self, reader: asyncio.StreamReader) -> None:
        began = time.monotonic()
        said = b""
        try:
            while some := await asyncio.wait_for(reader.read(65536), GIVEN_UP_S):
                said += some
        except ConnectionError:
            pass
        self.ended.append(time.monotonic() - began)
        if said:
            self.answered.append(said.partition(b"\r\n")[0])

    async def _while_it_takes_it(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, piece: bytes, *, every_s: float
    ) -> None:
        async def speak() -> None:
            try:
                while not writer.is_closing():
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(every_s)
            except ConnectionError:
                pass

        speaking = asyncio.create_task(speak())
        await self._until_the_end(reader)
        speaking.cancel()
        writer.close()


async def _watch(server: Server, crowds: Callable[[], Coroutine[Any, Any, object]]) -> list[float]:
    """How long the server took for somebody ordinary, again and again, until the crowds are gone."""
    took = []
    waiting = asyncio.create_task(crowds())
    while not waiting.done():
        began = time.monotonic()
        status, _, _ = await asyncio.to_thread(server.get, "/health/live")
        assert status == 200
        took.append(time.monotonic() - began)
        await asyncio.wait({waiting}, timeout=0.2)
    await waiting
    return took


def _files(process_id: int) -> int:
    return len(list(Path(f"/proc/{process_id}/fd").iterdir()))


def test_slow_and_broken_clients_are_cut_off_and_others_are_answered_meanwhile(home: Path) -> None:
    with serving(home, "--no-worker") as server:
        server.get("/api/v1/products", authorization=f"Bearer {server.key}")
        before = _files(server.process.pid) if Path("/proc").exists() else 0
        kinds: dict[str, tuple[Callable[[Crowd], Awaitable[None]], int]] = {
            "silent": (Crowd.silent, 200),
            "dribbling": (Crowd.dribbling, 50),
            "empty": (Crowd.with_empty_lines, 20),
            "huge": (Crowd.with_huge_headers, 50),
            "trailers": (Crowd.with_endless_trailers, 20),
            "endless": (Crowd.with_endless_body, 20),
            "gone": (Crowd.that_hangs_up, 100),
        }
        crowds = {name: Crowd(server.port) for name in kinds}

        async def all_at_once() -> None:
            await asyncio.gather(*(play(crowds[name]) for name, (play, many) in kinds.items() for _ in range(many)))

        took = asyncio.run(_watch(server, all_at_once))

        assert max(took) < 3
        assert sorted(took)[len(took) // 2] < 0.5
        for name in ("silent", "dribbling", "empty", "endless"):
            assert len(crowds[name].ended) == kinds[name][1]
            assert 8 < min(crowds[name].ended) <= max(crowds[name].ended) < 20, name
        assert crowds["huge"].answered == [b"HTTP/1.1 431 Request Header Fields Too Large"] * 50
        assert set(crowds["endless"].answered) == {b"HTTP/1.1 401 Unauthorized"}
        assert max(crowds["trailers"].ended) < 8
        assert server.get("/health/live")[0] == 200
        if before:
            assert _files(server.process.pid) <= before + 5
        code, complaints = server.end()
        assert (code, complaints) == (0, "")


class _Waiting:
    """A server in this process whose answers wait until they may go on."""

    def __init__(self) -> None:
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        config = uvicorn.Config(
            self._answer,
            interface="asgi3",
            http=connections.Connection,
            lifespan="off",
            log_level="critical",
            timeout_graceful_shutdown=1,
        )
        self.server = uvicorn.Server(config)

    async def _answer(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        self.begun.set()
        await self.go_on.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async def __aenter__(self) -> Self:
        self.server.config.load()
        self.server.lifespan = self.server.config.lifespan_class(self.server.config)
        await self.server.startup(sockets=[self.listening])
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.shutdown(sockets=[self.listening])


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Server]:
    """A server that takes bodies of a megabyte, for what leaves it as it was."""
    home = tmp_path_factory.mktemp("small")
    (home / "mercat.db").write_bytes(_sqlite_template.read_bytes())
    with serving(home, "--no-worker", MERCAT_HTTP_BODY_MB="1") as server:
        yield server


def test_headers_below_the_limit_are_taken_and_a_large_body_right_behind_them_too(small: Server) -> None:
    headers = {f"x-{n}": "y" * 4_000 for n in range(7)}
    assert small.get("/health/live", **headers)[0] == 200
    assert small.get("/health/live", **headers, more="z" * 5_000)[0] == 431

    with socket.create_connection(("127.0.0.1", small.port), timeout=60) as client:
        body = json.dumps({"products": [{"name": "x" * 500_000}], "unknown": 1}).encode()
        head = f"POST /api/v1/products/bulk HTTP/1.1\r\ncontent-length: {len(body)}\r\nauthorization: Bearer {small.key}\r\n\r\n"
        client.sendall(head.encode() + body)
        assert client.recv(100).startswith(b"HTTP/1.1 422")


def test_a_body_beyond_the_limit_is_refused_before_it_has_ended_and_the_reason_can_be_read(small: Server) -> None:
    with socket.create_connection(("127.0.0.1", small.port), timeout=60) as client:
        head = f"POST /api/v1/products/bulk HTTP/1.1\r\ntransfer-encoding: chunked\r\nauthorization: Bearer {small.key}\r\n\r\n"
        client.sendall(head.encode())
        for _ in range(300):
            client.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 413")


def test_a_stranger_sends_no_more_than_a_sign_in_needs(small: Server) -> None:
    with socket.create_connection(("127.0.0.1", small.port), timeout=60) as client:
        client.sendall(b"POST /api/v1/auth/sign-in HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(20):
            client.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 413")


def test_pipelined_requests_are_answered_in_their_order(small: Server) -> None:
    with socket.create_connection(("127.0.0.1", small.port), timeout=60) as client:
        client.sendall(
            b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n" * 2_000
            + b"GET /api/v1/products HTTP/1.1\r\nconnection: close\r\n\r\n"
        )
        said = b""
        while some := client.recv(65536):
            said += some

    assert said.count(b"HTTP/1.1 200") == 2_000
    assert said.rindex(b"HTTP/1.1 401") > said.rindex(b"HTTP/1.1 200")


def test_what_is_no_http_is_told_so_in_the_one_shape(small: Server) -> None:
    with socket.create_connection(("127.0.0.1", small.port), timeout=60) as client:
        client.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        head, _, body = client.recv(4096).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 400")
    assert json.loads(body)["code"] == "malformed"


def test_a_crowd_that_fills_every_place_is_thinned_for_whoever_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, where the number of places can be made small."""
    monkeypatch.setattr(connections, "most_connections", lambda: 5)

    async def play() -> tuple[bytes, int, bytes]:
        async with _Waiting() as house:
            crowd = [await asyncio.open_connection("127.0.0.1", house.port) for _ in range(20)]
            reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            await house.begun.wait()
            still_open = len(house.server.server_state.connections)
            house.go_on.set()
            answer = await reader.readline()
            # All five places are owed an answer: now the next one is turned away.
            house.go_on.clear()
            for _ in range(5):
                other = await asyncio.open_connection("127.0.0.1", house.port)
                other[1].write(b"GET / HTTP/1.1\r\n\r\n")
                crowd.append(other)
                house.begun.clear()
                await house.begun.wait()
            last, refused = await asyncio.open_connection("127.0.0.1", house.port)
            refusal = await last.readline()
            house.go_on.set()
            for _, each in (*crowd, (None, writer), (None, refused)):
                each.close()
            return answer, still_open, refusal

    answer, still_open, refusal = asyncio.run(asyncio.wait_for(play(), GIVEN_UP_S))

    assert answer.startswith(b"HTTP/1.1 204")
    assert still_open <= 6
    assert refusal.startswith(b"HTTP/1.1 503")
