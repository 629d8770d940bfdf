"""The one outgoing HTTP face: every request of the product goes through a client made here.

It connects only to addresses that were judged (``sdk/addresses.py``), follows at most five redirects and judges each,
never goes from https to http, bounds what it reads, times out, refuses to run inside an open unit, and raises errors by
what recovers them (``sdk/errors.py``) with every secret hidden. It takes no proxy from the environment: a proxy would
resolve the name again, elsewhere, unjudged.
"""

from __future__ import annotations

import logging
import re
import socket
import ssl
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpcore2
import httpx2

from mercat import __version__
from mercat.core.border import refuse_open_unit
from mercat.sdk.addresses import Resolver, resolve
from mercat.sdk.deadlines import Deadline, TimedStream
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized, Unavailable, VendorError
from mercat.sdk.redaction import Redacting, redact, scrub

MAX_BYTES = 256 * 1024 * 1024
MAX_REDIRECTS = 5
_STEP = 64 * 1024
WAIT_UNTOLD_S = 60.0
"""How long to wait after a 429 that does not say."""
HEADERS = {"User-Agent": f"mercat/{__version__}", "Accept-Encoding": "gzip"}
"""What every request says of us, and the one encoding that is taken."""

_SECRET_HEADER = re.compile(r".*(token|secret|api-?key|access-?key).*", re.IGNORECASE)

for _name in ("httpx2", "httpcore2.connection", "httpcore2.http11", "httpcore2.http2", "httpcore2.proxy"):
    logging.getLogger(_name).addFilter(Redacting())


class Client(httpx2.Client):
    """An ``httpx2.Client`` whose every failure is a ``VendorError``. Answers of 400 and above are returned: see ``check``."""

    def send(self, request: httpx2.Request, **kwargs: Any) -> httpx2.Response:
        try:
            return super().send(request, **kwargs)
        except httpx2.TooManyRedirects:
            raise Rejected(
                f"{redact(str(request.url))} redirects more than {MAX_REDIRECTS} times: give the final address"
            ) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise Unavailable(f"{redact(str(request.url))}: {scrub(str(error))}") from error


def client(
    *,
    allow_private: bool = False,
    timeout_s: float = 30.0,
    total_s: float | None = None,
    max_bytes: int = MAX_BYTES,
    ca_file: Path | None = None,
    resolver: Resolver = socket.getaddrinfo,
) -> Client:
    """Give a client, to be closed after use.

    ``timeout_s`` bounds connecting and each wait for bytes, ``max_bytes`` each body as it arrives and as it unpacks.
    ``total_s`` bounds a request from its beginning to what is read of its answer; such a client serves one at a time.
    ``ca_file`` (PEM) is trusted beside the usual authorities. Requests raise ``Rejected`` for a forbidden address or
    redirect and for a body too large, ``Unauthorized`` for a certificate that cannot be trusted, ``Unavailable`` for
    everything that may pass.
    """
    return Client(
        transport=transport(
            allow_private=allow_private, total_s=total_s, max_bytes=max_bytes, ca_file=ca_file, resolver=resolver
        ),
        timeout=httpx2.Timeout(timeout_s),
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        trust_env=False,
        headers=HEADERS,
    )


def transport(
    *,
    allow_private: bool = False,
    total_s: float | None = None,
    max_bytes: int = MAX_BYTES,
    ca_file: Path | None = None,
    resolver: Resolver = socket.getaddrinfo,
) -> httpx2.BaseTransport:
    """What judges and bounds the requests of a ``client``, which says what its arguments mean; to be closed after use."""
    deadline = Deadline(total_s)
    return _Transport(
        tls=tls_context(ca_file),
        max_bytes=max_bytes,
        network=_PinnedNetwork(allow_private=allow_private, resolver=resolver, deadline=deadline),
        deadline=deadline,
    )


def is_address(url: str) -> bool:
    """Whether a request could be made to it at all."""
    try:
        return bool(httpx2.URL(url).host)
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        return False


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Certificates and host names are always checked; ``ca_file`` adds an authority to the system's. Raises ``Rejected``."""
    context = httpx2.create_ssl_context(trust_env=False)
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise Rejected(f"the CA file {ca_file} cannot be used: {error}; it must hold PEM certificates") from error
    return context


def check(response: httpx2.Response) -> httpx2.Response:
    """The response itself below 400, else the error that says what recovers it.

    401, 403, 407: ``Unauthorized``. 429, and 503 with ``Retry-After``: ``RateLimited``. 408, 425, 5xx: ``Unavailable``.
    Everything else: ``Rejected`` (RFC 9110 section 15, RFC 6585 section 4).
    """
    status = response.status_code
    if status < 400:
        return response
    place = redact(str(response.request.url))
    said = f"{place} answered {status} {response.reason_phrase}".rstrip()
    if status in {401, 403, 407}:
        raise Unauthorized(f"{said}: check the user name, password or key", status=status)
    after_s = retry_after_s(response)
    if status == 429 or (status == 503 and after_s is not None):
        raise RateLimited(said, after_s=WAIT_UNTOLD_S if after_s is None else after_s, status=status)
    if status in {408, 425} or status >= 500:
        raise Unavailable(said, status=status)
    raise Rejected(f"{said}: check the address", status=status)


def retry_after_s(response: httpx2.Response) -> float | None:
    """Seconds to wait as told by ``Retry-After`` (RFC 9110 section 10.2.3), or None where it is absent or nonsense.

    Whole seconds by the RFC; Shopify writes ``2.0``.
    A date is measured against the server's own ``Date``, so that a wrong clock on either side does no harm.
    """
    told = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,3})?", told):
        return float(told)
    try:
        until, now = parsedate_to_datetime(told), parsedate_to_datetime(response.headers.get("Date", ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError):
        return None


class _PinnedNetwork(httpcore2.NetworkBackend):
    """Opens each connection to an address judged at that moment; TLS above it still checks the name that was asked for."""

    def __init__(self, *, allow_private: bool, resolver: Resolver, deadline: Deadline) -> None:
        self._allow_private = allow_private
        self._deadline = deadline
        self._resolver = resolver
        self._plain = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        last: Exception | None = None
        for address, _ in resolve(host, port, allow_private=self._allow_private, resolver=self._resolver):
            try:
                left = self._deadline.left(timeout)
                stream = self._plain.connect_tcp(address, port, left, local_address, socket_options)
                return TimedStream(stream, self._deadline)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                last = error
        raise last or httpcore2.ConnectError(f"no address of {host} answered")


class _Transport(httpx2.BaseTransport):
    """Sends one request over pinned connections and judges where the answer wants to lead."""

    def __init__(
        self, *, tls: ssl.SSLContext, max_bytes: int, network: httpcore2.NetworkBackend, deadline: Deadline
    ) -> None:
        self._deadline = deadline
        self._pool = httpcore2.ConnectionPool(ssl_context=tls, network_backend=network)
        self._max_bytes = max_bytes

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        refuse_open_unit()
        self._deadline.begin()
        place = redact(str(request.url))
        if request.url.scheme not in {"http", "https"}:
            raise Rejected(f"{place}: only http and https can be fetched here")
        wire = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _failures(place):
            answer = self._pool.handle_request(wire)
        try:
            return self._judged(request, answer, place)
        except BaseException:
            answer.close()
            raise

    def _judged(self, request: httpx2.Request, answer: httpcore2.Response, place: str) -> httpx2.Response:
        headers = httpx2.Headers(answer.headers)
        if answer.status in {301, 302, 303, 307, 308} and "Location" in headers:
            _judge_redirect(request, headers["Location"])
        body = _Body(answer, place, self._max_bytes)
        length = headers.get("Content-Length", "")
        if length.isdigit() and int(length) > self._max_bytes and request.method != "HEAD":
            raise body.too_large()
        # Asked for the bytes as they are, they pass as they are: a resumed file is counted in bytes on the wire.
        encoding = headers.get("Content-Encoding", "identity").strip().lower()
        if encoding != "identity" and request.headers.get("Accept-Encoding") != "identity" and request.method != "HEAD":
            if encoding not in {"gzip", "x-gzip"}:
                raise Unavailable(f"{place} answered in the encoding {encoding!r}, which was not asked for")
            body.unpack()
            del headers["Content-Encoding"]
            headers.pop("Content-Length", None)
        return httpx2.Response(answer.status, headers=headers, stream=body, extensions=dict(answer.extensions))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    """A body that never grows beyond the bound, neither on the wire nor unpacked."""

    def __init__(self, answer: httpcore2.Response, place: str, max_bytes: int) -> None:
        self._answer = answer
        self._place = place
        self._max_bytes = max_bytes
        self._gzip: Any = None

    def unpack(self) -> None:
        self._gzip = zlib.decompressobj(wbits=31)

    def too_large(self) -> Rejected:
        return Rejected(f"{self._place} sends more than the {self._max_bytes} bytes that are allowed")

    def __iter__(self) -> Iterator[bytes]:
        seen = 0
        with _failures(self._place):
            for chunk in self._answer.iter_stream():
                for part in self._parts(chunk):
                    seen += len(part)
                    if seen > self._max_bytes:
                        raise self.too_large()
                    yield part
            if self._gzip is not None and seen and not self._gzip.eof:
                raise Unavailable(f"{self._place}: the answer breaks off in the middle")

    def _parts(self, chunk: bytes) -> Iterator[bytes]:
        if self._gzip is None:
            yield chunk
            return
        # At most 64 KiB a step: a bomb is found out by the bound above before it takes memory.
        while True:
            part = self._gzip.decompress(chunk, _STEP)
            yield part
            chunk = self._gzip.unconsumed_tail
            if self._gzip.eof and self._gzip.unused_data:
                chunk = self._gzip.unused_data
                self.unpack()  # a gzip file may have several members (RFC 1952 section 2.2)
            elif not chunk and len(part) < _STEP:
                return

    def close(self) -> None:
        self._answer.close()


def _judge_redirect(request: httpx2.Request, location: str) -> None:
    """Refuse a redirect to another kind of address, down from https, or one that would carry a key to another host."""
    place = redact(str(request.url))
    try:
        target = request.url.join(location)
    except httpx2.InvalidURL:
        raise Rejected(f"{place} redirects to something that is no address: {scrub(location)[:200]!r}") from None
    shown = redact(str(target))
    if target.scheme not in {"http", "https"}:
        raise Rejected(f"{place} redirects to {shown}: only http and https are followed")
    if request.url.scheme == "https" and target.scheme != "https":
        raise Rejected(f"{place} redirects to {shown}: from https down to http is not followed")
    # httpx2 itself drops Authorization and cookies on the way to another origin; it cannot know a vendor's own headers.
    if target.origin != request.url.origin:
        carried = [name for name in request.headers if _SECRET_HEADER.fullmatch(name)]
        if carried:
            raise Rejected(f"{place} redirects to another host, {shown}, which must not see the header {carried[0]}")


@contextmanager
def _failures(place: str) -> Iterator[None]:
    """Turn what the network layer raises into errors by what recovers them."""
    try:
        yield
    except VendorError:
        raise
    except httpcore2.TimeoutException as error:
        raise Unavailable(f"{place} did not answer in time") from error
    except (httpcore2.UnsupportedProtocol, httpcore2.LocalProtocolError) as error:
        raise Rejected(f"{place}: {scrub(str(error))}") from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError, zlib.error) as error:
        if _untrusted(error):
            raise Unauthorized(
                f"the certificate of {place} cannot be trusted ({error}); if it is signed by your own authority, "
                "give that authority's certificate as ca_file"
            ) from error
        raise Unavailable(f"{place}: the connection failed ({scrub(str(error)) or type(error).__name__})") from error


def _untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
