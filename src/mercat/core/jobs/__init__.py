"""Durable jobs: written in the transaction that causes them, run by workers until they succeed or a person is told.

What a room needs: ``Message`` to say what is to be done, ``unit.enqueue`` to have it done, ``handles`` to do it.
"""

from mercat.core.jobs.context import Cancelled, JobContext
from mercat.core.jobs.messages import JobFailed, JobUnauthorized, Message
from mercat.core.jobs.registry import declare_queue, handles
from mercat.core.jobs.watch import UNWATCHED, Progress, Watch

__all__ = [
    "UNWATCHED",
    "Cancelled",
    "JobContext",
    "JobFailed",
    "JobUnauthorized",
    "Message",
    "Progress",
    "Watch",
    "declare_queue",
    "handles",
]
