"""Requests with an idempotency key."""

from __future__ import annotations

from sqlalchemy import delete

from mercat.core.repository import Repository
from mercat.domain.operations.models import IdempotentRequest


class RequestRepository(Repository[IdempotentRequest]):
    """By owner and key."""

    model = IdempotentRequest

    def forget(self, owner: str, key: str) -> None:
        """Remove one."""
        own = (IdempotentRequest.owner == owner, IdempotentRequest.request_key == key)
        self.session.execute(delete(IdempotentRequest).where(*own))
