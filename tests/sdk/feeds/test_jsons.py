import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds import ReadLimits, ReadOptions, Records
from mercat.sdk.roles import FeedFile
from tests.sdk.feeds.reading import feed_file, the_records
from tests.shared_data import shared


def records(found: Records, size: int = 1000) -> list[tuple[int, Any]]:
    return [record for batch in found.batches(size) for record in batch]


def test_json_lines_with_bad_ones_among_them(tmp_path: Path) -> None:
    content = (
        b'\xef\xbb\xbf{"sku": "A", "price": 1.10}\n\n{"sku": "B", "price": 2\nnull\n[1]\n'
        b'{"sku": "C\xe9", "n": NaN}\r\n{"s": "\xe9"}\n'
    )
    found = the_records(feed_file(tmp_path, content, "feed.jsonl"))
    assert found.format == "jsonl"
    assert records(found) == records(found, 1) == [
        (1, {"sku": "A", "price": Decimal("1.10")}),
        (3, '{"sku": "B", "price": 2'),
        (4, "null"),
        (5, "[1]"),
        (6, '{"sku": "Cé", "n": NaN}'),
        (7, {"s": "é"}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ('[{"a": 1.50}, {"a": 2}]', None, [{"a": Decimal("1.50")}, {"a": 2}]),
        ('{"data": {"products": [{"a": 1}, {"a": 2}], "pages": [1]}}', None, [{"a": 1}, {"a": 2}]),
        ('{"data": {"products": [{"a": 1}], "other": [{"b": 1}]}}', "data/other", [{"b": 1}]),
        ('{"data": {"products": [{"a": 1}]}}', "data.products", [{"a": 1}]),
        ('{"sku": "A", "price": 1.0}', None, [{"sku": "A", "price": Decimal("1.0")}]),
        ('[{"variants": [{"x": 1}, {"x": 2}]}]', None, [{"variants": [{"x": 1}, {"x": 2}]}]),
        ('[1, "x", {"a": 1}]', None, ["1", "x", {"a": 1}]),
        ("[]", None, []),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_records_of_a_document(tmp_path: Path, text: str, path: str | None, expected: list[Any], encoding: str) -> None:
    file = feed_file(tmp_path, text.encode(encoding), "feed.json")
    found = the_records(file, ReadOptions(record_path=path))
    assert found.format == "json"
    assert records(found) == list(enumerate(expected, 1))
    assert (
        not any(isinstance(value, float) for _, record in records(found) for value in dict(record or {}).values())
        if (all(isinstance(record, dict) for _, record in records(found)))
        else True
    )


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b'[{"a": 1}, {"a": 2', ReadOptions(), "no valid JSON after record"),
        (b'[{"a": 1}, nonsense]', ReadOptions(), "no valid JSON after record"),
        (b'{"a": [{"b": 1}]}', ReadOptions(record_path="x"), "no records at 'x'"),
        (b'[{"a": "' + b"x" * 900_000 + b'"}]', ReadOptions(limits=ReadLimits(max_record_bytes=300_000)), "one record"),
        (b'{"a": "' + b"x" * 900_000 + b'"}\n{}\n',
         ReadOptions(format="jsonl", limits=ReadLimits(max_record_bytes=300_000)),
         "one record"),
    ],
)  # fmt: skip
def test_torn_documents_are_refused(tmp_path: Path, content: bytes, options: ReadOptions, message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        records(the_records(feed_file(tmp_path, content, "feed.json"), options))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.decimals(-9999, 9999, places=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def _dumped(record: dict[str, Any]) -> str:
    """Decimals as numbers, digit for digit."""
    return (
        json.dumps(record, default=lambda number: f"\x00{number}\x00").replace('"\\u0000', "").replace('\\u0000"', "")
    )


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.dictionaries(
            st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=5),
            st.decimals(-9999, 9999, places=3) | st.integers() | st.booleans(),
            min_size=1,
        ),
        min_size=1,
    )
)
def test_what_was_dumped_is_read_back_exactly(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    by_line = feed_file(tmp_path, "\n".join(map(_dumped, rows)).encode(), "feed.jsonl")
    whole = feed_file(tmp_path, f"[{', '.join(map(_dumped, rows))}]".encode(), "feed.json")
    for file in (by_line, whole):
        assert [record for _, record in records(the_records(file))] == rows


@pytest.mark.shared
def test_naughty_strings_arrive_unharmed() -> None:
    path = shared("data", "hostile", "blns", "blns.json")
    found = records(the_records(FeedFile(path.name, path)))
    assert [record for _, record in found] == json.loads(path.read_text("utf-8"))
