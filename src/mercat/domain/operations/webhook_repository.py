"""Where events are sent, and what is on its way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update

from mercat.core.database.bulk import Bulk
from mercat.core.database.results import rows_of
from mercat.core.errors import NotFound
from mercat.core.ids import new_id_bytes
from mercat.core.page import Page
from mercat.core.repository import Repository
from mercat.domain.operations.models import WebhookDelivery, WebhookEndpoint

PENDING, DELIVERED, DEAD = "pending", "delivered", "dead"
_COLUMNS = (
    "id", "endpoint_id", "event", "payload", "status", "attempts", "next_at", "tries", "created_at", "updated_at",
)  # fmt: skip


class EndpointRepository(Repository[WebhookEndpoint]):
    """Endpoints by name."""

    model = WebhookEndpoint

    def named(self, reference: str) -> WebhookEndpoint:
        """By name, by id or by the end of one. Raises ``NotFound``."""
        found = self.find_by(name=reference) or self.by_reference(reference)
        if found is None:
            message = f"there is no webhook endpoint {reference}; mercat webhook list shows them"
            raise NotFound(message)
        return found

    def locked(self, endpoint_id: UUID) -> WebhookEndpoint | None:
        """The endpoint, locked until the unit ends."""
        rows = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id).with_for_update()
        return self.session.scalars(rows).first()

    def listed(self) -> list[WebhookEndpoint]:
        """All, by name."""
        return list(self.session.scalars(select(WebhookEndpoint).order_by(WebhookEndpoint.name)))

    def active(self) -> list[WebhookEndpoint]:
        """Those that are sent to, always in the same order: two units that lock their jobs do not lock each other out."""
        rows = select(WebhookEndpoint).where(WebhookEndpoint.is_active).order_by(WebhookEndpoint.id)
        return list(self.session.scalars(rows))

    def all_locked(self) -> list[WebhookEndpoint]:
        """All, locked until the unit ends."""
        return list(self.session.scalars(select(WebhookEndpoint).order_by(WebhookEndpoint.id).with_for_update()))


class DeliveryRepository(Repository[WebhookDelivery]):
    """What is on its way, arrived, or was given up."""

    model = WebhookDelivery

    def insert(self, endpoint_id: UUID, event: str, payloads: Sequence[str], now: dt.datetime) -> None:
        """Deliveries to be made at once, in the order given."""
        bulk = Bulk(self.session.connection())
        to, time = bulk.id(endpoint_id.bytes), bulk.time(now)
        born = new_id_bytes(len(payloads))
        bulk.insert(
            "webhook_deliveries",
            _COLUMNS,
            [
                (bulk.id(id_), to, event, payload, PENDING, 0, time, "[]", time, time)
                for id_, payload in zip(born, payloads, strict=True)
            ],
        )

    def due(self, endpoint_id: UUID, now: dt.datetime, *, most: int) -> list[WebhookDelivery]:
        """What is to be sent to an endpoint now, oldest first."""
        rows = select(WebhookDelivery).where(
            WebhookDelivery.endpoint_id == endpoint_id,
            WebhookDelivery.status == PENDING,
            WebhookDelivery.next_at <= now,
        )
        return list(self.session.scalars(rows.order_by(WebhookDelivery.next_at, WebhookDelivery.id).limit(most)))

    def next_due(self, endpoint_id: UUID) -> dt.datetime | None:
        """When the next one to an endpoint is due, if any is."""
        rows = select(WebhookDelivery.next_at).where(
            WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.status == PENDING
        )
        return self.session.scalar(rows.order_by(WebhookDelivery.next_at).limit(1))

    def get_by_reference(self, reference: str) -> WebhookDelivery:
        """By id or the end of one. Raises ``NotFound``."""
        found = self.by_reference(reference)
        if found is None:
            message = f"there is no webhook delivery {reference}; mercat webhook deliveries shows them"
            raise NotFound(message)
        return found

    def newest(
        self, *, endpoint_id: UUID | None, status: str | None, page: int, per_page: int
    ) -> Page[WebhookDelivery]:
        """Of one endpoint or of all, of one status or of all."""
        rows = select(WebhookDelivery).order_by(WebhookDelivery.id.desc())
        if endpoint_id is not None:
            rows = rows.where(WebhookDelivery.endpoint_id == endpoint_id)
        if status is not None:
            rows = rows.where(WebhookDelivery.status == status)
        return self.paged(rows, page=page, per_page=per_page)

    def give_up(self, endpoint_id: UUID, reason: str, now: dt.datetime) -> int:
        """What waits for an endpoint is not sent; how many."""
        return self._change(endpoint_id, PENDING, {"status": DEAD, "error": reason, "next_at": None, "updated_at": now})

    def revive(self, endpoint_id: UUID, now: dt.datetime) -> int:
        """What was given up of an endpoint is tried again from the beginning; how many."""
        return self._change(endpoint_id, DEAD, {"status": PENDING, "attempts": 0, "next_at": now, "updated_at": now})

    def _change(self, endpoint_id: UUID, status: str, values: dict[str, object]) -> int:
        statement = (
            update(WebhookDelivery)
            .where(WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.status == status)
            .values(**values)
        )
        return rows_of(self.session.execute(statement, execution_options={"synchronize_session": False}))
