"""An endpoint on loopback that checks signatures as a receiver should, and can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Fault = Callable[["Handler"], None]


@dataclass
class Got:
    """A request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """``faults`` are played first, one a request; afterwards everything is taken with ``status``."""

    port: int = 0
    status: int = 204
    faults: list[Fault] = field(default_factory=list)
    got: list[Got] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.receiver.got.append(Got({name.lower(): value for name, value in self.headers.items()}, body))
        if self.receiver.faults:
            self.receiver.faults.pop(0)(self)
        else:
            self.answer(self.receiver.status)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """An endpoint on a free port."""
    receiver = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"receiver": receiver}))
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # a client that hangs up is normal here
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def says(status: int, body: bytes = b"", **headers: str) -> Fault:
    return lambda handler: handler.answer(status, body, **headers)


def is_genuine(secret: str, got: Got) -> bool:
    """Whether one of the signatures is right for the secret; written from the specification, not from our code."""
    content = got.headers["webhook-id"].encode() + b"." + got.headers["webhook-timestamp"].encode() + b"." + got.body
    key = base64.b64decode(secret.split("_", 1)[1])
    wanted = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    listed = [each.split(",", 1) for each in got.headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(given, wanted) for version, given in listed)
