"""Suppliers over HTTP: who they are, their offers, files and bad rows, and matches that a person decides."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import Field, StrictBool
from starlette.responses import Response

from mercat.api.answers import answer, nothing
from mercat.api.asking import Asked
from mercat.api.lists import add_list, item_model
from mercat.api.routes import Caller, House, Room, needs
from mercat.core.actor import Actor
from mercat.core.lists import get_row
from mercat.core.unit import Runtime
from mercat.domain.suppliers import service as suppliers

router = Room("Suppliers")
SupplierItem = item_model("Supplier", suppliers.SUPPLIERS)
Code = Annotated[str, Path(description="the supplier's code", max_length=100)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])]

add_list(router, "/suppliers", suppliers.SUPPLIERS, name="Supplier")
add_list(router, "/offers", suppliers.OFFERS, name="Offer")
add_list(router, "/feed-files", suppliers.FEED_FILES, name="FeedFile")
add_list(router, "/rejects", suppliers.REJECTS, name="Reject")
add_list(router, "/matches", suppliers.MATCHES, name="Match")


class SupplierPatch(Asked):
    """What is known of a supplier. Of two who state the same field, the one of the lower priority is believed."""

    name: str = Field("", min_length=1, max_length=255)
    contact: str | None = Field(None, max_length=255)
    email: str | None = Field(None, max_length=255)
    phone: str | None = Field(None, max_length=100)
    address: str | None = Field(None, max_length=2000)
    currency: Currency | None = None
    payment_terms: str | None = Field(None, max_length=255)
    minimum_order_value: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=4)] | None = None
    lead_time_days: int | None = Field(None, ge=0, le=3650)
    priority: int = Field(0, ge=1, le=1_000_000)
    is_active: StrictBool = True


class SupplierDraft(SupplierPatch):
    """A new supplier."""

    code: str = Field(min_length=1, max_length=100, examples=["acme"])


class MatchDraft(Asked):
    """A person's word on a supplier's key."""

    supplier: str = Field(min_length=1, max_length=100)
    key: str = Field(min_length=1, max_length=255, description="the supplier's key")
    sku: str = Field(min_length=1, max_length=255, description="ours")
    decision: Literal["pin", "ban"]


@router.post("/suppliers", status_code=201, response_model=SupplierItem, **needs("suppliers.edit"))
def create_supplier(runtime: House, caller: Caller, draft: SupplierDraft) -> Response:
    """A new supplier. 409 where the code is taken."""
    values = draft.model_dump(exclude_unset=True, exclude={"code"})
    with runtime.write(caller) as unit:
        made = suppliers.create_supplier(unit, draft.code, values).id
    with runtime.read(caller) as unit:
        return answer(get_row(unit, suppliers.SUPPLIERS, made, called="supplier"), 201)


@router.get("/suppliers/{code}", response_model=SupplierItem, **needs("suppliers.read"))
def get_supplier(code: Code, runtime: House, caller: Caller) -> Response:
    """One supplier."""
    return _shown(runtime, caller, code)


@router.patch("/suppliers/{code}", response_model=SupplierItem, **needs("suppliers.edit"))
def change_supplier(code: Code, runtime: House, caller: Caller, patch: SupplierPatch) -> Response:
    """Change what is known of a supplier."""
    with runtime.write(caller) as unit:
        suppliers.change_supplier(unit, code, patch.model_dump(exclude_unset=True))
    return _shown(runtime, caller, code)


def _shown(runtime: Runtime, caller: Actor, code: str) -> Response:
    with runtime.read(caller) as unit:
        found = suppliers.get_supplier(unit, code).id
        return answer(get_row(unit, suppliers.SUPPLIERS, found, called="supplier"))


@router.put("/matches", status_code=204, **needs("suppliers.match"))
def decide_match(runtime: House, caller: Caller, draft: MatchDraft) -> Response:
    """Pin a supplier's key to a variant of ours, or ban it from one. It survives every re-import."""
    decide = suppliers.pin if draft.decision == "pin" else suppliers.ban
    with runtime.write(caller) as unit:
        decide(unit, draft.supplier, draft.key, draft.sku)
    return nothing()


@router.delete("/matches", status_code=204, **needs("suppliers.match"))
def forget_match(
    runtime: House,
    caller: Caller,
    supplier: Annotated[str, Query(max_length=100)],
    key: Annotated[str, Query(max_length=255)],
) -> Response:
    """Take a pin or a ban back: the codes decide again."""
    with runtime.write(caller) as unit:
        suppliers.unpin(unit, supplier, key)
    return nothing()
