"""Driving the product as a merchant does: files in, the catalogue out."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mercat.core.actor import Actor
from mercat.core.unit import Runtime
from mercat.domain.catalog.fields import to_record
from mercat.domain.catalog.loading import stream
from mercat.domain.suppliers import service as suppliers
from mercat.sdk.roles import FeedFile

ANN = Actor("user", "ann")
Row = Mapping[str, object]


def write_csv(path: Path, rows: Sequence[Row]) -> Path:
    """A CSV file with the columns of the first row."""
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def take(runtime: Runtime, path: Path, **options: Any) -> suppliers.ImportResult:
    """Import one file."""
    return suppliers.run_import(runtime, ANN, suppliers.ImportRequest([FeedFile(path.name, path)], **options))


def feed(runtime: Runtime, folder: Path, rows: Sequence[Row], **options: Any) -> suppliers.ImportResult:
    """Write the rows to a file of their own and import it."""
    number = len(list(folder.glob("feed-*.csv")))
    return take(runtime, write_csv(folder / f"feed-{number}.csv", rows), **options)


def catalogue(runtime: Runtime) -> dict[str, Any]:
    """Every product by handle, as plain JSON."""
    with runtime.read() as unit:
        found = {}
        for each in stream(unit):
            variants = [(variant.sku, variant.fields) for variant in each.variants]
            found[each.handle] = msgspec.to_builtins(to_record(each.handle, each.fields, variants))
        return found


def by_sku(runtime: Runtime) -> dict[str, Any]:
    """Each first variant's product by SKU, with the variant's own fields beside the product's."""
    return {
        document["variants"][0]["sku"]: {**document, **document["variants"][0]}
        for document in catalogue(runtime).values()
    }


def offers(runtime: Runtime) -> list[tuple[Any, ...]]:
    """(supplier, supplier's SKU, our SKU, cost, quantity, whether it is discontinued)."""
    with runtime.read() as unit:
        rows = unit.bulk.fetch(
            "SELECT s.code, o.supplier_sku, v.sku, o.cost, o.quantity_available, o.discontinued_at "
            "FROM supplier_offers o JOIN suppliers s ON s.id = o.supplier_id "
            "JOIN product_variants v ON v.id = o.variant_id ORDER BY s.code, o.supplier_sku"
        )
        return [(*row[:3], unit.bulk.amount_of(row[3]), row[4], row[5] is not None) for row in rows]
