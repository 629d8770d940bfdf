"""Importing: what a file does to the catalogue, and what it never does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mercat.core.database import migrate
from mercat.core.errors import Invalid
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from tests.shops import ANN, by_sku, catalogue, feed, offers, take, write_csv

GOOD = "4006381333931"
OTHER = "5449000000996"


def row(sku: str, **values: object) -> dict[str, object]:
    """A plain row; give columns by name."""
    return {"sku": sku, "name": f"Thing {sku}", "price": "10.00", "cost": "5.00", "quantity": "7", **values}


def test_a_file_becomes_products_and_offers(runtime: Runtime, tmp_path: Path) -> None:
    result = feed(runtime, tmp_path, [row("A", category="Office > Pens", brand="Bic"), row("B")], supplier="acme")
    assert (result.status, result.created, result.rows) == ("applied", 2, 2)
    product = by_sku(runtime)["A"]
    assert (product["price"], product["cost_price"], product["category"]) == ("10", "5", "Office > Pens")
    assert offers(runtime) == [("acme", "A", "A", "5", 7, False), ("acme", "B", "B", "5", 7, False)]


def test_the_same_bytes_again_are_known_and_counted(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [row("A"), row("B"), row("B"), row("", name="none")])
    first = take(sqlite_runtime, path)
    again = take(sqlite_runtime, path)
    assert (again.status, again.change_set, again.created, again.unchanged) == ("unchanged", None, 0, 2)
    counted = ("rows", "products", "duplicates", "rejected")
    assert [getattr(again, name) for name in counted] == [getattr(first, name) for name in counted]


def test_other_connectors_than_before_have_a_look_at_the_same_bytes(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [row("A")])
    take(sqlite_runtime, path)
    with sqlite_runtime.write(ANN) as unit:
        change_set = catalog.last_set(unit, "direct")
        assert change_set is not None
        # As an older release wrote it that had only this one.
        change_set.evidence = {**change_set.evidence, "recognised_among": ["icecat 0.0.1"], "connector": "icecat"}
    assert take(sqlite_runtime, path).connector == "table"


def test_a_held_file_is_judged_anew_by_other_limits(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    feed(sqlite_runtime, tmp_path, [row("A", price="10")])
    path = write_csv(tmp_path / "b.csv", [row("A", price="50")])
    held = take(sqlite_runtime, path)
    assert take(sqlite_runtime, path).change_set == held.change_set
    assert take(sqlite_runtime, path, guards={"price_change_pct": 300}).status == "held"
    assert by_sku(sqlite_runtime)["A"]["price"] == "10"
    assert take(sqlite_runtime, path, guards={"price_change_pct": None}).status == "applied"
    assert by_sku(sqlite_runtime)["A"]["price"] == "50"


@pytest.mark.parametrize("code", ["eur", "EU", "12A", "€€€"])
def test_a_currency_that_is_none_is_refused(sqlite_runtime: Runtime, tmp_path: Path, code: str) -> None:
    path = write_csv(tmp_path / "a.csv", [row("A")])
    with pytest.raises(Invalid, match="three capital letters"):
        take(sqlite_runtime, path, currency=code)


def test_a_changed_price_is_an_update_of_that_field_only(runtime: Runtime, tmp_path: Path) -> None:
    feed(runtime, tmp_path, [row("A"), row("B")])
    before = by_sku(runtime)
    result = feed(runtime, tmp_path, [row("A", price="11.00"), row("B")])
    assert (result.created, result.updated, result.unchanged) == (0, 1, 1)
    after = by_sku(runtime)
    assert after["A"]["price"] == "11"
    assert after["B"] == before["B"]


def test_an_unmapped_field_is_never_touched_and_an_empty_cell_empties(runtime: Runtime, tmp_path: Path) -> None:
    feed(runtime, tmp_path, [row("A", brand="Bic", description="Long")])
    feed(runtime, tmp_path, [{"sku": "A", "name": "Thing A", "description": ""}])
    product = by_sku(runtime)["A"]
    assert (product["brand"], product["description"], product["price"]) == ("Bic", None, "10")


def test_a_feed_without_prices_leaves_prices_and_stock_alone(runtime: Runtime, tmp_path: Path) -> None:
    feed(runtime, tmp_path, [row("A")], supplier="acme")
    feed(runtime, tmp_path, [{"sku": "A", "name": "Renamed"}], supplier="acme")
    product = by_sku(runtime)["A"]
    assert (product["name"], product["price"]) == ("Renamed", "10")
    assert offers(runtime) == [("acme", "A", "A", "5", 7, False)]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("upsert", {"A": "9", "B": "9"}), ("create-only", {"A": "10", "B": "9"}), ("update-only", {"A": "9"})],
)
def test_modes(sqlite_runtime: Runtime, tmp_path: Path, mode: str, expected: dict[str, str]) -> None:
    feed(sqlite_runtime, tmp_path, [row("A")])
    feed(sqlite_runtime, tmp_path, [row("A", price="9"), row("B", price="9")], mode=mode)
    assert {sku: each["price"] for sku, each in by_sku(sqlite_runtime).items()} == expected


def test_what_a_complete_feed_no_longer_has_is_archived_and_comes_back(runtime: Runtime, tmp_path: Path) -> None:
    rows = [row(f"S{number}") for number in range(100)]
    feed(runtime, tmp_path, rows, supplier="acme", complete=True)
    gone = feed(runtime, tmp_path, rows[1:], supplier="acme", complete=True)
    assert (gone.status, gone.archived) == ("applied", 1)
    assert by_sku(runtime)["S0"]["status"] == "archived"
    assert offers(runtime)[0][-1] is True
    feed(runtime, tmp_path, rows, supplier="acme", complete=True)
    assert by_sku(runtime)["S0"]["status"] == "active"
    assert offers(runtime)[0][-1] is False


def test_what_an_ordinary_feed_lacks_stays(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    feed(sqlite_runtime, tmp_path, [row("A"), row("B")])
    feed(sqlite_runtime, tmp_path, [row("A", price="10.50")])
    assert by_sku(sqlite_runtime)["B"]["status"] == "active"


def test_import_undo_leaves_what_was_before(runtime: Runtime, tmp_path: Path) -> None:
    base = [row(f"S{number}", category="Old > Shelf") for number in range(60)]
    feed(runtime, tmp_path, base, supplier="acme", complete=True)
    before = (catalogue(runtime), offers(runtime), _categories(runtime))
    changed = [row(f"S{number}", price="10.40", quantity="9", category="New > Shelf") for number in range(1, 61)]
    result = feed(runtime, tmp_path, changed, supplier="acme", complete=True, yes=True)
    assert (result.created, result.archived) == (1, 1)
    assert catalogue(runtime) != before[0]
    _undo(runtime, result.change_set)
    assert (catalogue(runtime), offers(runtime), _categories(runtime)) == before


def _undo(runtime: Runtime, reference: str | None) -> None:
    with runtime.write(ANN) as unit:
        catalog.undo(unit, catalog.get_set(unit, str(reference)).id)


def _categories(runtime: Runtime) -> list[Any]:
    with runtime.read() as unit:
        rows = unit.bulk.fetch("SELECT name, level, product_count FROM categories ORDER BY level, name")
        return [tuple(each) for each in rows]


# -- guards -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "changes", "guards", "held"),
    [
        ("price_change", {"price": "13.00"}, {}, False),
        ("price_change", {"price": "13.01"}, {}, True),
        ("price_change", {"price": "13.01"}, {"price_change_pct": 40}, False),
        ("price_change", {"price": "99"}, {"price_change_pct": None}, False),
        ("price_empty", {"price": "0"}, {}, True),
        ("price_empty", {"price": ""}, {}, True),
        ("price_empty", {"price": ""}, {"price_empty": False}, False),
        ("cost_above_price", {"cost": "10.01"}, {}, True),
        ("cost_above_price", {"cost": "10.00"}, {}, False),
        ("cost_above_price", {"cost": "11"}, {"cost_above_price": False}, False),
        ("quantity_empty", {"quantity": "0"}, {}, False),
        ("quantity_empty", {"quantity": "0"}, {"quantity_empty_pct": 0}, True),
    ],
)
def test_a_guard_trips_at_its_limit(
    sqlite_runtime: Runtime,
    tmp_path: Path,
    *,
    rule: str,
    changes: dict[str, str],
    guards: dict[str, Any],
    held: bool,
) -> None:
    rows = [row(f"S{number}") for number in range(10)]
    feed(sqlite_runtime, tmp_path, rows)
    before = (catalogue(sqlite_runtime), offers(sqlite_runtime))
    result = feed(sqlite_runtime, tmp_path, [row("S0", **changes), *rows[1:]], guards=guards)
    assert [each["rule"] for each in result.findings] == ([rule] if held else [])
    assert result.status == ("held" if held else "applied")
    assert ((catalogue(sqlite_runtime), offers(sqlite_runtime)) == before) is held


@pytest.mark.parametrize(
    ("rule", "changed", "held"), [("quantity_empty", 2, False), ("quantity_empty", 3, True), ("archive_share", 1, True)]
)
def test_a_share_is_of_the_suppliers_offers(
    sqlite_runtime: Runtime,
    tmp_path: Path,
    *,
    rule: str,
    changed: int,
    held: bool,
) -> None:
    rows = [row(f"S{number}") for number in range(10)]
    feed(sqlite_runtime, tmp_path, rows, complete=True)
    if rule == "archive_share":
        result = feed(sqlite_runtime, tmp_path, rows[changed:], complete=True)
    else:
        dry = [row(f"S{number}", quantity="0") for number in range(changed)]
        result = feed(sqlite_runtime, tmp_path, dry + rows[changed:], complete=True)
    assert (result.status == "held", rule in [each["rule"] for each in result.findings]) == (held, held)


def test_a_mass_rename_and_a_shrunken_feed_are_held(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    rows = [row(f"S{number}") for number in range(40)]
    feed(sqlite_runtime, tmp_path, rows, complete=True)
    renamed = feed(sqlite_runtime, tmp_path, [row(f"S{number}", name="x") for number in range(10)] + rows[10:])
    assert [each["rule"] for each in renamed.findings] == ["mass_rename"]
    shrunk = feed(sqlite_runtime, tmp_path, rows[:30], complete=True, guards={"archive_pct": None})
    assert [each["rule"] for each in shrunk.findings] == ["feed_shrunk"]


def test_a_held_set_is_approved_or_rejected_once(runtime: Runtime, tmp_path: Path) -> None:
    feed(runtime, tmp_path, [row("A")])
    held = feed(runtime, tmp_path, [row("A", price="99")])
    with runtime.write(ANN) as unit:
        catalog.approve(unit, catalog.get_set(unit, str(held.change_set)).id)
    assert by_sku(runtime)["A"]["price"] == "99"
    turned_down = feed(runtime, tmp_path, [row("A", price="1")])
    with runtime.write(ANN) as unit:
        catalog.reject(unit, catalog.get_set(unit, str(turned_down.change_set)).id)
    assert by_sku(runtime)["A"]["price"] == "99"
    with runtime.write(ANN) as unit, pytest.raises(Exception, match="rejected"):
        catalog.approve(unit, catalog.get_set(unit, str(turned_down.change_set)).id)


def test_plan_only_touches_nothing_and_yes_applies_what_is_held(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    planned = feed(sqlite_runtime, tmp_path, [row("A")], plan_only=True)
    assert (planned.status, planned.created, catalogue(sqlite_runtime)) == ("planned", 1, {})
    feed(sqlite_runtime, tmp_path, [row("A")], guards={})
    applied = feed(sqlite_runtime, tmp_path, [row("A", price="99")], yes=True)
    assert (applied.status, by_sku(sqlite_runtime)["A"]["price"]) == ("applied", "99")


def test_a_change_that_moved_since_becomes_a_conflict(runtime: Runtime, tmp_path: Path) -> None:
    feed(runtime, tmp_path, [row("A"), row("B")])
    planned = feed(runtime, tmp_path, [row("A", price="11", name="New"), row("B", price="11")], plan_only=True)
    with runtime.write(ANN) as unit:
        catalog.edit(unit, "A", {"price": "12"})
    with runtime.write(ANN) as unit:
        change_set = catalog.approve(unit, catalog.get_set(unit, str(planned.change_set)).id)
        assert (change_set.status, change_set.counts["conflicts"]) == ("partially_applied", 1)
    now = by_sku(runtime)
    assert (now["A"]["price"], now["A"]["name"], now["B"]["price"]) == ("12", "New", "11")


# -- matching, suppliers, people -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"gtin": GOOD}, {"gtin": "0" + GOOD}),
        ({"brand": "Bic Inc.", "mpn": "CR-51 a"}, {"brand": "BIC", "mpn": "cr51A"}),
    ],
)
def test_the_same_product_from_two_suppliers_is_one_with_two_offers(
    runtime: Runtime, tmp_path: Path, first: dict[str, str], second: dict[str, str]
) -> None:
    feed(runtime, tmp_path, [row("A1", **first)], supplier="acme")
    result = feed(runtime, tmp_path, [row("Z9", **second, price="12", cost="6")], supplier="zenith")
    assert (result.created, len(catalogue(runtime))) == (0, 1)
    assert [each[:3] for each in offers(runtime)] == [("acme", "A1", "A1"), ("zenith", "Z9", "A1")]
    # The supplier that came first is believed.
    assert by_sku(runtime)["A1"]["price"] == "10"


def test_a_later_supplier_fills_what_the_first_leaves_empty(runtime: Runtime, tmp_path: Path) -> None:
    feed(runtime, tmp_path, [row("A1", gtin=GOOD, brand="")], supplier="acme")
    feed(runtime, tmp_path, [row("Z9", gtin=GOOD, brand="Bic")], supplier="zenith")
    assert by_sku(runtime)["A1"]["brand"] == "Bic"


def test_an_ambiguous_row_waits_for_a_person(runtime: Runtime, tmp_path: Path) -> None:
    feed(runtime, tmp_path, [row("A1", gtin=GOOD), row("A2", gtin=GOOD)], supplier="acme")
    result = feed(runtime, tmp_path, [row("Z9", gtin=GOOD)], supplier="zenith")
    assert (result.created, result.updated, result.ambiguous, result.rejected) == (0, 0, 1, 1)
    assert len(catalogue(runtime)) == 2


def test_the_same_sku_with_another_gtin_is_a_question(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    feed(sqlite_runtime, tmp_path, [row("A1", gtin=GOOD)], supplier="acme")
    result = feed(sqlite_runtime, tmp_path, [row("A1", gtin=OTHER)], supplier="zenith")
    assert result.ambiguous == 1


def test_a_persons_value_wins_until_it_is_given_back(runtime: Runtime, tmp_path: Path) -> None:
    feed(runtime, tmp_path, [row("A")], supplier="acme")
    with runtime.write(ANN) as unit:
        catalog.edit(unit, "A", {"price": "12.34"})
    result = feed(runtime, tmp_path, [row("A", price="11")], supplier="acme")
    assert (result.suppressed, by_sku(runtime)["A"]["price"]) == (1, "12.34")
    with runtime.read() as unit:
        [trace] = catalog.why(unit, "A", "price")
    assert [(each.value, each.outcome) for each in trace.origins if each.outcome != "superseded"] == [
        ("11", "lost"),
        ("12.34", "stands"),
    ]
    with runtime.write(ANN) as unit:
        catalog.unlock(unit, "A", "price")
    assert by_sku(runtime)["A"]["price"] == "11"


def test_why_names_file_line_source_and_set(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    result = feed(sqlite_runtime, tmp_path, [row("A"), row("B")], supplier="acme")
    with sqlite_runtime.read() as unit:
        [trace] = catalog.why(unit, "B", "price")
    [origin] = trace.origins
    assert (trace.value, origin.file, origin.line, origin.source) == ("10", "feed-0.csv", 3, "acme")
    assert (str(origin.change_set), origin.by) == (result.change_set, "ann")


# -- dirt ------------------------------------------------------------------------------------------------------------


def test_the_last_of_repeated_rows_wins(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    # More rows than one batch holds, so that some repeats meet in a batch and others do not.
    rows = [row(f"S{number % 3000}", price=f"{1 + number / 10000:.4f}", cost="0.5") for number in range(9500)]
    result = feed(sqlite_runtime, tmp_path, rows)
    assert (result.rows, result.products, result.created, result.duplicates) == (9500, 3000, 3000, 6500)
    prices = {sku: each["price"] for sku, each in by_sku(sqlite_runtime).items()}
    assert (prices["S0"], prices["S499"], prices["S500"]) == ("1.9", "1.9499", "1.65")


def test_hostile_texts_pass_through_as_text(runtime: Runtime, tmp_path: Path) -> None:
    path = tmp_path / "dirt.csv"
    long = "x" * 100_000
    path.write_bytes(
        'sku,name,description,price,gtin\n"=1+1",=cmd|calc,"<b>ok</b><script>alert(1)</script>",1,8.85909E+11\n'
        f"B,\U0001f600 &amp;amp; \x00\x01,<p onclick=x()>{long}</p>,123456789012345678,N/A\n"
        "b,lower,,5,000\n".encode()
    )
    result = take(runtime, path)
    assert (result.created, result.rejected) == (3, 0)
    found = by_sku(runtime)
    assert found["=1+1"]["name"] == "=cmd|calc"
    assert "script" not in found["=1+1"]["description"]
    assert "ok" in found["=1+1"]["description"]
    assert found["B"]["name"] == "\U0001f600 &amp;"
    assert (found["B"]["price"], "onclick" in found["B"]["description"]) == (None, False)
    assert long in found["B"]["description"]
    assert [found[sku]["barcode"] for sku in ("=1+1", "B", "b")] == [None, None, None]
    assert len(result.warnings) >= 3


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from("ABCDEF"), st.sampled_from(["", "x", "y"]), st.sampled_from(["1", "2", "oops"])),
            min_size=1,
            max_size=12,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_the_counts_add_up(tmp_path_factory: pytest.TempPathFactory, files: list[list[tuple[str, str, str]]]) -> None:
    folder = tmp_path_factory.mktemp("counts")
    runtime = Runtime(Settings(home=folder))
    migrate.upgrade(runtime.engine)
    for rows in files:
        result = feed(
            runtime,
            folder,
            [{"sku": sku, "name": name, "price": price} for sku, name, price in rows],
            yes=True,
        )
        if result.status == "unchanged":
            continue
        parts = (result.created, result.updated, result.unchanged, result.duplicates, result.rejected, result.skipped)
        assert sum(parts) == result.rows == len(rows)
    runtime.close()


def _found(runtime: Runtime, query: str) -> int:
    with runtime.read() as unit:
        return len(catalog.find_products(unit, query).ids)


def test_what_a_large_file_renames_is_found_by_its_new_name(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    # Beyond 500 products the index is told after the change, and only of what is searched.
    skus = [f"S{number}" for number in range(501)]
    feed(sqlite_runtime, tmp_path, [row(sku) for sku in skus])
    named = [row(sku, name="Gadget" if number < 2 else f"Thing {sku}") for number, sku in enumerate(skus)]
    feed(sqlite_runtime, tmp_path, [{**each, "price": "11.00"} for each in named], yes=True)
    assert (_found(sqlite_runtime, "gadget"), _found(sqlite_runtime, "S0"), _found(sqlite_runtime, "S500")) == (2, 1, 1)
    last = feed(sqlite_runtime, tmp_path, [row(sku, name="Widget") for sku in skus], yes=True)
    with sqlite_runtime.write(ANN) as unit:
        catalog.undo(unit, catalog.get_set(unit, str(last.change_set)).id)
    catalog.index_pending(sqlite_runtime)
    assert (_found(sqlite_runtime, "gadget"), _found(sqlite_runtime, "widget")) == (2, 0)
