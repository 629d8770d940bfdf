"""The jobs of the suppliers' room."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mercat.core.jobs import JobContext, declare_queue, handles
from mercat.domain.suppliers.feeding import run_feed
from mercat.domain.suppliers.messages import QUEUE, ImportUpload, RunFeed
from mercat.domain.suppliers.uploading import UploadDraft, import_upload

# Imports take turns at the catalogue anyway; a second one can fetch its files meanwhile.
declare_queue(QUEUE, at_once_per_worker=2)


@handles(RunFeed, first_wait_s=60)
def import_feed(job: JobContext, message: RunFeed) -> dict[str, Any]:
    """Safe to repeat: files that were decided about are left out, and the rest is one transaction each."""
    result = run_feed(
        job.runtime,
        job.actor,
        message.name,
        plan_only=message.plan_only,
        yes=message.yes,
        again=message.again,
        progress=job.watch.progress,
    )
    return asdict(result)


@handles(ImportUpload)
def import_uploaded(job: JobContext, message: ImportUpload) -> dict[str, Any]:
    """Safe to repeat: a file that was applied already changes nothing."""
    draft = UploadDraft(**message.draft)
    return asdict(import_upload(job.runtime, job.actor, message.sha256, message.name, draft, watch=job.watch))
