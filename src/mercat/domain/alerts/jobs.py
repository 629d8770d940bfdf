"""The jobs of alerts. Each may be repeated: what is sent is not sent again, and what stands is not opened again."""

from __future__ import annotations

from dataclasses import asdict

from mercat.core.jobs import JobContext, declare_queue, handles
from mercat.domain.alerts.mailing import send_due
from mercat.domain.alerts.messages import SendMail, Watch
from mercat.domain.alerts.watching import watch

# More connections at once and a mail server takes us for somebody else.
declare_queue(SendMail.queue, at_once=2)


@handles(Watch)
def look_after(job: JobContext, _message: Watch) -> dict[str, int]:
    """What a schedule runs every five minutes."""
    return job.runtime.attempt(watch, job.actor)


@handles(SendMail)
def send_mail(job: JobContext, message: SendMail) -> dict[str, int]:
    """Failures are the notifications' own: they are due again later, and the job ends well."""
    return asdict(send_due(job.runtime, job.actor, message.user_id, check=job.check))
