"""The jobs of the listings' room. Each may be repeated: what is done is not done again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mercat.core.jobs import JobContext, handles
from mercat.domain.listings.messages import PublishStore, PullStore, ReadDeliveries, ReconcileStore, RefreshStore
from mercat.domain.listings.publishing import look_over, publish
from mercat.domain.listings.pulling import pull, reconcile
from mercat.domain.listings.receiving import read_deliveries


@handles(RefreshStore)
def refresh_store(job: JobContext, message: RefreshStore) -> dict[str, int]:
    """Looking calls nobody; publishing by itself is a job of its own."""
    return {"looked_at": look_over(job.runtime, job.actor, message.store, watch=job.watch)}


@handles(PublishStore, first_wait_s=30)
def publish_store(job: JobContext, message: PublishStore) -> dict[str, Any]:
    """A plan that a guard holds ends the job well: its result says so."""
    result = publish(
        job.runtime,
        job.actor,
        message.store,
        plan_only=message.plan_only,
        yes=message.yes,
        only=message.only,
        everything=message.everything,
        watch=job.watch,
    )
    return asdict(result)


@handles(PullStore, first_wait_s=30)
def pull_store(job: JobContext, message: PullStore) -> dict[str, Any]:
    """Sends nothing."""
    result = pull(
        job.runtime,
        job.actor,
        message.store,
        full=message.full,
        adopt=message.adopt,
        watch=job.watch,
    )
    return asdict(result)


@handles(ReconcileStore, first_wait_s=60)
def reconcile_store(job: JobContext, message: ReconcileStore) -> dict[str, Any]:
    """What a nightly schedule runs."""
    done = reconcile(
        job.runtime,
        job.actor,
        message.store,
        yes=message.yes,
        watch=job.watch,
    )
    return {"pulled": asdict(done.pulled), "published": asdict(done.published)}


@handles(ReadDeliveries)
def read_store_deliveries(job: JobContext, message: ReadDeliveries) -> dict[str, int]:
    """All that waits of one store, together: a thousand deliveries about a thousand products are a few calls."""
    return read_deliveries(job.runtime, job.actor, message.store, watch=job.watch)
