"""A first look at files, and digests of rows."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mercat.sdk.connector import FeedSettings
from mercat.sdk.digests import RowDigest
from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds import ReadOptions
from mercat.sdk.peeking import first_cells, heads
from mercat.sdk.roles import FeedFile
from mercat.sdk.scratch import scratch_database
from mercat.sdk.tables import tables


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sep=;\na;b\n1;2", ["a", "b"]),
        ('"a ","b,c"\n', ["a", "b,c"]),
        ("a\tb", ["a", "b"]),
        ("", []),
        ("\n\n", []),
        ('"open', ["open"]),
    ],
)
def test_first_cells(text: str, expected: list[str]) -> None:
    assert first_cells(text) == expected


def test_heads_read_through_archives_and_pass_over_damaged_files(tmp_path: Path) -> None:
    contents = {
        "a.csv.xz": lzma.compress("ä,b".encode()),
        "bad.zip": b"PK\x03\x04torn",
        "c.csv": "ä,b".encode("utf-16"),
    }
    files = []
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        files.append(FeedFile(name, tmp_path / name))
    assert [text.lstrip("\ufeff") for _, text in heads([*files, FeedFile("gone.csv", tmp_path / "gone.csv")])] == [
        "ä,b",
        "ä,b",
    ]


def test_no_table_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    with pytest.raises(Unreadable, match="x"):
        list(tables([FeedFile("x", tmp_path / "x")], ReadOptions()))


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(plain, plain)
def test_a_digest_is_a_signed_number_that_follows_the_content(one: object, other: object) -> None:
    digest = RowDigest("x", FeedSettings())
    assert -(2**63) <= digest.of(one) < 2**63
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (digest.of(one) == digest.of(other)) is same
    assert RowDigest("x", FeedSettings(currency="EUR")).of(one) != digest.of(one)
    assert RowDigest("y", FeedSettings()).of(one) != digest.of(one)


@pytest.mark.parametrize("strange", [10**40, "\ud800", {"a": [10**40]}])
def test_values_that_only_json_can_hold_are_digested(strange: object) -> None:
    digest = RowDigest("x", FeedSettings())
    assert digest.of(strange) == digest.of(strange) != digest.of(None)


def test_the_order_of_keys_changes_no_digest() -> None:
    digest = RowDigest("x", FeedSettings())
    assert digest.of({"a": 1, "b": 2}) == digest.of({"b": 2, "a": 1})
    assert digest.of(["a", "b"]) != digest.of(["b", "a"])


def test_a_scratch_database_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch_database() as database:
        database.execute("CREATE TABLE t (a)")
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())
