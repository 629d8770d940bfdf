"""Runs: what they say bears no secret, and how fresh they leave things is noted once for each place."""

import threading

from sqlalchemy import select

from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.operations import service as operations
from mercat.domain.operations.models import SyncFreshness
from tests.domain.operations.conftest import ME

PLANTED = "shpat_9f8e7d6c5b4a"


def test_a_vendor_that_repeats_a_token_does_not_get_it_into_the_history(runtime: Runtime) -> None:
    runtime.secrets.open(runtime.secrets.seal({"token": PLANTED}, "here"), "here")
    said = f"Invalid API key or access token {PLANTED}"
    with runtime.write(ME) as unit:
        run = operations.begin_run(unit, "store_publish", source="catalogue", target="main", files=[])
        result = operations.RunResult("failed", message=said, warnings=[said], errors=[said])
        operations.finish_run(unit, run.id, result)

    with runtime.read(ME) as unit:
        (kept,) = operations.list_runs(unit)
        assert kept.message == "Invalid API key or access token ***"
        assert PLANTED not in str([kept.warnings, kept.errors])


def test_runs_that_end_at_once_are_all_counted(runtime: Runtime) -> None:
    def note() -> None:
        def work(unit: WriteUnit) -> None:
            operations.note_freshness(unit, "feed_import", source="acme", target="catalogue", status="failed")

        for _ in range(5):
            runtime.attempt(work, ME)

    threads = [threading.Thread(target=note) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    with runtime.read() as unit:
        (row,) = unit.session.scalars(select(SyncFreshness)).all()
    assert (row.runs, row.failures, row.last_success_at) == (20, 20, None)
