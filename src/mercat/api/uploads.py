"""Files that are sent in: streamed to the disk as they come, never whole in memory."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import anyio
from fastapi import Query
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from mercat.api.errors import Refused
from mercat.api.routes import STREAMS
from mercat.core.files import safe_name
from mercat.core.unit import Runtime
from mercat.sdk.roles import FeedFile

Name = Annotated[
    str, Query(max_length=255, description="the file's name: its ending helps to recognise it", examples=["prices.csv"])
]
_BINARY = {"type": "string", "format": "binary"}


def takes_file(what: str) -> dict[str, Any]:
    """What a route says of a body that is a file, or a form with the field ``file``."""
    form = {"type": "object", "required": ["file"], "properties": {"file": _BINARY}}
    content = {"application/octet-stream": {"schema": _BINARY}, "multipart/form-data": {"schema": form}}
    return {STREAMS: True, "requestBody": {"required": True, "description": what, "content": content}}


@asynccontextmanager
async def received(request: Request, runtime: Runtime, name: str) -> AsyncIterator[FeedFile]:
    """The file of the body, in a folder that is gone afterwards. Raises ``Refused`` where there is none."""
    folder = runtime.settings.home / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="upload-") as place:
        path = anyio.Path(place, "file")
        async with await path.open("wb") as out:
            if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
                name = await _from_form(request, out.wrapped) or name
            else:
                async for chunk in request.stream():
                    await out.write(chunk)
        if (await path.stat()).st_size == 0:
            raise Refused(422, "invalid", "the body is empty: send the file's bytes, or a form with the field `file`")
        named = Path(await path.rename(path.with_name(safe_name(name))))
        yield FeedFile(named.name, named)


async def _from_form(request: Request, out: Any) -> str | None:
    try:
        async with request.form(max_files=1, max_fields=20) as form:
            given = form.get("file")
            if not isinstance(given, UploadFile):
                raise Refused(422, "invalid", "the form has no file in the field `file`", field="file")
            await run_in_threadpool(shutil.copyfileobj, given.file, out)
            return given.filename
    except HTTPException as wrong:
        raise Refused(400, "malformed", f"the form cannot be read: {wrong.detail}") from wrong
