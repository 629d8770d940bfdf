"""Suppliers: who they are, what their feeds brought last, and what is known of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import Form, Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.core.errors import Conflict, Invalid
from mercat.core.lists import ListQuery, get_row, list_rows
from mercat.core.unit import ReadUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.operations import service as operations
from mercat.domain.suppliers import service as suppliers
from mercat.web.pages import Page
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.tables import Column, Empty, Filter, Index, Listed, View

router = Pages()
Code = Annotated[str, Path(max_length=100)]
_SHOWN = 10
_ACTIVE = (("true", "Active"), ("false", "Switched off"))
SUPPLIERS = Listed(
    suppliers.SUPPLIERS,
    Index(
        url="/suppliers",
        title="Suppliers",
        one="supplier",
        columns=(
            Column("name", "Supplier", "supplier", sort="name"),
            Column("is_active", "Status", "active"),
            Column("email", "E-mail", drops=1),
            Column("currency", "Currency", drops=2),
            Column("lead_time_days", "Lead time", "days", is_number=True, drops=2),
            Column("priority", "Priority", "number", sort="priority", is_number=True),
        ),
        also=("code",),
        filters=(Filter("is_active", "Status", _ACTIVE),),
        row_url="/suppliers/{code}",
        search="Find by name or code",
        usual_order="Oldest first",
        empty=Empty(
            "No suppliers yet",
            "A supplier's price list fills the catalogue. Send one in, and check before anything is applied.",
            "Import a file",
            "/imports",
            "suppliers.run",
        ),
    ),
)
FEEDS = Listed(
    suppliers.FEEDS,
    Index(
        url="/feeds",
        title="Feeds",
        one="feed",
        columns=(
            Column("name", "Feed", "feed", sort="name"),
            Column("is_active", "Status", "active"),
            Column("connector", "Read as", "mono", drops=1),
            Column("last_success_at", "Last good run", "time", is_number=True),
            Column("last_run_at", "Last run", "time", sort="last_run_at", is_number=True),
        ),
        also=("supplier",),
        filters=(
            Filter("supplier", "Supplier"),
            Filter("is_active", "Status", _ACTIVE),
            Filter("last_run_at", "Last run", is_range=True, is_date=True),
        ),
        views=(View("All"), View("Active", {"is_active": "true"})),
        row_url="/suppliers/{supplier}/feeds/{name}",
        search="Find by name",
        usual_order="Oldest first",
        empty=Empty("No feeds yet", "A feed fetches a supplier's file by itself. Open a supplier to add one."),
    ),
)


class SupplierForm(BaseModel):
    """What is known of a supplier, as a form sends it: empty is unknown."""

    name: str = Field("", max_length=255)
    contact: str = Field("", max_length=255)
    email: str = Field("", max_length=255)
    phone: str = Field("", max_length=100)
    address: str = Field("", max_length=2000)
    currency: str = Field("", max_length=3)
    payment_terms: str = Field("", max_length=255)
    minimum_order_value: str = Field("", max_length=30)
    lead_time_days: str = Field("", max_length=6)
    priority: str = Field("", max_length=8)
    is_active: bool = False

    def values(self) -> dict[str, Any]:
        """By the names of the columns. Raises ``Invalid`` naming the field that is no number."""
        given: dict[str, Any] = {name: value.strip() or None for name, value in self if isinstance(value, str)}
        for name, kind in (("minimum_order_value", Decimal), ("lead_time_days", int), ("priority", int)):
            try:
                given[name] = None if given[name] is None else kind(given[name])
            except (ValueError, ArithmeticError) as wrong:
                message = f"{given[name]!r} is no number"
                raise Invalid(message, field=name) from wrong
            if given[name] is not None and not 0 <= given[name] < 10**9:
                message = "a number from 0 up, below a thousand million"
                raise Invalid(message, field=name)
        if given["priority"] is None:
            del given["priority"]
        return {**given, "is_active": self.is_active}


class NewSupplier(SupplierForm):
    """A new one."""

    code: str = Field("", max_length=100)
    is_active: bool = True


@router.get("/suppliers", **needs("suppliers.read"))
def list_suppliers(runtime: House, caller: Caller, page: Shown) -> Response:
    """Whose files come in."""
    with runtime.read(caller) as unit:
        table = SUPPLIERS.table(unit, page)
    return page.show("suppliers/list.html", table=table, title="Suppliers")


@router.get("/suppliers.{ending}", **needs("suppliers.read"))
def suppliers_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All that fit, a line each."""
    return SUPPLIERS.file(page, runtime, caller, ending)


@router.get("/feeds", **needs("suppliers.read"))
def list_feeds(runtime: House, caller: Caller, page: Shown) -> Response:
    """Where files come from by themselves, and how fresh they are."""
    with runtime.read(caller) as unit:
        table = FEEDS.table(unit, page)
    return page.show("suppliers/list.html", table=table, title="Feeds")


@router.get("/feeds.{ending}", **needs("suppliers.read"))
def feeds_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All that fit, a line each."""
    return FEEDS.file(page, runtime, caller, ending)


@router.get("/suppliers/new", **needs("suppliers.edit"))
def new_supplier(page: Shown) -> Response:
    """The form for one more."""
    return page.show("suppliers/edit.html", given=NewSupplier.model_validate({}), errors={}, code=None)


@router.post("/suppliers/new", **needs("suppliers.edit"))
def add_supplier(runtime: House, caller: Caller, page: Shown, asked: Annotated[NewSupplier, Form()]) -> Response:
    """A new supplier."""
    try:
        with runtime.write(caller) as unit:
            values = {**asked.values(), "name": asked.name.strip() or asked.code.strip()}
            code = suppliers.create_supplier(unit, asked.code, values).code
    except (Invalid, Conflict) as wrong:
        return _again(page, asked, wrong, None)
    return page.go(f"/suppliers/{code}", f"{asked.name or code} is added")


@router.get("/suppliers/{code}", **needs("suppliers.read"))
def show_supplier(code: Code, runtime: House, caller: Caller, page: Shown) -> Response:
    """One supplier: feeds, what came last, what is open."""
    with runtime.read(caller) as unit:
        return page.show("suppliers/one.html", **_facts(unit, code))


@router.get("/suppliers/{code}/edit", **needs("suppliers.edit"))
def edit_supplier(code: Code, runtime: House, caller: Caller, page: Shown) -> Response:
    """The form of what is known."""
    with runtime.read(caller) as unit:
        known = suppliers.get_supplier(unit, code)
        given = {name: getattr(known, name) for name in SupplierForm.model_fields}
    shown = {name: value if isinstance(value, bool) else str(value or "") for name, value in given.items()}
    return page.show("suppliers/edit.html", given=SupplierForm.model_validate(shown), errors={}, code=code)


@router.post("/suppliers/{code}/edit", **needs("suppliers.edit"))
def change_supplier(
    code: Code, runtime: House, caller: Caller, page: Shown, asked: Annotated[SupplierForm, Form()]
) -> Response:
    """Keep what is known."""
    try:
        with runtime.write(caller) as unit:
            suppliers.change_supplier(unit, code, asked.values())
    except (Invalid, Conflict) as wrong:
        return _again(page, asked, wrong, code)
    return page.go(f"/suppliers/{code}", "Saved")


def _again(page: Page, given: SupplierForm, wrong: Invalid | Conflict, code: str | None) -> Response:
    errors = {str(wrong.facts.get("field", "code")): wrong.message}
    return page.show("suppliers/edit.html", status=422, given=given, errors=errors, code=code)


def _facts(unit: ReadUnit, code: str) -> dict[str, Any]:
    """What the page of a supplier shows. Each is a list of its own, the newest of it."""
    of = {"supplier": [code]}
    supplier = get_row(unit, suppliers.SUPPLIERS, suppliers.get_supplier(unit, code).id, called="supplier")
    feeds = list_rows(unit, suppliers.FEEDS, ListQuery(equal=of, sort="name")).data
    return {
        "supplier": supplier,
        "feeds": feeds,
        "schedules": {each["name"]: operations.find_schedule(unit, suppliers.schedule_name(each["name"])) for each in feeds},
        "sets": list_rows(unit, catalog.CHANGE_SETS, ListQuery(equal={"source": [code]}, per_page=_SHOWN)).data,
        "files": list_rows(unit, suppliers.FEED_FILES, ListQuery(equal=of, per_page=_SHOWN)).data,
        "offers": list_rows(unit, suppliers.OFFERS, ListQuery(equal=of, fields=["id"], per_page=1)),
        "open": list_rows(unit, suppliers.MATCHES, ListQuery(equal={**of, "decision": ["open"]}, per_page=1)).total,
    }  # fmt: skip
