"""Bulk statements: what comes back is what was put in, whatever the rows have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mercat.core.ids import new_id_bytes
from mercat.core.unit import Runtime

_COLUMNS = ("id", "owner", "number", "word", "blank", "flag")
_MANY = 250


def _round_trip(runtime: Runtime, rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    with runtime.write() as unit:
        bulk = unit.bulk
        key = "UUID" if bulk.is_postgres else "BINARY(16)"
        bulk.run(
            f"CREATE TEMPORARY TABLE tried (id {key}, owner {key}, number INTEGER, word VARCHAR(255), "
            "blank VARCHAR(255), flag BOOLEAN)"
        )
        bulk.insert("tried", _COLUMNS, [(bulk.id(row[0]), bulk.id(row[1]), *row[2:]) for row in rows])
        found = bulk.fetch(f"SELECT {', '.join(_COLUMNS)} FROM tried ORDER BY id")
        bulk.run("DROP TABLE tried")
        return [(bulk.id_of(born), bulk.id_of(owner), *rest, bool(flag)) for born, owner, *rest, flag in found]


@pytest.mark.parametrize("word", ["plain", "it's", '"', "100 % of ?", "%s", "", "two\nlines", "Übergröße", "X'00'"])
@pytest.mark.parametrize("count", [1, 2, _MANY])
def test_what_all_rows_say_comes_back_in_every_row(runtime: Runtime, word: str, count: int) -> None:
    owner = new_id_bytes()[0]
    rows = [(born, owner, 7, word, None, True) for born in new_id_bytes(count)]
    assert _round_trip(runtime, rows) == rows


@pytest.mark.parametrize("odd", [0, 1, _MANY // 2, _MANY - 1])
def test_one_row_that_differs_keeps_its_own(runtime: Runtime, odd: int) -> None:
    owner, other = new_id_bytes(2)
    rows: list[tuple[Any, ...]] = [(born, owner, 7, "same", None, True) for born in new_id_bytes(_MANY)]
    rows[odd] = (rows[odd][0], other, 8, "another", "something", False)
    assert _round_trip(runtime, rows) == rows


@given(
    rows=st.lists(
        st.tuples(
            st.integers(-9, 9) | st.none(),
            st.none() | st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=20),
            st.sampled_from([None, "", "\\", "\\N", "\\.", "a\tb", "\r\n", "\x01", "\\\\t", " "]),
            st.booleans(),
        ),
        max_size=8,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_any_text_comes_back_as_it_was(runtime: Runtime, rows: list[tuple[Any, ...]]) -> None:
    owner = new_id_bytes()[0]
    said = [(born, owner, *row) for born, row in zip(new_id_bytes(len(rows)), rows, strict=True)]
    assert _round_trip(runtime, said) == said


def test_no_rows_are_no_statement(runtime: Runtime) -> None:
    assert _round_trip(runtime, []) == []
