"""Webhooks out: who is told what happens, what was delivered, and sending it again."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Form, Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.core.errors import Conflict, Invalid, MercatError
from mercat.core.lists import get_row
from mercat.domain.operations import service as operations
from mercat.sdk.errors import VendorError
from mercat.web.forms import Back, Selected, each_of, said_of
from mercat.web.pages import Page, own_address
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.tables import Action, Column, Empty, Filter, Index, Listed, View

router = Pages()
HERE = "/settings/webhooks"
MAY = "operations.webhooks"
Name = Annotated[str, Path(max_length=100)]
_STATUSES = (("pending", "Waiting"), ("delivered", "Delivered"), ("dead", "Given up"))
DELIVERIES = Listed(
    operations.WEBHOOK_DELIVERIES,
    Index(
        url=HERE,
        title="Deliveries",
        one="delivery",
        many="deliveries",
        columns=(
            Column("event", "Event", "event"),
            Column("status", "Status", "delivered"),
            Column("last_status", "Answer", "answer", drops=1),
            Column("attempts", "Tries", "number", is_number=True, drops=1),
            Column("created_at", "When", "time", is_number=True),
        ),
        also=("next_at", "error", "latency_ms"),
        filters=(Filter("status", "Status", _STATUSES), Filter("event", "Event")),
        views=(View("All"), *(View(title, {"status": name}) for name, title in _STATUSES[::2])),
        row_url="/settings/webhooks/deliveries/{id}",
        has_files=False,
        empty=Empty("Nothing was sent yet", "What happens from now on is sent there, and kept here for a month."),
    ),
)


class EndpointForm(BaseModel):
    """Where to send what; no event chosen stands for all that there are and will be."""

    name: str = Field("", max_length=100)
    url: str = Field("", max_length=2000)
    description: str = Field("", max_length=2000)
    events: list[str] = Field(default_factory=list, max_length=100)

    def wanted(self) -> list[str]:
        """The events as the room takes them."""
        return self.events or [operations.EVERYTHING]


@router.get(HERE, **needs("operations.read"))
def list_endpoints(runtime: House, caller: Caller, page: Shown) -> Response:
    """Who is told."""
    with runtime.read(caller) as unit:
        endpoints = operations.list_endpoints(unit)
    return page.show("settings/webhooks.html", endpoints=endpoints)


@router.get(f"{HERE}/new", **needs(MAY))
def endpoint_form(page: Shown) -> Response:
    """The form to add somebody."""
    return _form(page, EndpointForm.model_validate({}))


@router.post(f"{HERE}/new", **needs(MAY))
def add_endpoint(runtime: House, caller: Caller, page: Shown, asked: Annotated[EndpointForm, Form()]) -> Response:
    """Send events there from now on. The secret that signs them is shown this once."""
    draft = operations.EndpointDraft(asked.name, asked.url.strip(), asked.wanted(), asked.description.strip() or None)
    try:
        view, secret = operations.add_endpoint(runtime, caller, draft)
    except (Invalid, Conflict) as wrong:
        return _form(page, asked, error=wrong.message)
    return _secret(page, view.name, secret, f"{view.name} is told from now on")


@router.get(f"{HERE}/deliveries/{{delivery_id:uuid}}", **needs("operations.read"))
def show_delivery(delivery_id: UUID, runtime: House, caller: Caller, page: Shown) -> Response:
    """One delivery: what was sent, and what each try came to."""
    with runtime.read(caller) as unit:
        delivery = get_row(unit, operations.WEBHOOK_DELIVERIES, delivery_id, called="delivery")
        endpoint = operations.get_endpoint(unit, str(delivery["endpoint_id"]))
    return page.show("settings/delivery.html", delivery=delivery, endpoint=endpoint)


@router.post(f"{HERE}/deliveries/replay", **needs(MAY))
def replay(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """Send the selected deliveries again, under their old ids."""
    done, refused = each_of(
        asked.id, lambda each: runtime.attempt(lambda unit: operations.replay(unit, str(each)), caller)
    )
    said = said_of(done, refused, "delivery", "sent again", many="deliveries")
    return page.go(own_address(asked.back, HERE), said)


@router.get(f"{HERE}/{{name}}", **needs("operations.read"))
def show_endpoint(name: Name, runtime: House, caller: Caller, page: Shown) -> Response:
    """One of them: what it is told, how it answers, and its deliveries."""
    with runtime.read(caller) as unit:
        endpoint = operations.get_endpoint(unit, name)
        actions = (Action("Send again", f"{HERE}/deliveries/replay", MAY, "refresh"),)
        index = replace(DELIVERIES.index, url=f"{HERE}/{name}", actions=actions)
        table = DELIVERIES.table_of(unit, page, operations.WEBHOOK_DELIVERIES, index, endpoint_id=endpoint.id)
    return page.show("settings/endpoint.html", endpoint=endpoint, table=table, events=operations.EVENTS)


@router.post(f"{HERE}/{{name}}/change", **needs(MAY))
def change(name: Name, runtime: House, caller: Caller, page: Shown, asked: Annotated[EndpointForm, Form()]) -> Response:
    """Change where it is sent, and what."""
    view = operations.change_endpoint(
        runtime,
        caller,
        name,
        name=asked.name or None,
        url=asked.url.strip() or None,
        events=asked.wanted(),
        description=asked.description.strip(),
    )
    return page.go(f"{HERE}/{view.name}", "Saved")


@router.post(f"{HERE}/{{name}}/test", **needs(MAY))
def try_endpoint(name: Name, runtime: House, caller: Caller, page: Shown, _asked: Annotated[Back, Form()]) -> Response:
    """Send a test event now."""
    try:
        tried = operations.test_endpoint(runtime, caller, name)
    except (MercatError, VendorError) as wrong:
        return page.go(f"{HERE}/{name}", f"It could not be sent: {wrong.message}")
    said = "It took the test event" if tried.status == "delivered" else f"It did not take it: {tried.error}"
    return page.go(f"{HERE}/{name}", said)


@router.post(f"{HERE}/{{name}}/rotate", **needs(MAY))
def rotate(name: Name, runtime: House, caller: Caller, page: Shown) -> Response:
    """A new secret, shown this once; the old one signs beside it for a while."""
    secret = operations.rotate_endpoint_secret(runtime, caller, name)
    return _secret(page, name, secret, f"A new secret for {name}")


@router.post(f"{HERE}/{{name}}/switch", **needs(MAY))
def switch(name: Name, runtime: House, caller: Caller, page: Shown) -> Response:
    """Switch it off, or on again."""
    with runtime.read(caller) as unit:
        was_on = operations.get_endpoint(unit, name).is_active
    operations.change_endpoint(runtime, caller, name, is_active=not was_on)
    return page.go(f"{HERE}/{name}", "It is switched off" if was_on else "It is switched on")


@router.post(f"{HERE}/{{name}}/replay", **needs(MAY))
def replay_all(name: Name, runtime: House, caller: Caller, page: Shown) -> Response:
    """Send again all that was given up."""
    count = runtime.attempt(lambda unit: operations.replay_dead(unit, name), caller)
    return page.go(f"{HERE}/{name}", f"{count} sent again" if count else "Nothing was given up")


@router.post(f"{HERE}/{{name}}/remove", **needs(MAY))
def remove(name: Name, runtime: House, caller: Caller, page: Shown) -> Response:
    """Send nothing there any more."""
    with runtime.write(caller) as unit:
        operations.remove_endpoint(unit, name)
    return page.go(HERE, f"{name} is told nothing any more")


def _form(page: Page, given: EndpointForm, *, error: str = "") -> Response:
    facts = {"given": given, "events": operations.EVENTS, "error": error}
    return page.show("settings/webhook.html", status=422 if error else 200, **facts)


def _secret(page: Page, name: str, secret: str, title: str) -> Response:
    return page.show_once(
        title=title,
        secret=secret,
        what="Whoever takes the events in checks their signature with it. It is shown this once.",
        back=f"{HERE}/{name}",
    )
