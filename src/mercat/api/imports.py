"""Files in and out over HTTP: an upload becomes an import job, and the catalogue a file."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mercat.api.answers import CSV, JSONL, download
from mercat.api.jobs import JobItem, accepted
from mercat.api.routes import Caller, House, Room, needs
from mercat.api.uploads import received, takes_file
from mercat.core.actor import Actor
from mercat.core.errors import Invalid
from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.suppliers import service as suppliers

router = Room("Imports and exports")
_CHUNK = 256 * 1024
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TYPES = {"csv": CSV, "jsonl": JSONL, "xlsx": _XLSX, "shopify-csv": CSV}
_ENDINGS = {"shopify-csv": "csv"}


class ImportQuery(BaseModel):
    """How the file is to be imported."""

    model_config = ConfigDict(extra="forbid")

    filename: str = Field("upload", max_length=255, description="its ending helps to recognise the file")
    supplier: str = Field("direct", min_length=1, max_length=100, description="whose file it is")
    connector: str | None = Field(None, max_length=100, description="recognised if left out")
    profile: str | None = Field(
        None, max_length=10_000, description="TOML, as inspecting proposes it; a longer one belongs to a feed"
    )
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    mode: Literal["upsert", "create-only", "update-only"] = "upsert"
    complete: bool = Field(default=False, description="the file is the whole range: what is missing becomes inactive")
    guards: str | None = Field(None, max_length=5_000, description="JSON", examples=['{"price_change_pct": 50}'])
    plan_only: bool = False
    yes: bool = Field(default=False, description="apply even what guards would hold (needs catalog.approve)")

    def draft(self) -> suppliers.UploadDraft:
        """As the suppliers' room wants it. Raises ``Invalid``."""
        return suppliers.UploadDraft(**{**self.model_dump(exclude={"filename"}), "guards": _guards(self.guards)})


def _guards(text: str | None) -> dict[str, Any]:
    try:
        given = json.loads(text) if text else {}
    except ValueError as wrong:
        message = f"guards are JSON: {wrong}"
        raise Invalid(message, field="guards") from wrong
    if not isinstance(given, dict):
        message = "guards are a JSON object of names and limits"
        raise Invalid(message, field="guards")
    return given


@router.post(
    "/imports",
    status_code=202,
    response_model=JobItem,
    **needs("suppliers.run", **takes_file("A supplier's file, of any format that is known")),
)
async def import_file(
    request: Request, runtime: House, caller: Caller, asked: Annotated[ImportQuery, Query()]
) -> Response:
    """Have a worker import a file: plan, guard, apply. The job's result is the import's; a held plan is a change set."""
    draft = asked.draft()
    async with received(request, runtime, asked.filename) as file:
        kept = await run_in_threadpool(runtime.files.keep, file.path)
    return await run_in_threadpool(_enqueue, runtime, caller, kept.sha256, file.name, draft)


def _enqueue(runtime: Runtime, caller: Actor, sha256: str, name: str, draft: suppliers.UploadDraft) -> Response:
    job_id = runtime.attempt(lambda unit: suppliers.enqueue_upload(unit, sha256, name, draft), caller)
    return accepted(runtime, caller, job_id)


_BINARY = {"schema": {"type": "string", "format": "binary"}}
_MAY_EXPORT = needs("catalog.export", refusals=(401, 403, 422, 429))
_FILE = {"description": "The file", "content": dict.fromkeys(sorted(set(_TYPES.values())), _BINARY)}
_A_FILE: dict[str, Any] = {**_MAY_EXPORT, "responses": {**_MAY_EXPORT["responses"], 200: _FILE}}


@router.get(
    "/exports/products",
    response_class=StreamingResponse,
    **_A_FILE,
)
def export_products(
    runtime: House,
    caller: Caller,
    format: Annotated[Literal["csv", "jsonl", "xlsx", "shopify-csv"], Query()] = "jsonl",
    status: Annotated[list[Literal["draft", "active", "archived"]] | None, Query()] = None,
) -> Response:
    """The whole catalogue as a file of one moment, as `mercat export products` writes it."""
    ending = _ENDINGS.get(format, format)
    place = tempfile.TemporaryDirectory(prefix="mercat-export-")  # it goes when the file was sent
    path = Path(place.name, f"products.{ending}")
    try:
        with runtime.read(caller, snapshot=True) as unit:
            catalog.export_products(unit, path, format=format, statuses=status or None)
    except BaseException:
        place.cleanup()
        raise
    return download(_file(path, place), _TYPES[format], path.name)


def _file(path: Path, place: tempfile.TemporaryDirectory[str]) -> Iterator[bytes]:
    with place, path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
