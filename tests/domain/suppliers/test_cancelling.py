"""An import that is cancelled leaves nothing but a line in the history."""

from __future__ import annotations

from pathlib import Path

import pytest

from mercat.core.jobs import Cancelled
from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.operations import service as operations
from mercat.domain.suppliers import service as suppliers
from mercat.sdk.roles import FeedFile
from tests.shops import ANN, by_sku, write_csv

ROWS = [{"sku": f"A-{n}", "name": f"Thing {n}", "price": "3.00"} for n in range(20)]


@pytest.mark.parametrize("reports", range(4))
def test_a_cancelled_import_leaves_nothing(sqlite_runtime: Runtime, tmp_path: Path, reports: int) -> None:
    path = write_csv(tmp_path / "a.csv", ROWS)
    stages: list[str] = []

    def cancel(stage: str, _done: int, _total: int | None) -> None:
        stages.append(stage)
        if len(stages) > reports:
            raise Cancelled

    request = suppliers.ImportRequest([FeedFile(path.name, path)], currency="EUR")
    try:
        suppliers.run_import(sqlite_runtime, ANN, request, progress=cancel)
    except Cancelled:
        expected = "success" if by_sku(sqlite_runtime) else "cancelled"
    else:
        expected = "success"
    assert (expected == "cancelled") == (not by_sku(sqlite_runtime))
    with sqlite_runtime.read() as unit:
        assert [run.status for run in operations.list_runs(unit)] == [expected]
        assert {each.status for each in catalog.list_sets(unit)} <= ({"applied"} if expected == "success" else set())
    assert len(stages) > reports or expected == "success"
    if reports == 0:
        assert expected == "cancelled"
