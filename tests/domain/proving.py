"""What the proofs share: feeds written as real files, and the catalogue and the offers as comparable values."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from mercat.core.actor import Actor
from mercat.core.unit import Runtime
from mercat.domain.catalog import loading
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.fields import to_record
from mercat.domain.catalog.models import Category, ChangeSet, Product, ProductVariant
from mercat.domain.suppliers.models import Supplier, SupplierOffer
from mercat.domain.suppliers.service import ImportRequest, ImportResult, ensure_supplier, run_import
from mercat.domain.suppliers.staging import Staging
from mercat.sdk.errors import Rejected, Unreadable
from mercat.sdk.records import BadRow, FeedRow, ProductRecord, Stated
from mercat.sdk.roles import FeedFile, Inspection

ANNA = Actor("user", "anna")
# Heading → target of a table profile; a feed maps those of its columns that stand here.
COLUMNS = {
    "SKU": "sku",
    "Title": "name",
    "Text": "description",
    "Brand": "brand",
    "MPN": "manufacturer_part_number",
    "EAN": "barcode",
    "Price": "price",
    "Cost": "cost",
    "Stock": "quantity",
    "Category": "category",
    "Status": "status",
    "Tags": "tags",
    "Color": "metafield:custom.color",
    "ASIN": "identifier:asin",
    "Weight": "weight",
    "Image": "image_url",
}
OPEN = {
    "price_change_pct": None,
    "cost_above_price": False,
    "price_empty": False,
    "quantity_empty_pct": None,
    "archive_pct": None,
    "shrink_pct": None,
    "rename_pct": None,
}
_number = itertools.count()
Row = Mapping[str, Any]


def write_csv(folder: Path, rows: Iterable[Row], columns: Sequence[str] | None = None) -> Path:
    """A CSV file of these rows; its columns are those of the first row unless given."""
    listed = list(rows)
    names = list(columns or listed[0])
    path = folder / f"feed-{next(_number)}.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, names, restval="")
        writer.writeheader()
        writer.writerows(listed)
    return path


def settings_for(columns: Iterable[str], key: str = "SKU") -> dict[str, Any]:
    """A table profile that maps the known headings."""
    return {"key": key, "columns": {name: COLUMNS[name] for name in columns if name in COLUMNS}}


def feed(
    runtime: Runtime, path: Path, supplier: str = "acme", *, connector: str = "table", **more: Any
) -> ImportResult:
    """Import one file with the guards off unless given."""
    more.setdefault("guards", OPEN)
    if connector == "table" and "settings" not in more:
        with path.open(encoding="utf-8") as given:
            more["settings"] = settings_for(next(csv.reader(given)), more.pop("key", "SKU"))
    request = ImportRequest([FeedFile(path.name, path)], supplier=supplier, connector=connector, **more)
    return run_import(runtime, ANNA, request)


def feed_rows(runtime: Runtime, folder: Path, rows: Iterable[Row], supplier: str = "acme", **more: Any) -> ImportResult:
    """Write the rows and import them."""
    return feed(runtime, write_csv(folder, rows, more.pop("columns", None)), supplier, **more)


def edit(runtime: Runtime, sku: str, **values: Any) -> ChangeSet | None:
    """A person changes fields; ``metafields__custom__color`` is ``metafields.custom.color``."""
    named = {name.replace("__", "."): value for name, value in values.items()}
    return runtime.attempt(lambda unit: catalog.edit(unit, sku, named), ANNA)


def undo(runtime: Runtime, change_set: ChangeSet | ImportResult | str | UUID | None) -> ChangeSet:
    """Undo by a set, a result or an id."""
    found = change_set.change_set if isinstance(change_set, ImportResult) else change_set
    wanted = found.id if isinstance(found, ChangeSet) else UUID(str(found))
    return runtime.attempt(lambda unit: catalog.undo(unit, wanted), ANNA)


def catalogue(runtime: Runtime) -> list[Any]:
    """Every product, whole, by its first SKU. Metafields go by name: their order is the order of their coming."""
    with runtime.read() as unit:
        records = [
            msgspec.to_builtins(
                to_record(each.handle, each.fields, [(v.sku, v.fields) for v in each.variants]), order="sorted"
            )
            for each in loading.stream(unit)
        ]
    return sorted(records, key=lambda each: each["variants"][0]["sku"])


def without_handles(records: list[Any]) -> list[Any]:
    """The same but for the address, which stays what the first source made it."""
    return [{name: value for name, value in each.items() if name != "handle"} for each in records]


def offers(runtime: Runtime) -> list[dict[str, Any]]:
    """Every offer with the names in place of the ids; not its id, nor when it was seen."""
    with runtime.read() as unit:
        rows = unit.session.execute(
            select(SupplierOffer, Supplier.code, ProductVariant.sku)
            .join(Supplier, Supplier.id == SupplierOffer.supplier_id)
            .join(ProductVariant, ProductVariant.id == SupplierOffer.variant_id)
            .order_by(Supplier.code, SupplierOffer.supplier_sku)
        ).all()
        return [
            {
                "supplier": code,
                "supplier_sku": offer.supplier_sku,
                "row_key": offer.row_key,
                "sku": sku,
                "cost": None if offer.cost is None else str(offer.cost.normalize()),
                "currency": offer.currency,
                "quantity": offer.quantity_available,
                "digest": offer.row_hash,
                "gone": offer.discontinued_at is not None,
            }
            for offer, code, sku in rows
        ]


def tree(runtime: Runtime) -> list[tuple[str, int]]:
    """Every category by path of names, with its count of products."""
    from mercat.domain.catalog.categories import paths_of  # noqa: PLC0415  # only here

    with runtime.read() as unit:
        found = {each.id.bytes: each.product_count for each in unit.session.scalars(select(Category))}
        return sorted((path, found[key]) for key, path in paths_of(unit, list(found)).items())


def everything(runtime: Runtime) -> tuple[list[Any], list[dict[str, Any]], list[tuple[str, int]]]:
    """Catalogue, offers and categories."""
    return catalogue(runtime), offers(runtime), tree(runtime)


def by_sku(runtime: Runtime) -> dict[str, Any]:
    """Records by the SKU of their first variant."""
    return {each["variants"][0]["sku"]: each for each in catalogue(runtime)}


def count_products(runtime: Runtime) -> int:
    """How many rows there are."""
    with runtime.read() as unit:
        return len(unit.session.scalars(select(Product.id)).all())


class Spoken:
    """A supplier's feed that says what it is told: ``raw`` is a record, or a text that says why there is none."""

    def __init__(self, batches: Sequence[Sequence[FeedRow | BadRow]]) -> None:
        self._batches = batches

    def recognises(self, files: Sequence[FeedFile]) -> float:
        del files
        return 0.0

    def inspect(self, files: Sequence[FeedFile]) -> Inspection:
        raise Unreadable(f"there is nothing to inspect in {len(files)} files")

    def batches(self, files: Sequence[FeedFile]) -> Iterator[list[FeedRow | BadRow]]:
        del files
        yield from (list(batch) for batch in self._batches)

    def to_record(self, row: FeedRow) -> Stated:
        if isinstance(row.raw, str):
            raise Rejected(row.raw)
        return Stated(msgspec.convert(msgspec.to_builtins(row.raw), ProductRecord), [])


def say(
    runtime: Runtime, batches: Sequence[Sequence[FeedRow | BadRow]], supplier: str = "acme", **more: Any
) -> tuple[ChangeSet, Staging]:
    """Stage batches as an import does, each in its transaction, and apply unless held."""
    said = Spoken(batches)
    asked = {"mode": "upsert", "complete": False, "guards": OPEN, "currency": "USD", **more}
    with runtime.write(ANNA) as unit:
        who = ensure_supplier(unit, supplier)
        source = catalog.Source("import", who.code, who.priority)
        change_set = catalog.open_set(unit, source, "said", reference=None, evidence={})
        staging = Staging.begin(unit, change_set.id, who, source, **asked)
    for batch in said.batches([]):
        staging.add(batch)
        with runtime.write(ANNA) as unit:
            staging.take(unit, said)
    with runtime.write(ANNA) as unit:
        staging.end(unit)
    with runtime.write(ANNA) as unit:
        planned = catalog.close_plan(unit, change_set.id, staging.counts(), staging.findings())
    if planned.status == "planned":
        runtime.attempt(lambda unit: catalog.apply(unit, change_set.id), ANNA)
    with runtime.read() as unit:
        return unit.session.get_one(ChangeSet, change_set.id), staging
