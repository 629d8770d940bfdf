"""Uploads: files and product documents that a program sends in, imported like any supplier's."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from mercat.core.actor import Actor
from mercat.core.errors import Invalid, NotFound
from mercat.core.jobs import UNWATCHED, Watch
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.suppliers.connecting import feed_of
from mercat.domain.suppliers.importing import ImportRequest, ImportResult, refuse_currency, run_import
from mercat.domain.suppliers.messages import ImportUpload
from mercat.domain.suppliers.repository import FeedRejectRepository
from mercat.sdk.roles import FeedFile

API_SUPPLIER = "api"
MOST_ITEMS = 10_000
_ASKED_FOR = 20
_DOCUMENTS = "mercat-jsonl"


@dataclass(frozen=True)
class UploadDraft:
    """How an uploaded file is to be imported. ``profile`` is TOML text, ``settings`` go to the connector."""

    supplier: str = "direct"
    connector: str | None = None
    profile: str | None = None
    currency: str | None = None
    mode: str = "upsert"
    complete: bool = False
    guards: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    plan_only: bool = False
    yes: bool = False

    def request(self, files: Sequence[FeedFile]) -> ImportRequest:
        """As importing wants it."""
        return ImportRequest(files, **asdict(self))


@dataclass(frozen=True)
class ItemOutcome:
    """What became of one document. ``status``: created, updated, unchanged, duplicate, rejected, planned or held."""

    index: int
    status: str
    product_id: UUID | None = None
    reason: str | None = None


def refuse_draft(actor: Actor, draft: UploadDraft) -> None:
    """Judge all that can be judged without the file. Raises ``Invalid``, ``Rejected``, ``Forbidden``."""
    actor.require("suppliers.run")
    if draft.yes:
        actor.require("catalog.approve")
    if draft.mode not in catalog.MODES:
        message = f"mode is one of {', '.join(catalog.MODES)}, not {draft.mode!r}"
        raise Invalid(message, field="mode")
    refuse_currency(draft.currency)
    catalog.GuardRules.of(draft.guards)
    if draft.connector is not None:
        feed_of(draft.connector, draft.request(()).connector_settings())


def enqueue_upload(unit: WriteUnit, sha256: str, name: str, draft: UploadDraft) -> UUID:
    """Have a worker import a kept file; the job's id. Raises as ``refuse_draft`` does."""
    refuse_draft(unit.actor, draft)
    message = ImportUpload(sha256, name, asdict(draft))
    return unit.enqueue(message, subject=("upload", sha256), priority=_ASKED_FOR)


def import_upload(
    runtime: Runtime, actor: Actor, sha256: str, name: str, draft: UploadDraft, *, watch: Watch = UNWATCHED
) -> ImportResult:
    """Import a kept file now. Raises ``NotFound`` where it is no longer kept, and what importing raises."""
    path = runtime.files.path_of(sha256)
    if not path.exists():
        message = f"the uploaded file {name} is no longer kept: send it again"
        raise NotFound(message)
    return run_import(runtime, actor, draft.request([FeedFile(name, path)]), progress=watch.progress)


def state_products(
    runtime: Runtime, actor: Actor, documents: Sequence[Mapping[str, Any]], draft: UploadDraft
) -> tuple[ImportResult, list[ItemOutcome]]:
    """Product documents (as our JSON Lines has them) as one change set, and what became of each.

    They are what the supplier of the draft says: matched, guarded, explained and undone like its files. Raises ``Invalid``.
    """
    refuse_draft(actor, draft)
    if not 1 <= len(documents) <= MOST_ITEMS:
        message = (
            f"from 1 to {MOST_ITEMS:,} products at once, not {len(documents):,}: send the rest in further requests"
        )
        raise Invalid(message, field="products")
    with tempfile.TemporaryDirectory(prefix="mercat-") as folder:
        path = Path(folder, "request.jsonl")
        with path.open("wb") as out:
            out.writelines(msgspec.json.encode(each) + b"\n" for each in documents)
        files = [FeedFile(path.name, path)]
        request = draft.request(files)
        result = run_import(runtime, actor, _as_documents(request))
    return result, _outcomes(runtime, actor, documents, result)


def _as_documents(request: ImportRequest) -> ImportRequest:
    values = {name: getattr(request, name) for name in request.__dataclass_fields__}
    return ImportRequest(**{**values, "connector": _DOCUMENTS, "profile": None})


def _outcomes(
    runtime: Runtime, actor: Actor, documents: Sequence[Mapping[str, Any]], result: ImportResult
) -> list[ItemOutcome]:
    if result.change_set is None:
        return [ItemOutcome(index, "unchanged") for index in range(len(documents))]
    with runtime.read(actor) as unit:
        planned = catalog.lines_of_set(unit, UUID(result.change_set))
        rejected = FeedRejectRepository(unit.session).reasons(UUID(result.change_set))
    # Not decided yet, or waiting for a person.
    waits = result.status if result.status in {"held", "planned"} else None
    outcomes = []
    for index in range(len(documents)):
        line = index + 1
        if line in rejected:
            outcomes.append(ItemOutcome(index, "rejected", reason=rejected[line]))
        elif line in planned:
            kind, product_id = planned[line]
            outcomes.append(ItemOutcome(index, waits or kind, product_id))
        else:
            outcomes.append(ItemOutcome(index, "unchanged"))
    return outcomes
