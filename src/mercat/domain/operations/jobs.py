"""The jobs of operations. Each may be repeated: what is done is not done again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mercat.core.jobs import JobContext, handles
from mercat.domain.operations.backing_up import BackupDraft, create_backup, retain_backups, verify_backup
from mercat.domain.operations.delivering import deliver
from mercat.domain.operations.messages import Backup, Deliver, Tidy, VerifyBackup
from mercat.domain.operations.tending import note_growth
from mercat.domain.operations.tidying import tidy


@handles(Deliver)
def deliver_webhooks(job: JobContext, message: Deliver) -> dict[str, Any]:
    """Failures are the deliveries' own: they are due again later, and the job ends well."""
    return asdict(deliver(job.runtime, job.actor, message.endpoint_id, check=job.check))


@handles(Tidy, first_wait_s=60)
def tidy_up(job: JobContext, _message: Tidy) -> dict[str, int]:
    """What a nightly schedule runs."""
    note_growth(job.runtime, job.actor)
    return tidy(job.runtime, job.actor, check=job.check)


@handles(Backup, first_wait_s=60)
def back_up(job: JobContext, message: Backup) -> dict[str, Any]:
    """What a schedule, or an administrator over HTTP, has done."""
    draft = BackupDraft(message.description, message.form, message.to, message.encrypt)
    made = asdict(create_backup(job.runtime, job.actor, draft, watch=job.watch))
    if message.keep_daily or message.keep_weekly:
        daily, weekly = message.keep_daily, message.keep_weekly
        made["removed"] = retain_backups(job.runtime, job.actor, daily=daily, weekly=weekly, at=message.to)
    return made


@handles(VerifyBackup, first_wait_s=60)
def verify(job: JobContext, message: VerifyBackup) -> dict[str, Any]:
    """A backup that is not whole fails the job with the reason."""
    return asdict(verify_backup(job.runtime, job.actor, message.name, watch=job.watch))
