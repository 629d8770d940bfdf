"""A small server that speaks S3's listing, HEAD and ranges, and checks signatures (S3 API reference, 2006-03-01)."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol, cast
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape, unescape

from mercat.sandbox.feeds import Login


class Objects(Protocol):
    """What a bucket holds."""

    def keys(self) -> list[str]:
        """Every key."""

    def body(self, key: str) -> bytes:
        """An object's bytes; KeyError where there is none."""

    def etag(self, key: str) -> str:
        """Its quoted entity tag."""

    def modified(self, key: str) -> dt.datetime:
        """When it was written."""


class Folder:
    """A folder as a bucket. Links that lead out of it are not followed."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def _path(self, key: str) -> Path:
        path = (self.root / key).resolve()
        if not path.is_relative_to(self.root) or not path.is_file():
            raise KeyError(key)
        return path

    def keys(self) -> list[str]:
        """Every file below, with slashes."""
        found = (path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file())
        return [key for key in found if (self.root / key).resolve().is_relative_to(self.root)]

    def body(self, key: str) -> bytes:
        """The file's bytes."""
        return self._path(key).read_bytes()

    def etag(self, key: str) -> str:
        """Of time and size: enough to see a change."""
        facts = self._path(key).stat()
        return f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"'

    def modified(self, key: str) -> dt.datetime:
        """The file's own time."""
        return dt.datetime.fromtimestamp(self._path(key).stat().st_mtime, dt.UTC)


class Store(Folder):
    """A folder as a bucket that takes and gives up objects."""

    def put(self, key: str, body: bytes) -> None:
        """Keep an object."""
        path = (self.root / key).resolve()
        if not path.is_relative_to(self.root):
            raise KeyError(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def remove(self, key: str) -> None:
        """Take an object away; one that is not there is no error, as at Amazon's."""
        (self.root / key).resolve().unlink(missing_ok=True)


class S3Handler(BaseHTTPRequestHandler):
    """One bucket, read only unless its objects are a ``Store``. ``public`` lets in whoever brings no signature."""

    protocol_version = "HTTP/1.1"
    objects: Objects
    bucket: str
    login: Login
    public: bool = False

    def log_message(self, *_: Any) -> None:
        """Nothing is written to the terminal."""

    def signed(self) -> bool:
        """AWS Signature Version 4, header form."""
        given = self.headers.get("Authorization", "")
        if self.public:
            return not given
        if not given.startswith("AWS4-HMAC-SHA256 "):
            return False
        parts = dict(part.strip().split("=", 1) for part in given.removeprefix("AWS4-HMAC-SHA256 ").split(","))
        identity, *scope = parts["Credential"].split("/")
        address = urlsplit(self.path)
        query = "&".join(
            sorted(f"{quote(k, '')}={quote(v, '')}" for k, v in parse_qsl(address.query, keep_blank_values=True))
        )
        names = parts["SignedHeaders"].split(";")
        headers = "".join(f"{name}:{self.headers[name].strip()}\n" for name in names)
        payload = self.headers["x-amz-content-sha256"]
        request = "\n".join([self.command, address.path, query, headers, ";".join(names), payload])
        digest = hashlib.sha256(request.encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256", self.headers["x-amz-date"], "/".join(scope), digest])
        key = f"AWS4{self.login.password}".encode()
        for step in [*scope, text]:
            key = hmac.digest(key, step.encode(), "sha256")
        return identity == self.login.username and hmac.compare_digest(key.hex(), parts["Signature"])

    def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        """A whole answer; HEAD gets its headers only."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.write(body, status)

    def write(self, body: bytes, status: int) -> None:
        """Send the body. Tests break it off here."""
        del status
        self.wfile.write(body)

    def refuse(self, status: int, code: str) -> None:
        """An error as S3 words it."""
        self.answer(status, f"<Error><Code>{code}</Code></Error>".encode())

    def do_HEAD(self) -> None:
        """As GET, without a body."""
        self.do_GET()

    def do_GET(self) -> None:
        """An object, or the list of them."""
        path = unquote(urlsplit(self.path).path).lstrip("/")
        bucket, _, key = path.partition("/")
        if not self.signed():
            self.refuse(403, "SignatureDoesNotMatch")
        elif bucket != self.bucket:
            self.refuse(404, "NoSuchBucket")
        elif not key:
            self.answer(200, self.listing())
        else:
            self.show(key)

    def do_PUT(self) -> None:
        """Keep an object, whole: uploads in parts are not spoken."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if (key := self._writable()) is not None:
            self._store.put(key, body)
            self.answer(200, headers={"ETag": self.objects.etag(key)})

    def do_DELETE(self) -> None:
        """Take an object away."""
        if (key := self._writable()) is not None:
            self._store.remove(key)
            self.answer(204)

    def do_POST(self) -> None:
        """Take several objects away at once: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if urlsplit(self.path).query not in {"delete", "delete="} or self._writable(whole_bucket=True) is None:
            return
        keys = [unescape(each) for each in re.findall(r"<Key>(.*?)</Key>", body)]
        for key in keys:
            self._store.remove(key)
        gone = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
        self.answer(200, f"<DeleteResult>{gone}</DeleteResult>".encode())

    @property
    def _store(self) -> Store:
        return cast("Store", self.objects)

    def _writable(self, *, whole_bucket: bool = False) -> str | None:
        """The key, where it may be written; else the refusal has been sent."""
        bucket, _, key = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
        if not self.signed() or not isinstance(self.objects, Store):
            self.refuse(403, "AccessDenied")
        elif bucket != self.bucket or not (key or whole_bucket):
            self.refuse(404, "NoSuchBucket")
        else:
            return key
        return None

    def show(self, key: str) -> None:
        """One object, or its rest from a place on."""
        try:
            body, etag, modified = self.objects.body(key), self.objects.etag(key), self.objects.modified(key)
        except KeyError:
            self.refuse(404, "NoSuchKey")
            return
        if self.headers.get("If-Match") not in {None, etag}:
            self.refuse(412, "PreconditionFailed")
            return
        headers, status = {"ETag": etag, "Last-Modified": format_datetime(modified, usegmt=True)}, 200
        if asked := self.headers.get("Range"):
            start = int(asked.removeprefix("bytes=").partition("-")[0])
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            body, status = body[start:], 206
        self.answer(status, body, headers)

    def listing(self) -> bytes:
        """ListObjectsV2 in one page."""
        asked = dict(parse_qsl(urlsplit(self.path).query))
        prefix, delimiter = asked.get("prefix", ""), asked.get("delimiter", "")
        keys = [key for key in sorted(self.objects.keys()) if key.startswith(prefix)]  # no mapping
        shown = [key for key in keys if not delimiter or delimiter not in key[len(prefix) :]]
        entries = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.objects.body(key))}</Size>"
            f"<LastModified>{self.objects.modified(key):%Y-%m-%dT%H:%M:%S}.000Z</LastModified>"
            f"<ETag>{escape(self.objects.etag(key))}</ETag></Contents>"
            for key in shown
        )
        return (
            f'<?xml version="1.0"?><ListBucketResult><Name>{escape(self.bucket)}</Name>'
            f"<KeyCount>{len(shown)}</KeyCount><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>"
        ).encode()


@contextmanager
def s3_serving(
    objects: Objects,
    *,
    bucket: str = "feeds",
    port: int = 0,
    login: Login | None = None,
    handler: type[S3Handler] = S3Handler,
) -> Iterator[int]:
    """Serve a bucket and give the port."""
    bound = type("Bound", (handler,), {"objects": objects, "bucket": bucket, "login": login or Login()})
    server = ThreadingHTTPServer(("127.0.0.1", port), bound)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
