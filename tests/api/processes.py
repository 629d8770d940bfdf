"""A server as it is run: a process of its own, on a port that was free."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mercat.core.actor import Actor
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.domain.access import service as access

_OWNER = Actor("user", "ada", via="terminal")


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    port: int
    key: str
    said: str

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        given = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        connection.close()
        return given

    def end(self) -> tuple[int, str]:
        """Ask it to end, and answer its exit code and what it complained of."""
        self.process.send_signal(signal.SIGTERM)
        _, complaints = self.process.communicate(timeout=60)
        return self.process.returncode, complaints.decode()


@contextmanager
def serving(
    home: Path, *options: str, before: Callable[[], None] | None = None, **environment: str
) -> Iterator[Server]:
    """``mercat serve`` on the database in ``home``, with a key that may do everything. ``before`` runs in its process."""
    runtime = Runtime(Settings(home=home))
    access.create_user(runtime, _OWNER, access.UserDraft("ada", "ada@example.com", "admin"))
    made = access.create_key(runtime, _OWNER, access.KeyDraft("tests", ["admin"]), owner="ada")
    access.settle(runtime)
    runtime.close()
    given = {name: value for name, value in os.environ.items() if not name.startswith("MERCAT_")}
    command = [Path(sys.executable).with_name("mercat"), "serve", "--port", "0", *options]
    with subprocess.Popen(
        command,
        env={**given, "MERCAT_HOME": str(home), **environment},
        stderr=subprocess.PIPE,
        preexec_fn=before,  # noqa: PLW1509  # there are no threads here
    ) as process:
        try:
            said = b""
            while b"listens at" not in said and (line := process.stderr.readline()):  # type: ignore[union-attr]
                said += line
            found = re.search(rb"http://127\.0\.0\.1:(\d+)", said)
            assert found, said.decode()
            yield Server(process, int(found[1]), made.secret, said.decode())
        finally:
            process.kill()
