"""``mercat serve`` as a process: how it ends, how many it is, whom it believes."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from mercat.cli.serving import listen
from tests.api.processes import serving

from .conftest import Terminal


def test_a_request_in_hand_is_answered_after_the_signal_and_then_it_ends(terminal: Terminal) -> None:
    with (
        serving(terminal.home) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=60) as client,
        socket.create_connection(("127.0.0.1", server.port), timeout=60) as idle,
    ):
        body = b'{"products": [], "unknown": 1}'
        head = f"POST /api/v1/products/bulk HTTP/1.1\r\ncontent-length: {len(body)}\r\nauthorization: Bearer {server.key}\r\nexpect: 100-continue\r\n\r\n"
        client.sendall(head.encode())
        # Whoever is told to continue is being served.
        assert client.recv(100).startswith(b"HTTP/1.1 100")
        client.sendall(body[:5])
        began = time.monotonic()
        server.process.terminate()
        assert idle.recv(100) == b""
        client.sendall(body[5:])
        assert client.recv(100).startswith(b"HTTP/1.1 422")
        assert server.process.wait(timeout=60) == 0
        assert time.monotonic() - began < 10


def test_several_processes_answer_at_one_port_and_end_together(terminal: Terminal) -> None:
    with serving(terminal.home, "--processes", "2", "--no-worker") as server:
        key = {"authorization": f"Bearer {server.key}"}
        assert [server.get("/api/v1/products", **key)[0] for _ in range(8)] == [200] * 8
        began = time.monotonic()
        assert server.end() == (0, "")
        assert time.monotonic() - began < 10


def test_the_body_of_an_answer_does_not_wait_for_the_client_to_have_its_headers() -> None:
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()) as client:
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert client


def test_who_serves_before_there_is_a_user_is_told_what_that_means(terminal: Terminal) -> None:
    terminal("init")
    command = [Path(sys.executable).with_name("mercat"), "serve", "--port", "0", "--no-worker"]
    environment = {**os.environ, "MERCAT_HOME": str(terminal.home)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        told = [process.stderr.readline(), process.stderr.readline()]
        process.terminate()

    assert "mercat user create" in told[0]
    assert "listens at" in told[1]


def test_a_port_that_is_taken_is_a_failure_with_its_mend(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = terminal("serve", "--port", taken.getsockname()[1], "--no-worker")

    assert answer.code == 1
    assert "--port" in answer.err


def test_few_files_are_said_to_be_few_and_a_proxy_that_is_trusted_is_believed(terminal: Terminal) -> None:
    limit = partial(resource.setrlimit, resource.RLIMIT_NOFILE, (1_000, 1_000))
    with serving(terminal.home, "--no-worker", before=limit, MERCAT_TRUSTED_PROXIES="127.0.0.1") as server:
        assert "1,000 files" in server.said
        _, headers, _ = server.get("/health/live", **{"x-forwarded-proto": "https"})
        assert "strict-transport-security" in headers


def test_as_many_files_may_be_open_as_the_system_allows_and_no_proxy_is_believed(terminal: Terminal) -> None:
    limit = partial(resource.setrlimit, resource.RLIMIT_NOFILE, (100, 5_000))
    with serving(terminal.home, "--no-worker", before=limit) as server:
        connections = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in range(300)]
        status, headers, _ = server.get("/health/live", **{"x-forwarded-proto": "https"})
        assert status == 200
        assert "strict-transport-security" not in headers
        for each in connections:
            each.close()
