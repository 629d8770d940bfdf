"""Rows that state several variants: they go by a handle, or by the SKU of one of the variants."""

from __future__ import annotations

from pathlib import Path

import pytest

from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.suppliers.service import ImportRequest, ImportResult, run_import
from mercat.sdk.roles import FeedFile
from tests.shops import ANN


def send(
    runtime: Runtime, folder: Path, prices: dict[str, str], *, handle: str | None, complete: bool = False
) -> ImportResult:
    variants = [{"sku": sku, "price": price, "options": {"Size": sku}} for sku, price in prices.items()]
    named = {} if handle is None else {"handle": handle}
    path = folder / "shirts.jsonl"
    path.write_bytes(catalog.to_json({**named, "name": "Shirt", "variants": variants}) + b"\n")
    request = ImportRequest([FeedFile(path.name, path)], supplier="acme", connector="mercat-jsonl", complete=complete)
    return run_import(runtime, ANN, request)


def shown(runtime: Runtime) -> dict[str, str | None]:
    with runtime.read(ANN) as unit:
        document = catalog.get_product(unit, "S").document
    return {each["sku"]: each["price"] for each in document["variants"]}


@pytest.mark.parametrize("handle", [None, "shirt"])
def test_every_variant_of_a_group_follows_its_row(runtime: Runtime, tmp_path: Path, handle: str | None) -> None:
    send(runtime, tmp_path, {"S": "10", "M": "10", "L": "10"}, handle=handle)

    changed = send(runtime, tmp_path, {"S": "11", "M": "10", "L": "12"}, handle=handle)
    again = send(runtime, tmp_path, {"S": "11", "M": "10", "L": "12"}, handle=handle)

    assert (changed.status, changed.conflicts, changed.updated) == ("applied", 0, 1)
    assert (again.status, again.unchanged) == ("unchanged", 1)
    assert shown(runtime) == {"S": "11", "M": "10", "L": "12"}


@pytest.mark.parametrize("handle", [None, "shirt"])
def test_a_group_gets_a_further_variant(sqlite_runtime: Runtime, tmp_path: Path, handle: str | None) -> None:
    send(sqlite_runtime, tmp_path, {"S": "10", "M": "10"}, handle=handle)

    result = send(sqlite_runtime, tmp_path, {"S": "10", "M": "10", "L": "13"}, handle=handle)

    assert (result.status, result.conflicts) == ("applied", 0)
    assert shown(sqlite_runtime) == {"S": "10", "M": "10", "L": "13"}
