"""Many products at once: what is to change is said, looked at value by value, and applied as one change set."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from uuid import UUID

from fastapi import Form
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.core.errors import Invalid
from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from mercat.web.changed_values import field_name, shown
from mercat.web.formats import plural
from mercat.web.forms import Selected
from mercat.web.pages import Page, own_address
from mercat.web.routes import Caller, House, Pages, Shown, needs

router = Pages()
_SHOWN = 60
STATUSES = (("", "As it is"), ("active", "Active"), ("draft", "Draft"), ("archived", "Archived"))
PRICES = (
    ("", "As they are"),
    ("percent", "Up or down by %"),
    ("amount", "Up or down by an amount"),
    ("margin", "To a margin of %"),
    ("exact", "To exactly"),
)
ENDINGS = (("", "Any"), ("0.99", ".99"), ("0.95", ".95"), ("0.90", ".90"), ("0.00", ".00"))


class Status(Selected):
    """The selected products, and another status for all of them."""

    status: str = Field(max_length=20)


class Change(BaseModel):
    """What is to become of the products; ``ids`` are theirs, with commas between them."""

    ids: str = Field("", max_length=40_000)
    back: str = Field("/products", max_length=2000)
    status: str = Field("", max_length=20)
    category: str = Field("", max_length=2000)
    add_tags: str = Field("", max_length=2000)
    remove_tags: str = Field("", max_length=2000)
    rule: str = Field("", max_length=20)
    value: str = Field("", max_length=20)
    ending: str = Field("", max_length=10)
    digest: str = Field("", max_length=64)

    def products(self) -> list[UUID]:
        """Their ids. Raises ``Invalid``."""
        try:
            return [UUID(each) for each in self.ids.split(",") if each]
        except ValueError:
            message = "these are no products: choose them in the list"
            raise Invalid(message) from None

    def edit(self) -> catalog.ManyEdit:
        """As the room takes it. Raises ``Invalid``."""
        rule = None
        if self.rule:
            ending = _number(self.ending) if self.ending else None
            rule = catalog.PriceRule(self.rule, _number(self.value), ending)
        add, remove = (
            tuple(tag for each in said.split(",") if (tag := each.strip()))
            for said in (self.add_tags, self.remove_tags)
        )
        return catalog.ManyEdit(self.status or None, self.category.strip() or None, add, remove, rule)


@router.post("/products/many", **needs("catalog.edit"))
def begin(page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """The form to change the selected products."""
    if not asked.id:
        return page.go(own_address(asked.back, "/products"), "Select a product first")
    ids = ",".join(each.hex for each in asked.id)
    return _form(page, Change.model_validate({"ids": ids, "back": own_address(asked.back, "/products")}))


@router.post("/products/many/status", **needs("catalog.edit"))
def set_status(runtime: House, caller: Caller, page: Shown, asked: Annotated[Status, Form()]) -> Response:
    """Give the selected products another status, at once: the toast takes it back."""
    back = own_address(asked.back, "/products")
    if not asked.id:
        return page.go(back, "Select a product first")
    edit = catalog.ManyEdit(status=asked.status)
    made = runtime.attempt(
        lambda unit: catalog.edit_many(unit, asked.id, edit, digest=catalog.plan_many(unit, asked.id, edit).digest),
        caller,
    )
    return _done(page, back, made, f"{plural(len(asked.id), 'product')} {asked.status}")


@router.post("/products/many/look", **needs("catalog.edit"))
def look(runtime: House, caller: Caller, page: Shown, asked: Annotated[Change, Form()]) -> Response:
    """What would change, from what to what."""
    try:
        with runtime.read(caller) as unit:
            plan = catalog.plan_many(unit, asked.products(), asked.edit())
    except Invalid as wrong:
        return _form(page, asked, error=wrong.message)
    return page.show(
        "products/many_look.html",
        given=asked.model_copy(update={"digest": plan.digest}),
        plan=plan,
        rows=[_row(each) for each in plan.edits[:_SHOWN]],
        more=len(plan.edits) - _SHOWN,
    )


@router.post("/products/many/apply", **needs("catalog.edit"))
def apply(runtime: House, caller: Caller, page: Shown, asked: Annotated[Change, Form()]) -> Response:
    """Apply what was looked at, if it still is what it was."""
    made = _applied(runtime, caller, asked.products(), asked)
    count = 0 if made is None else made.counts.get("updated", 0)
    return _done(page, own_address(asked.back, "/products"), made, f"{plural(count, 'product')} changed")


def _applied(runtime: Runtime, caller: Caller, ids: Sequence[UUID], asked: Change) -> Any:
    edit = asked.edit()
    return runtime.attempt(lambda unit: catalog.edit_many(unit, ids, edit, digest=asked.digest), caller)


def _done(page: Page, back: str, made: Any, said: str) -> Response:
    if made is None:
        return page.go(back, "Nothing differs from what is kept")
    return page.go(back, said, undo=f"/changes/{made.id}/undo" if page.may("catalog.undo") else None)


def _row(each: catalog.FieldEdit) -> dict[str, Any]:
    is_price = each.field == "price"
    found = shown(
        {
            "field": each.field,
            "kind": "update",
            "old": each.old,
            "new": each.new,
            "product": each.name,
            "key": each.sku,
            "sku": each.sku,
            "price": each.new if is_price else None,
            "cost_price": each.cost,
            "currency": each.currency,
            "line": None,
        }
    )
    return {**found, "about": field_name(each.field)}


def _form(page: Page, given: Change, *, error: str = "") -> Response:
    return page.show(
        "products/many.html",
        status=422 if error else 200,
        given=given,
        count=given.ids.count(",") + 1,
        statuses=STATUSES,
        prices=PRICES,
        endings=ENDINGS,
        error=error,
    )


def _number(text: str) -> Decimal:
    try:
        return Decimal(text.strip().replace(",", ".").replace("−", "-"))
    except InvalidOperation:
        message = f"{text!r} is no number"
        raise Invalid(message, field="value") from None
