"""What one was told of in the dashboard: newest first, new until it was opened."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from mercat.core.lists import ListQuery, get_row, list_rows
from mercat.domain.alerts import service as alerts
from mercat.web.pages import own_address
from mercat.web.routes import Caller, House, Pages, Shown, needs

router = Pages()
HERE = "/told"
_PER_PAGE = 50


@router.get(HERE, **needs("alerts.read"))
def show_told(
    runtime: House, caller: Caller, page: Shown, number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1
) -> Response:
    """Every notification that came here, and not by e-mail or webhook."""
    query = ListQuery(equal={"channel": ["in_app"]}, page=number, per_page=_PER_PAGE)
    with runtime.read(caller) as unit:
        rows = list_rows(unit, alerts.NOTIFICATIONS, query)
        unread = alerts.unread_count(unit)
    return page.show(
        "alerts/told.html", told=rows.data, unread=unread, number=number, has_more=number * _PER_PAGE < rows.total
    )


@router.post(f"{HERE}/read", **needs("alerts.read"))
def read_all(runtime: House, caller: Caller, page: Shown) -> Response:
    """Nothing of it is new any more."""
    count = runtime.attempt(alerts.mark_read, caller)
    return page.go(HERE, "Nothing was new" if not count else "All of it is read")


@router.post(f"{HERE}/{{notification_id:uuid}}", **needs("alerts.read"))
def open_told(notification_id: UUID, runtime: House, caller: Caller, page: Shown) -> Response:
    """It is read, and shows what it was about."""
    with runtime.write(caller) as unit:
        row = get_row(unit, alerts.NOTIFICATIONS, notification_id, called="notification")
        alerts.mark_read(unit, [notification_id])
    return page.go(own_address(row["action_url"] or HERE, HERE))
