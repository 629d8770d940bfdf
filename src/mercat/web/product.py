"""One product: its details, variants, custom fields, images, costs, channels and history; each value says where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import Depends, Form
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from mercat.core.errors import Invalid, NotFound
from mercat.core.unit import ReadUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.listings import service as listings
from mercat.domain.media import service as media
from mercat.domain.suppliers import service as suppliers
from mercat.web.changed_values import field_name, shown
from mercat.web.market_product import product_market
from mercat.web.pages import Page
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.tables import Column, Empty, Index, Listed

router = Pages()
TABS = (
    ("details", "Details"),
    ("variants", "Variants"),
    ("fields", "Custom fields"),
    ("media", "Media"),
    ("costs", "Prices and costs"),
    ("channels", "Channels"),
    ("market", "Market"),
    ("history", "History"),
)
HISTORY = Listed(
    catalog.HISTORY,
    Index(
        url="/products",
        title="History",
        one="change",
        columns=(
            Column("about", "Field", "about", is_labelled=False),
            Column("before", "Old", "before", is_number=True, is_labelled=False),
            Column("after", "New", "after", is_labelled=False),
            Column("title", "Set", "set_link", drops=1),
            Column("by", "By", drops=1),
            Column("at", "When", "time", is_number=True),
        ),
        own=("tab",),
        has_files=False,
        empty=Empty("No history yet", "Whatever changes this product is kept here."),
    ),
)
_NEEDED = ("field", "kind", "old", "new", "sku", "currency", "status", "change_set_id", "title", "set_status")
_TEXTS = ("name", "brand", "manufacturer", "manufacturer_part_number", "product_type")
_VARIANT = ("price", "compare_at_price", "cost_price", "barcode", "weight")
# What a listing of a shop is compared by, as our documents call it.
_COMPARED = ("name", "description", "brand", "product_type", "status", "tags", "category")
_WAS = "was:"
# Lists are compared as they are kept, not as they are typed.
_NOT_EXPECTED = {"tags"}


async def _typed(request: Request) -> list[tuple[str, str]]:
    """The fields of a form as they were typed, in their order."""
    form = await request.form()
    return [(name, value.replace("\r\n", "\n")) for name, value in form.multi_items() if isinstance(value, str)]


Typed = Annotated[list[tuple[str, str]], Depends(_typed)]


@router.get("/products/{reference}", **needs("catalog.read"))
def show_product(reference: str, runtime: House, caller: Caller, page: Shown) -> Response:
    """One product, tab by tab."""
    with runtime.read(caller) as unit:
        return shown_product(unit, page, reference, page.request.query_params.get("tab", ""))


def shown_product(
    unit: ReadUnit, page: Page, reference: str, asked: str, *, error: str = "", typed: Mapping[str, str] | None = None
) -> Response:
    """The page of one product at a tab. ``error`` is said above it, and ``typed`` is what its form holds then."""
    seen = catalog.get_product(unit, reference)
    tabs = [each for each in TABS if each[0] != "market" or page.may("market.read")]
    known = {name for name, _ in tabs}
    tab = asked if asked in known else "details"
    return page.show(
        f"products/{tab}.html",
        status=422 if error else 200,
        product=seen.document,
        product_id=seen.id,
        locks={(each.sku, each.field): each for each in seen.locks},
        tabs=tabs,
        tab=tab,
        url=f"/products/{seen.document['handle']}",
        error=error,
        typed=typed or {},
        texts=_TEXTS,
        variant_fields=_VARIANT,
        field_name=field_name,
        **_facts(unit, page, seen, tab),
    )


def _facts(unit: ReadUnit, page: Page, seen: catalog.WholeProduct, tab: str) -> dict[str, Any]:
    first = seen.document["variants"][0]
    if tab == "media":
        return {"own": media.find_pictures(unit, [each["url"] for each in seen.document["images"]])}
    if tab == "costs":
        return {
            "offers": suppliers.offers_of_product(unit, seen.id),
            "margin": catalog.margin(first["price"], first["cost_price"]),
            "price": first["price"],
            "currency": first["currency"],
            "margin_of": catalog.margin,
        }
    if tab == "channels":
        return {"channels": _channels(unit, page, seen), "compared": _COMPARED}
    if tab == "market":
        return product_market(unit, page, seen.id)
    if tab == "history":
        index = replace(HISTORY.index, url=f"/products/{seen.document['handle']}")
        table = HISTORY.table_of(unit, page, catalog.HISTORY, index, needed=_NEEDED, product_id=seen.id)
        rows = [{**shown({**_BLANK, **row}), "title": row["title"]} for row in table.rows]
        return {"table": replace(table, rows=rows)}
    return {}


# What a review knows of a change, and a history does not need.
_BLANK = {"product": None, "key": None, "price": None, "cost_price": None, "line": None}


def _channels(unit: ReadUnit, page: Page, seen: catalog.WholeProduct) -> list[dict[str, Any]]:
    if not page.may("listings.read"):
        return []
    try:
        return listings.show_listing(unit, str(seen.document["variants"][0]["sku"]))
    except NotFound:
        return []


@router.post("/products/{reference}/edit", **needs("catalog.edit"))
def edit_product(reference: str, runtime: House, caller: Caller, page: Shown, typed: Typed) -> Response:
    """Save what differs from what was shown: one change set a variant, applied at once."""
    values = dict(typed)
    tab = values.pop("tab", "details")
    edits = _edits(values)
    url = f"/products/{reference}" + (f"?tab={tab}" if tab != "details" else "")
    if not edits:
        return page.go(url, "Nothing differs from what is kept")

    def work(unit: Any) -> list[Any]:
        made = (
            catalog.edit(unit, sku or reference, changed, expected=expected)
            for sku, (changed, expected) in edits.items()
        )
        return [each for each in made if each is not None]

    try:
        made = runtime.attempt(work, caller)
    except Invalid as wrong:
        with runtime.read(caller) as unit:
            return shown_product(unit, page, reference, tab, error=wrong.message, typed=values)
    names = ", ".join(field_name(name).lower() for changed, _ in edits.values() for name in changed)
    undo = f"/changes/{made[0].id}/undo" if len(made) == 1 and page.may("catalog.undo") else None
    return page.go(url, f"Saved: {names}", undo=undo)


def _edits(values: Mapping[str, str]) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """By variant (empty: the product): what is typed anew, and what was shown in its place."""
    found: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for name, value in values.items():
        if name.startswith(_WAS) or values.get(_WAS + name, "") == value:
            continue
        sku, _, field = name.rpartition("::")
        changed, expected = found.setdefault(sku, ({}, {}))
        changed[field] = value
        if field not in _NOT_EXPECTED and not field.startswith("metafields."):
            expected[field] = values.get(_WAS + name) or None
    return found


@router.get("/products/{reference}/why/{field}", **needs("catalog.read"))
def explain(reference: str, field: str, runtime: House, caller: Caller, page: Shown) -> Response:
    """Where a value came from: every word on it, the one that stands first."""
    with runtime.read(caller) as unit:
        seen = catalog.get_product(unit, reference)
        [trace] = catalog.why(unit, reference, field)
    return page.show(
        "products/why.html", product=seen.document, trace=trace, reference=reference, title=field_name(field)
    )


class FieldAsked(BaseModel):
    """Which field of which variant, and why it is kept."""

    field: str = Field(max_length=330)
    sku: str = Field("", max_length=255)
    reason: str = Field("", max_length=500)


@router.post("/products/{reference}/lock", **needs("catalog.edit"))
def lock(reference: str, runtime: House, caller: Caller, page: Shown, asked: Annotated[FieldAsked, Form()]) -> Response:
    """Keep a field as it is, whatever feeds say."""
    runtime.attempt(
        lambda unit: catalog.lock(unit, asked.sku or reference, asked.field, reason=asked.reason or None), caller
    )
    return page.go(f"/products/{reference}", f"{field_name(asked.field)} is kept, whatever feeds say")


@router.post("/products/{reference}/unlock", **needs("catalog.edit"))
def unlock(
    reference: str, runtime: House, caller: Caller, page: Shown, asked: Annotated[FieldAsked, Form()]
) -> Response:
    """Give a field back to the feeds."""
    made = runtime.attempt(lambda unit: catalog.unlock(unit, asked.sku or reference, asked.field), caller)
    said = f"{field_name(asked.field)} follows the feeds again"
    return page.go(f"/products/{reference}", said if made is None else f"{said}, and has changed")


class Settled(BaseModel):
    """Whose values hold at a store."""

    store: str = Field(max_length=255)
    take: Literal["ours", "theirs"]


@router.post("/products/{reference}/settle", **needs("listings.publish"))
def settle(reference: str, runtime: House, caller: Caller, page: Shown, asked: Annotated[Settled, Form()]) -> Response:
    """Where a shop shows something else: ours is sent again, or theirs comes into the catalogue."""
    with runtime.read(caller) as unit:
        sku = str(catalog.get_product(unit, reference).document["variants"][0]["sku"])
    runtime.attempt(lambda unit: listings.settle(unit, sku, store=asked.store, take=asked.take), caller)
    said = "Ours is sent by the next publishing" if asked.take == "ours" else "Theirs came into the catalogue"
    return page.go(f"/products/{reference}?tab=channels", said)
