"""Files behind http and https addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Self
from urllib.parse import unquote

import httpx2

from mercat.sdk import http
from mercat.sdk.errors import Rejected, Unavailable
from mercat.sdk.fetch.location import Place
from mercat.sdk.fetch.remote import Download, FetchOptions, Look, RemoteFile, instant

# The bytes as they lie there: a range counts those, and a feed that is compressed on purpose must stay so.
AS_IS = {"Accept-Encoding": "identity"}


class Web:
    """One file at one address: the web has no listing."""

    changes_unseen = False  # an answer has a length and belongs to one version

    def __init__(self, place: Place, options: FetchOptions) -> None:
        if re.search(r"[*\[\]]", re.split(r"[?#]", place.path)[0]):
            raise Rejected(
                f"{place.shown}: the web cannot be asked for a pattern; give the file's own address (a real star is %2A)"
            )
        self._place = place
        username = options.username if options.username is not None else place.username
        password = options.password if options.password is not None else place.password
        self._http = http.client(
            allow_private=options.allow_private,
            timeout_s=options.timeout_s,
            max_bytes=options.max_bytes,
            ca_file=options.ca_file,
        )
        if username is not None:
            self._http.auth = httpx2.BasicAuth(username, password or "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._http.close()

    def files(self) -> list[RemoteFile]:
        told = self._asked()
        return [RemoteFile(_name(told, self._place), _size(told), _modified(told), self._place.shown)]

    def look(self, reference: str) -> Look:
        del reference  # the location says it all
        told = self._asked()
        size, changed = _size(told), told.headers.get("Last-Modified")
        # Only what lies there as a file tells when it changed; an answer made at each request would never be the same
        # twice. ETags are left out: servers behind one balancer may each have their own.
        return Look(size, None, settles=False) if changed is None or size is None else Look(size, changed)

    def _asked(self) -> httpx2.Response:
        """The headers of the file, its body unread. Addresses that are signed for GET, or made by a script, refuse HEAD."""
        told = self._http.head(self._place.address, headers=AS_IS)
        if told.status_code not in {400, 403, 404, 405, 501}:
            return http.check(told)
        headers = AS_IS | {"Range": "bytes=0-0"}
        with self._http.stream("GET", self._place.address, headers=headers) as told:
            return told if told.status_code == 416 else http.check(told)

    @contextmanager
    def download(self, reference: str, offset: int, version: str | None) -> Iterator[Download]:
        del reference
        if offset and version:
            headers = AS_IS | {"Range": f"bytes={offset}-", "If-Range": version}
            with self._http.stream("GET", self._place.address, headers=headers) as answer:
                start, total = _content_range(answer)
                if answer.status_code == 206 and start == offset:
                    yield Download(offset, total, _version(answer), answer.iter_raw())
                    return
                if answer.status_code == 200:
                    yield self._whole(answer)
                    return
                if answer.status_code not in {206, 416}:
                    http.check(answer)
            if total == offset and _version(self._asked()) == version:
                yield Download(offset, total, version, iter(()))  # it had all arrived and was only not yet in its place
                return
        with self._http.stream("GET", self._place.address, headers=AS_IS) as answer:
            yield self._whole(answer)

    def _whole(self, answer: httpx2.Response) -> Download:
        if http.check(answer).status_code not in {200, 203}:
            raise Unavailable(
                f"{self._place.shown} answered {answer.status_code} and no file", status=answer.status_code
            )
        return Download(0, _size(answer), _version(answer), answer.iter_raw())


def _version(answer: httpx2.Response) -> str | None:
    """What ``If-Range`` may hold: a strong ETag, else the date of change (RFC 9110 section 13.1.5)."""
    etag = answer.headers.get("ETag", "")
    return etag if etag.startswith('"') else answer.headers.get("Last-Modified")


def _content_range(answer: httpx2.Response) -> tuple[int | None, int | None]:
    found = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", answer.headers.get("Content-Range", "").strip())
    if found is None:
        return None, None
    return int(found[1]) if found[1] else None, None if found[2] == "*" else int(found[2])


def _size(answer: httpx2.Response) -> int | None:
    if answer.status_code in {206, 416}:
        return _content_range(answer)[1]
    length = answer.headers.get("Content-Length", "")
    if not length.isdigit() or "Transfer-Encoding" in answer.headers:
        return None
    if answer.request.method == "HEAD" and int(length) == 0:
        return None  # what scripts say that do not know HEAD
    return int(length)


def _modified(answer: httpx2.Response) -> str | None:
    try:
        return instant(parsedate_to_datetime(answer.headers.get("Last-Modified", "")).timestamp())
    except (ValueError, TypeError, OverflowError):
        return None


def _name(answer: httpx2.Response, place: Place) -> str:
    """What the file is called: by ``Content-Disposition`` (RFC 6266), by the final address, by the host."""
    header = Message()
    header["Content-Disposition"] = answer.headers.get("Content-Disposition", "")
    return header.get_filename() or unquote(answer.url.path.rpartition("/")[2]) or place.host
