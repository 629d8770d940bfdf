"""The search index finds what it should, the same on every database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from mercat.core.database import migrate, search
from mercat.core.database.bulk import Bulk
from mercat.core.unit import Runtime

Document = tuple[bytes, str, str, str]


def key(number: int) -> bytes:
    """An id of 16 bytes."""
    return number.to_bytes(16, "big")


SHELF: list[Document] = [
    (
        key(1),
        "Brother DCP-130C Laser Printer",
        "Brother Brother Industries printer",
        "BRO-00017 DCP-130C 4977766638326",
    ),
    (key(2), "Laser printer paper A4, 80 g", "Navigator paper", "NAV-80/A4 5602024006102"),
    (key(3), "Crème brûlée torch Łódź ½", "Café Größe", "CBT.1"),
    (key(4), "Ｆｕｌｌ　ｗｉｄｔｈ カタカナ", "アイリス", "ｆｗ－１００"),
    (key(5), "Wi-Fi router AX3000", "TP-Link", "ARCHER-AX55 100"),
    (key(6), "Cable 100 m", "Lapp", "X1000"),
    (key(7), "Струйный принтер", "Кэнон", "МФУ-2540"),
    (key(8), "Toner for Brother DCP-130C and many other laser printers", "Generic toner", "GEN-TN-9"),
]


def put(runtime: Runtime, documents: list[Document]) -> None:
    with runtime.write() as unit:
        search.put(unit.bulk, documents)


def find(runtime: Runtime, query: str, **page: int) -> list[int]:
    with runtime.read() as unit:
        found = search.find(unit.bulk, query, **page)
    return [int.from_bytes(each, "big") for each in found.ids]


@pytest.fixture
def shelf(runtime: Runtime) -> Runtime:
    put(runtime, SHELF)
    return runtime


CASES = [
    # Words, whole and begun, in any order and case; all of them must be there.
    ("printer", [1, 2, 8]),
    ("PRINTER laser", [1, 2, 8]),
    ("print", [1, 2, 8]),
    ("p", [1, 2, 8]),
    ("bro", [1, 8]),
    ("brother paper", []),
    ("industries", [1]),
    # Model numbers, however they are written.
    ("dcp-130c", [1, 8]),
    ("DCP130C", [1, 8]),
    ("dcp 130c", [1, 8]),
    ("130c", [1, 8]),
    ("dcp", [1, 8]),
    ("cp-13", [1, 8]),
    # Fragments of codes, from three characters on.
    ("977", [1]),
    ("63832", [1]),
    ("4977766638326", [1]),
    ("00017", [1]),
    ("v80", [2]),
    ("nav-80/a4", [2]),
    ("cbt1", [3]),
    ("cbt.1", [3]),
    # The whole code comes before fragments of codes.
    ("100", [5, 6, 4]),
    ("x1000", [6]),
    # Accents, letters without decomposition, widths, scripts, compatibility signs.
    ("creme brulee", [3]),
    ("CRÈME", [3]),
    ("lodz", [3]),
    ("cafe grosse", [3]),
    ("full width", [4]),
    ("カタカナ", [4]),
    ("タカナ", [4]),
    ("ｶﾀｶﾅ", [4]),
    ("fw100", [4]),
    ("принтер", [7]),
    ("ПРИНТ", [7]),
    ("мфу2540", [7]),
    # Joined words.
    ("wifi", [5]),
    ("wi-fi", [5]),
    ("wi fi", [5]),
    ("tplink", [5]),
    # One typing error: left out, put in, replaced, swapped; in one word of several.
    ("priter", [1, 2, 8]),
    ("prinnter", [1, 2, 8]),
    ("prinder", [1, 2, 8]),
    ("pritner", [1, 2, 8]),
    ("brohter laser", [1, 8]),
    ("принетр", [7]),
    ("laser naviagtor", [2]),
    ("xyzzyx", []),
]


def test_each_query_finds_the_same_on_every_database(shelf: Runtime) -> None:
    answers = {query: sorted(find(shelf, query)) for query, _ in CASES}
    assert [(query, answers[query], right) for query, right in CASES if answers[query] != sorted(right)] == []


def test_a_whole_code_comes_first_then_words_of_the_title_then_short_titles(shelf: Runtime) -> None:
    assert find(shelf, "100")[:2] == [5, 6]
    assert find(shelf, "dcp-130c") == [1, 8]
    assert find(shelf, "laser printer") == [2, 1, 8]


def test_what_was_corrected_is_told(shelf: Runtime) -> None:
    with shelf.read() as unit:
        assert search.find(unit.bulk, "brohter printer").corrected == "brother printer"
        assert search.find(unit.bulk, "brother printer").corrected is None
        assert search.find(unit.bulk, "qqqqqq").corrected is None


def test_a_replaced_document_is_found_by_its_new_words_only(shelf: Runtime) -> None:
    put(shelf, [(key(1), "Shredder", "Fellowes", "FEL-9")])
    assert find(shelf, "shredder fel9") == [1]
    assert find(shelf, "industries") == []
    assert find(shelf, "00017") == []


def test_a_removed_document_is_not_found_and_may_come_back(shelf: Runtime) -> None:
    with shelf.write() as unit:
        search.remove(unit.bulk, [key(1), key(2), key(77)])
    assert find(shelf, "laser") == [8]
    put(shelf, SHELF[:1])
    assert find(shelf, "industries") == [1]


def test_of_one_id_put_twice_at_once_the_last_counts(runtime: Runtime) -> None:
    put(runtime, [(key(1), "first", "", ""), (key(2), "other", "", ""), (key(1), "second", "", "")])
    assert (find(runtime, "first"), find(runtime, "second"), find(runtime, "other")) == ([], [1], [2])


def test_a_unit_that_fails_leaves_no_trace(shelf: Runtime) -> None:
    class Stop(Exception):
        pass

    with pytest.raises(Stop), shelf.write() as unit:
        search.put(unit.bulk, [(key(1), "gone", "", "")])
        raise Stop
    assert (find(shelf, "gone"), find(shelf, "industries")) == ([], [1])


@pytest.mark.parametrize("count", [1, 7, 8, 9, 4_097])
def test_every_document_of_a_load_is_found(sqlite_runtime: Runtime, count: int) -> None:
    documents = [(key(n), f"thing {'abcdefghij'[n % 10] * 3}", "", f"K{n:05d}") for n in range(count)]
    put(sqlite_runtime, documents)
    for n in {0, 1, 6, 7, 8, count // 2, count - 1}:
        assert find(sqlite_runtime, f"K{n:05d}") == ([n] if n < count else [])


def test_pages_follow_each_other_without_gap_or_repeat(runtime: Runtime) -> None:
    put(runtime, [(key(n), f"common thing {'x' * (n % 7)}", "", "") for n in range(450)])
    pages = [find(runtime, "common", limit=50, offset=offset) for offset in range(0, 500, 50)]
    assert [len(page) for page in pages] == [50] * 9 + [0]
    assert sorted(number for page in pages for number in page) == list(range(450))
    with runtime.read() as unit:
        whole = search.find(unit.bulk, "common", limit=50, offset=450)
        assert (whole.total, whole.is_exact_total) == (450, True)
        first = search.find(unit.bulk, "common", limit=10)
        assert not first.is_exact_total
        assert 200 <= first.total <= 700


HOSTILE = [
    "",
    " ",
    "%",
    "_",
    "%%%___",
    "'",
    '"',
    "''; DROP TABLE search_documents; --",
    '"laser" AND (',
    "laser NEAR/3 printer*",
    "title:laser -printer ^",
    "laser\0printer",
    "\0",
    "*",
    "?",
    "\\",
    "😀🎉",
    "👩‍👩‍👧‍👦",
    "\ud800",
    "\u0301\u0301\u0301",
    "a" * 10_000,
    "laser " * 2_000,
    "-'./" * 2_500,
    "a-" * 5_000,
    "\ufdfa" * 10_000,
    " ".join(f"w{n}" for n in range(2_000)),
    "\x1e#=\x1f#100",
    "x" * 39,
    "x" * 41,
    "٣٤٥ ½ ²",
]


@pytest.mark.parametrize("query", HOSTILE, ids=lambda text: ascii(text)[:24])
def test_no_query_raises(sqlite_runtime: Runtime, query: str) -> None:
    put(sqlite_runtime, SHELF)
    with sqlite_runtime.read() as unit:
        found = search.find(unit.bulk, query)
    assert len(found.ids) <= len(SHELF)


def test_hostile_queries_are_harmless_on_every_database(shelf: Runtime) -> None:
    with shelf.read() as unit:
        totals = {query: search.find(unit.bulk, query).total for query in HOSTILE}
    assert {query for query, total in totals.items() if total} <= {
        '"laser" AND (',
        "laser\0printer",
        "laser " * 2_000,
        "\x1e#=\x1f#100",
    }
    assert totals["laser\0printer"] == 3
    assert find(shelf, "industries") == [1]


@pytest.mark.parametrize("page", [{"limit": 0}, {"limit": -1}, {"offset": -5}, {"offset": 10**9}, {"limit": 10**9}])
def test_odd_pages_are_harmless(sqlite_runtime: Runtime, page: dict[str, int]) -> None:
    put(sqlite_runtime, SHELF)
    assert len(find(sqlite_runtime, "laser", **page)) in {0, 3}


def test_hostile_documents_are_kept_apart(runtime: Runtime) -> None:
    hostile = [
        (key(1), "line\nbreak\x1eand\0nul\ttab", "a\nb", "c\nd\x1e"),
        (key(2), "", "", ""),
        (key(3), "\ud800 lone", "\n\n", "\n"),
        (key(4), "w" * 100_000, "x " * 50_000, "7" * 100_000),
        (key(5), "after all of them", "", "Z-9"),
    ]
    put(runtime, hostile)
    assert find(runtime, "line break and nul tab") == [1]
    assert find(runtime, "lone") == [3]
    assert find(runtime, "wwww") == [4]
    assert find(runtime, "after z9") == []
    assert find(runtime, "after all") == [5]


def test_an_empty_index_finds_nothing(runtime: Runtime) -> None:
    assert find(runtime, "printer") == []
    put(runtime, [])
    assert find(runtime, "pritner 123") == []


class Explaining(Bulk):
    """Has every question explained where it is asked, under the settings that hold there."""

    asked: list[tuple[str, list[str]]]

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        self.asked.append((sql, _scans(Bulk(self._connection), sql, parameters)))
        return super().fetch(sql, parameters)


def _scans(bulk: Bulk, sql: str, parameters: Sequence[Any]) -> list[str]:
    """The steps of the plan that read a whole table."""
    if bulk.is_sqlite:
        steps = [str(row[3]) for row in bulk.fetch(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        # How FTS5 shows that it looks up a MATCH, and SQLite the rows of a limited subquery.
        looked_up = re.compile(r"^SCAN (search_(words|sample|fragments) .* 0:M\d|some_\d+$|\(subquery)")
        return [step for step in steps if step.startswith("SCAN") and not looked_up.match(step)]
    if bulk.is_postgres:
        steps = [str(row[0]) for row in bulk.fetch(f"EXPLAIN {sql}", parameters)]
        return [step for step in steps if "Seq Scan" in step]
    rows = bulk.fetch(f"EXPLAIN {sql}", parameters)
    return [str(row) for row in rows if row[3] in {"ALL", "index"} and not str(row[2]).startswith("<")]


@pytest.mark.parametrize(
    "query", ["printer", "colour stone", "p", "pri", "0123", "sku-00123", "49777666", "pritner", "brother prinetr", "%"]
)
def test_every_question_is_answered_by_an_index(filled: Runtime, query: str) -> None:
    with filled.read() as unit:
        bulk = Explaining(unit.session.connection())
        bulk.asked = []
        search.find(bulk, query)
    assert [(sql, scans) for sql, scans in bulk.asked if scans] == []
    assert bulk.asked or query == "%"


@pytest.fixture
def filled(runtime: Runtime) -> Runtime:
    """Some thousand documents, with the statistics that a database gathers by itself in time."""
    common = ["printer", "paper", "toner", "colour", "stone", "brother", "prime", "desk"]
    rare = ["".join("abcdefghijklmnop"[n * 7919 >> shift & 15] for shift in (0, 4, 8, 12)) for n in range(6_000)]
    put(
        runtime,
        [
            (key(n), f"{common[n % 8]} {common[n * 7 % 8]} of {rare[n % 6_000]}", "Brother", f"SKU-{n:05d}")
            for n in range(12_000)
        ],
    )
    if runtime.engine.dialect.name == "postgresql":
        with runtime.write() as unit:
            unit.bulk.run("ANALYZE")
    return runtime


def test_the_migration_goes_down_and_up_and_autogenerate_finds_nothing(runtime: Runtime) -> None:
    assert migrate.differences(runtime.engine) == []
    migrate.downgrade(runtime.engine, "0001")
    migrate.upgrade(runtime.engine)
    assert migrate.differences(runtime.engine) == []
    put(runtime, SHELF)
    assert find(runtime, "industries") == [1]
