"""Answers: plain values to JSON bytes, entity tags, and streams of lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import xxhash
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mercat.sdk.lines import begun

JSON = "application/json"
JSONL = "application/jsonl"
CSV = "text/csv; charset=utf-8"
_encode = msgspec.json.Encoder().encode


def answer(value: Any, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Response:
    """Plain values, dataclasses and structs as JSON: times are ISO 8601 in UTC, ids and decimals text."""
    return Response(_encode(value), status, media_type=JSON, headers=dict(headers) if headers else None)


def raw(body: bytes, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Response:
    """JSON that is made already."""
    return Response(body, status, media_type=JSON, headers=dict(headers) if headers else None)


def nothing() -> Response:
    """Done, and there is nothing to say of it."""
    return Response(status_code=204)


def tag_of(body: bytes) -> str:
    """The entity tag of a representation: the same bytes, the same tag."""
    return f'"{xxhash.xxh3_64_hexdigest(body)}"'


def tagged(request: Request, response: Response) -> Response:
    """The response with its entity tag, or 304 without a body where the client has it already (RFC 9110, 13.1.2)."""
    if response.status_code != 200 or isinstance(response, StreamingResponse):
        return response
    tag = entity_tag(response)
    if is_known(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["etag"] = tag
    # To be kept by the client, and asked for again each time: the tag makes that cheap.
    response.headers.setdefault("cache-control", "private, no-cache")
    return response


def entity_tag(response: Response) -> str:
    """The one that the route gave, or one made of its bytes."""
    return response.headers.get("etag") or tag_of(bytes(response.body))


def is_known(tags: str, tag: str) -> bool:
    """Whether a header's list of entity tags holds this one, or any."""
    return any(each in {"*", tag} for each in (known.strip().removeprefix("W/") for known in tags.split(",")))


def download(lines: Iterator[bytes], media_type: str, name: str) -> StreamingResponse:
    """A stream that a browser keeps as a file. Its beginning is made at once: what cannot be done is still refused."""
    return StreamingResponse(
        begun(lines), media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
