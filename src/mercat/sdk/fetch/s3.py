"""Files in a bucket: Amazon's, or a self-hosted one that speaks the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import (
    BaseError,
    InvalidPathError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from mercat.core.border import refuse_open_unit
from mercat.sdk.addresses import resolve
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized, Unavailable, VendorError
from mercat.sdk.fetch.location import MAX_LISTED, Place, split, to_bytes, to_reference, wanted
from mercat.sdk.fetch.remote import Download, FetchOptions, Look, RemoteFile, instant
from mercat.sdk.http import tls_context
from mercat.sdk.redaction import scrub

if TYPE_CHECKING:  # these exist for type checkers only
    from obstore import GetOptions, ObjectMeta
    from obstore.store import ClientConfig, S3Credential

CHUNK = 1024 * 1024
SLOW_DOWN_S = 5.0
"""Amazon asks to back off without saying how long (S3 user guide, "503 Slow Down")."""


class Bucket:
    """``s3://bucket/folder/file``: a key, a folder (keys that begin so) or a pattern in the last part."""

    changes_unseen = False  # an object is replaced as a whole, and each read names the ETag it wants

    def __init__(self, place: Place, options: FetchOptions) -> None:
        refuse_open_unit()
        self._place = place
        region = options.s3_region or "us-east-1"
        # Always given: the library would else take an endpoint from the environment.
        endpoint = options.s3_endpoint or f"https://s3.{region}.amazonaws.com"
        _judge_endpoint(endpoint, options)
        username = options.username if options.username is not None else place.username
        password = options.password if options.password is not None else place.password
        # A provider and not two settings: beside those the library would put a session token from the environment.
        key = None if username is None else _Key(username, password or "")
        client: ClientConfig = {
            "allow_http": endpoint.startswith("http://"),
            "connect_timeout": f"{options.timeout_s}s",
            "read_timeout": f"{options.timeout_s}s",
            "timeout": "7d",  # of the whole answer: a long file over a thin line may take its time
        }
        if options.ca_file is not None:
            tls_context(options.ca_file)  # refuses what holds no certificate
            client["root_certificate"] = options.ca_file.read_bytes()
        with _failures(place.shown):
            self._store = S3Store(
                place.host,
                endpoint=endpoint,
                region=region,
                skip_signature=key is None,
                virtual_hosted_style_request=False,
                credential_provider=key,
                client_options=client,
                retry_config={"max_retries": 0},  # trying again is one place's work: pace.py
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        pass

    def files(self) -> list[RemoteFile]:
        written = self._place.path.removeprefix("/")
        key, pattern = split(written)
        if pattern is None and key and not key.endswith("/"):
            try:
                return [self._described(self._head(to_bytes(key).decode()))]
            except Rejected:
                key += "/"  # no such key: perhaps a folder
        return self._listed(to_bytes(key).decode(), pattern)

    def _listed(self, key: str, pattern: str | None) -> list[RemoteFile]:
        folder = key.rpartition("/")[0]
        with _failures(self._place.shown):
            objects = obstore.list_with_delimiter(self._store, folder or None)["objects"]
        if len(objects) > MAX_LISTED:
            raise Rejected(f"{self._place.shown} holds more than {MAX_LISTED} files: name a smaller folder")
        files = [self._described(facts) for facts in objects]
        return [file for file in files if wanted(file.name, pattern)]

    def _described(self, facts: ObjectMeta) -> RemoteFile:
        key = facts["path"]
        return RemoteFile(
            key.rpartition("/")[2],
            facts["size"],
            instant(facts["last_modified"].timestamp()),
            to_reference(key.encode()),
        )

    def _head(self, key: str) -> ObjectMeta:
        with _failures(self._place.shown):
            return obstore.head(self._store, key)

    def look(self, reference: str) -> Look:
        facts = self._head(to_bytes(reference).decode())
        return Look(facts["size"], facts["e_tag"], settles=False)

    @contextmanager
    def download(self, reference: str, offset: int, version: str | None) -> Iterator[Download]:
        key = to_bytes(reference).decode()
        wish: GetOptions = {}
        if offset and version:
            facts = self._head(key)
            if facts["e_tag"] == version and facts["size"] == offset:  # an empty range cannot be asked for
                yield Download(offset, offset, version, iter(()))
                return
            if facts["e_tag"] == version and facts["size"] > offset:
                wish = {"range": {"offset": offset}, "if_match": version}
        with _failures(self._place.shown):
            try:
                found = obstore.get(self._store, key, options=wish)
            except PreconditionError:
                found = obstore.get(self._store, key)
            facts, start = found.meta, found.range[0]
            stream = found.stream(min_chunk_size=CHUNK)

        def chunks() -> Iterator[bytes]:
            with _failures(self._place.shown):
                for chunk in stream:
                    yield bytes(chunk)

        yield Download(start, facts["size"], facts["e_tag"], chunks())

    def upload(self, name: str, path: Path) -> None:
        """Put a file into the folder under this name, whole or not at all."""
        folder = to_bytes(self._place.path.removeprefix("/")).decode().rstrip("/")
        with _failures(self._place.shown):
            obstore.put(self._store, f"{folder}/{name}" if folder else name, path)

    def remove(self, reference: str) -> None:
        """Take a file away."""
        with _failures(self._place.shown):
            obstore.delete(self._store, to_bytes(reference).decode())


class _Key:
    """An access key as the library asks for it; it lasts until it is changed."""

    def __init__(self, identity: str, secret: str) -> None:
        self._identity = identity
        self._secret = secret

    def __call__(self) -> S3Credential:
        return {
            "access_key_id": self._identity,
            "secret_access_key": self._secret,
            "token": None,
            "expires_at": None,
        }


def _judge_endpoint(endpoint: str, options: FetchOptions) -> None:
    """Refuse an endpoint that must not be connected to.

    The library resolves the name again itself, so the judged address is not pinned: the endpoint is the merchant's own
    setting and no supplier's word.
    """
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise Rejected("the s3 endpoint must look like https://host:port, without a user name", field="s3_endpoint")
    port = parts.port or (80 if parts.scheme == "http" else 443)
    resolve(parts.hostname, port, allow_private=options.allow_private)


@contextmanager
def _failures(shown: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Rejected(f"there is nothing at {shown}: check the bucket and the key") from error
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise _not_allowed(shown) from error
    except (InvalidPathError, ValueError) as error:
        raise Rejected(f"{shown}: this key cannot be asked for; it has an empty part or dots only") from error
    except BaseError as error:
        raise _generic(shown, str(error)) from error


def _not_allowed(shown: str) -> Unauthorized:
    return Unauthorized(f"{shown} may not be read with this access key: check its id, secret and rights")


def _generic(shown: str, text: str) -> VendorError:
    """The kind of an error whose status the library gives in its text only; the first line is enough for a person."""
    said = scrub(text).strip().partition("\n")[0][:300]
    status = re.search(r"status code: (\d{3})", text)
    match int(status[1]) if status else 0:
        case 401 | 403:
            return _not_allowed(shown)
        case 429:
            return RateLimited(f"{shown}: {said}", after_s=SLOW_DOWN_S)
        case 503 if "SlowDown" in text:
            return RateLimited(f"{shown}: {said}", after_s=SLOW_DOWN_S)
        case 400 | 404 | 405 | 409:
            return Rejected(f"{shown}: {said}")
    if "incorrectly configured region" in text:  # how the library names a redirect to the right region
        return Rejected(f"{shown}: the bucket is in another region; set s3_region", field="s3_region")
    return Unavailable(f"{shown}: {said}")
