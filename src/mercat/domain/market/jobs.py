"""The jobs of the market's room. Each may be repeated: what is kept is not kept twice."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mercat.core.jobs import JobContext, handles
from mercat.domain.market.importing import ObservationImport, import_observations
from mercat.domain.market.keeping import keep_history
from mercat.domain.market.messages import ImportObservations, KeepHistory, RefreshMarket, RefreshSource
from mercat.domain.market.refreshing import enqueue_due, refresh
from mercat.sdk.roles import FeedFile


@handles(ImportObservations)
def read_observations(job: JobContext, message: ImportObservations) -> dict[str, Any]:
    """A file that was sent in."""
    file = FeedFile(message.name, job.runtime.files.path_of(message.sha256))
    asked = ObservationImport([file], message.connector, message.settings, create=message.create, what=message.what)
    return asdict(import_observations(job.runtime, job.actor, asked, watch=job.watch))


@handles(KeepHistory)
def keep_market_history(job: JobContext, message: KeepHistory) -> dict[str, int]:
    """What a nightly schedule runs."""
    del message
    return keep_history(job.runtime, job.actor, watch=job.watch)


@handles(RefreshMarket)
def refresh_market(job: JobContext, message: RefreshMarket) -> dict[str, Any]:
    """What a schedule runs every few minutes; each source is a job of its own."""
    del message
    return {"sources": job.runtime.attempt(enqueue_due, job.actor)}


@handles(RefreshSource, first_wait_s=60)
def refresh_source(job: JobContext, message: RefreshSource) -> dict[str, Any]:
    """A source that does not answer ends the job well: it is asked again when it has rested."""
    return asdict(refresh(job.runtime, job.actor, message.source, watch=job.watch))
