"""Rows gathered by key, wherever they stand."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mercat.sdk.feeds import ReadOptions, open_members, read_table
from mercat.sdk.grouping import Group, grouped
from mercat.sdk.records import BadRow
from mercat.sdk.roles import FeedFile


def groups(text: str) -> list[Group | BadRow]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_text(text, encoding="utf-8", newline="")
        (member,) = open_members(FeedFile("t.csv", path), ReadOptions())
        options = ReadOptions(format="csv", delimiter=",", header=True)
        return list(grouped(lambda: read_table(member, options), lambda cells: cells[0]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from("abcdef"), max_size=30))
def test_every_row_is_in_its_group_in_order(keys: list[str]) -> None:
    found = groups("key,row\n" + "".join(f"{key},r{place}\n" for place, key in enumerate(keys)))
    gathered = {one.key: [cells[1] for cells in one.rows] for one in found if isinstance(one, Group)}
    expected: dict[str, list[str]] = {}
    for place, key in enumerate(keys):
        expected.setdefault(key, []).append(f"r{place}")
    assert gathered == expected
    assert len(found) == len(expected)
    assert all(isinstance(one, Group) and one.line == keys.index(one.key) + 2 for one in found)


def test_keys_that_stand_together_come_first_and_scattered_ones_by_their_first_line() -> None:
    found = groups("key,row\nb,1\na,2\nc,3\na,4\nb,5\n")
    assert [one.key for one in found if isinstance(one, Group)] == ["c", "b", "a"]


def test_torn_rows_and_rows_without_a_key_are_told_and_split_no_group() -> None:
    found = groups("key,row\na,1\n,2\na,3\nb\n")
    assert [(one.line, one.reason.split(":")[0]) for one in found if isinstance(one, BadRow)] == [
        (3, "the row names no product"),
        (5, "the row has 1 cells where the header has 2"),
    ]
    assert [one.rows for one in found if isinstance(one, Group)] == [[["a", "1"], ["a", "3"]]]
