"""Every row of a file is counted once, whatever becomes of it and however the file is cut into batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import xxhash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from mercat.core.unit import Runtime
from mercat.domain.catalog.models import Change, ChangeSet
from mercat.domain.suppliers.models import FeedReject
from mercat.sdk.records import BadRow, FeedRow, OfferRecord, ProductRecord, VariantRecord
from tests.domain import proving

GUARDED = {**proving.OPEN, "price_change_pct": 50, "cost_above_price": True, "rename_pct": 0, "rename_at_least": 1}
OUTCOMES = ("created", "updated", "unchanged", "rejected", "duplicates", "skipped")


def _record(name: str | None, price: str | None, cost: str | None, stock: int | None) -> ProductRecord:
    variant = VariantRecord(price=price, cost_price=cost)
    return ProductRecord(name=name, variants=[variant], offer=OfferRecord(quantity_available=stock))


_said = st.one_of(
    st.just("a line that the connector refuses"),
    st.builds(
        _record,
        st.sampled_from(["One", "Two", None]),
        st.sampled_from(["10", "100", None]),
        st.sampled_from(["5", "50"]),
        st.sampled_from([0, 5]),
    ),
)
_key = st.sampled_from(["K1", "K2", "K3", "k1", "K" * 300, "K\x004"])


@st.composite
def files(draw: st.DrawFn) -> list[list[FeedRow | BadRow]]:
    """Rows with repeated codes, cut into batches anywhere."""
    rows: list[FeedRow | BadRow] = []
    for line in range(draw(st.integers(1, 9))):
        if draw(st.integers(0, 9)) == 0:
            rows.append(BadRow(line, "torn", "cannot be read"))
            continue
        key, said = draw(_key), draw(_said)
        rows.append(FeedRow(key, line, xxhash.xxh3_64_intdigest(repr(said).encode()) >> 1, said))
    cuts = sorted(draw(st.sets(st.integers(1, 9), max_size=4)))
    return [rows[a:b] for a, b in zip([0, *cuts], [*cuts, 99], strict=True) if rows[a:b]]


def _last_of_each(batches: Sequence[Sequence[FeedRow | BadRow]]) -> list[list[FeedRow | BadRow]]:
    rows = [row for batch in batches for row in batch]
    # A code that no database keeps is no code: such rows are not repetitions of each other.
    last = {row.key: n for n, row in enumerate(rows) if isinstance(row, FeedRow) and "\x00" not in row.key}
    return [[row for n, row in enumerate(rows) if isinstance(row, BadRow) or last.get(row.key, n) == n]]


def _clear(runtime: Runtime) -> None:
    """An empty catalogue again: quicker than a new database for each example."""
    with runtime.write() as unit:
        tables = "supplier_offers feed_rejects match_decisions restatements changes change_sets field_locks products"
        for table in (*tables.split(), "suppliers"):
            unit.bulk.run(f"DELETE FROM {table}")


@given(
    base=files(),
    batches=files(),
    mode=st.sampled_from(["upsert", "create-only", "update-only"]),
    complete=st.booleans(),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_counts_add_up_and_repeated_rows_leave_no_trace(
    sqlite_runtime: Runtime, base: Any, batches: Any, mode: str, complete: bool
) -> None:
    """The same as a file that holds only the last row of each code: the catalogue, the findings and the counts but one."""
    outcomes = []
    for cut in (batches, _last_of_each(batches)):
        _clear(sqlite_runtime)
        proving.say(sqlite_runtime, base)
        change_set, _ = proving.say(sqlite_runtime, cut, mode=mode, complete=complete, guards=GUARDED)
        counts = change_set.counts
        assert counts["rows"] == sum(map(len, cut)) == sum(counts[name] for name in OUTCOMES)
        with sqlite_runtime.read() as unit:
            rejects = unit.session.scalar(
                select(func.count()).select_from(FeedReject).where(FeedReject.change_set_id == change_set.id)
            )
            flagged = unit.session.scalar(
                select(func.count()).where(
                    Change.change_set_id == change_set.id, Change.flag.is_not(None), Change.flag != "quantity_empty"
                )
            )
        assert rejects == counts["rejected"]
        per_row = {"price_change", "price_empty", "cost_above_price"}
        found = {each["rule"]: each["count"] for each in change_set.findings}
        assert sum(count for rule, count in found.items() if rule in per_row) == flagged
        told = {name: count for name, count in counts.items() if name not in {"rows", "duplicates", "suppressed"}}
        outcomes.append((told, found, change_set.status, proving.everything(sqlite_runtime)))
    assert outcomes[0] == outcomes[1]


def test_the_last_row_wins_across_batches_of_a_real_file(runtime: Runtime, tmp_path: Any) -> None:
    rows = [{"SKU": f"S{n % 6000}", "Title": f"Name {n}", "Price": "1"} for n in range(6010)]
    result = proving.feed_rows(runtime, tmp_path, rows)
    assert (result.rows, result.created, result.duplicates) == (6010, 6000, 10)
    found = proving.by_sku(runtime)
    assert (found["S3"]["name"], found["S5999"]["name"]) == ("Name 6003", "Name 5999")


def test_a_row_that_went_back_to_what_is_known_within_the_file_changes_nothing(
    sqlite_runtime: Runtime,
) -> None:
    one, other = _record("One", "10", "5", 5), _record("Two", "90", "5", 5)
    row = FeedRow("K", 1, 1, one)
    proving.say(sqlite_runtime, [[row]])
    change_set, _ = proving.say(sqlite_runtime, [[FeedRow("K", 1, 2, other)], [row._replace(line=2)]], guards=GUARDED)
    assert (change_set.status, change_set.findings) == ("applied", [])
    assert (change_set.counts["unchanged"], change_set.counts["duplicates"]) == (1, 1)
    assert proving.by_sku(sqlite_runtime)["K"]["name"] == "One"


def test_no_change_set_is_left_half_planned(sqlite_runtime: Runtime) -> None:
    proving.say(sqlite_runtime, [[FeedRow("K", 1, 1, _record("One", "1", "1", 1))]])
    with sqlite_runtime.read() as unit:
        assert unit.session.scalars(select(ChangeSet.status)).all() == ["applied"]
