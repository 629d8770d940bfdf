"""The application in a server process of its own, as ``mercat serve`` runs it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mercat.core.unit import Runtime

MERCAT = str(Path(sys.executable).with_name("mercat"))
_STARTS_WITHIN_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(runtime: Runtime, *options: str, **settings: str) -> Iterator[str]:
    """The address of a server on this runtime's database, without limits of rate."""
    port = free_port()
    home = str(runtime.settings.home)
    ours = {"MERCAT_HOME": home, "MERCAT_DATABASE_URL": runtime.settings.database_url}
    ours |= {"MERCAT_HTTP_RATE": "0", "MERCAT_HTTP_FAILURES": "0"}
    command = [MERCAT, "serve", "--port", str(port), *(options or ("--no-worker",))]
    with subprocess.Popen(command, env={**os.environ, **ours, **settings}, stderr=subprocess.DEVNULL) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            _await(process, address)
            yield address
        finally:
            process.terminate()


def _await(process: subprocess.Popen[bytes], address: str) -> None:
    ends = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < ends and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health/live"):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    raise AssertionError("the server did not start")
