"""The jobs of pictures."""

from __future__ import annotations

from mercat.core.jobs import JobContext, handles
from mercat.domain.media.forgetting import drop
from mercat.domain.media.messages import DropPictures


@handles(DropPictures)
def drop_pictures(job: JobContext, message: DropPictures) -> dict[str, int]:
    """Safe to repeat: what is gone is gone."""
    return {"removed": drop(job.runtime, job.actor, message.hashes)}
