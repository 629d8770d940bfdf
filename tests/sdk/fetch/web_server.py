"""A real web server on loopback that can be told to misbehave."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any


@dataclass
class Page:
    body: bytes = b""
    etag: str | None = None
    modified: str | None = "Mon, 05 Oct 2026 10:00:00 GMT"
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    resumes: bool = True
    knows_head: bool = True
    before: Callable[["Handler"], None] | None = None


Fault = Callable[["Handler"], None]


class Site:
    """Pages by path. ``faults`` are played first, one a GET; ``seen`` holds (method, path, headers)."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.faults: list[Fault] = []
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.port = 0
        self.scheme = "http"

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def gets(self) -> list[dict[str, str]]:
        return [headers for method, _, headers in self.seen if method == "GET"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.site.seen.append(("HEAD", self.path, dict(self.headers)))
        page = self.site.pages.get(self.path)
        if page is not None and not page.knows_head:
            self.answer(405)
        else:
            self.show(page)

    def do_GET(self) -> None:
        self.site.seen.append(("GET", self.path, dict(self.headers)))
        if self.site.faults:
            self.site.faults.pop(0)(self)
        else:
            self.show(self.site.pages.get(self.path))

    def show(self, page: Page | None) -> None:
        if page is None:
            self.answer(404)
            return
        if page.before:
            page.before(self)
        headers = dict(page.headers)
        if page.etag:
            headers["ETag"] = page.etag
        if page.modified:
            headers["Last-Modified"] = page.modified
        asked = self.headers.get("Range")
        same = self.headers.get("If-Range") in {None, page.etag, page.modified}
        if asked and page.resumes and same and page.status == 200:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, end = int(first), int(last or len(page.body) - 1)
            if start >= len(page.body):
                self.answer(416, b"", headers | {"Content-Range": f"bytes */{len(page.body)}"})
                return
            part = page.body[start : end + 1]
            where = {"Content-Range": f"bytes {start}-{start + len(part) - 1}/{len(page.body)}"}
            self.answer(206, part, headers | where)
            return
        self.answer(page.status, page.body, headers)


def says(status: int, **headers: str) -> Fault:
    return lambda handler: handler.answer(status, b"sorry", {k.replace("_", "-"): v for k, v in headers.items()})


def cut_after(count: int) -> Fault:
    """Promise the whole body, send the beginning, hang up."""

    def play(handler: Handler) -> None:
        page = handler.site.pages[handler.path]
        asked = handler.headers.get("Range", "bytes=0-")
        start = int(asked.removeprefix("bytes=").partition("-")[0])
        rest = page.body[start:]
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(page.body) - 1}/{len(page.body)}")
        handler.send_header("Content-Length", str(len(rest)))
        if page.etag:
            handler.send_header("ETag", page.etag)
        handler.end_headers()
        handler.wfile.write(rest[:count])
        handler.wfile.flush()
        handler.close_connection = True

    return play


@contextmanager
def serving(tls: Path | None = None) -> Iterator[Site]:
    """A site on a free port; ``tls`` is a PEM file of key and certificate."""
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"site": site}))
    server.daemon_threads = True
    if tls is not None:
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        site.scheme = "https"
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # a client that hangs up is normal here
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
