"""What a shop may rely on, for any titles and codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mercat.core.database import migrate, search
from mercat.core.database.search.asking import misspellings, understand
from mercat.core.database.search.folding import fold, fold_lines
from mercat.core.settings import Settings
from mercat.core.unit import Runtime

SOME = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_ids = count(1)

letters = st.sampled_from("abcdeinorstABCDé")
words = st.text(letters, min_size=1, max_size=9) | st.sampled_from(["12", "A4", "3.5mm", "Wi-Fi", "Größe", "принтер"])
titles = st.lists(words, min_size=1, max_size=6).map(" ".join) | st.text(max_size=30)
codes = st.text("ABC123-./", min_size=1, max_size=14) | st.text("0123456789", min_size=8, max_size=14)
shelves = st.lists(st.tuples(titles, words, st.lists(codes, max_size=3).map(" ".join)), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """One SQLite file for all examples of this module; each example empties it."""
    home: Path = tmp_path_factory.mktemp("search")
    runtime = Runtime(Settings(home=home))
    migrate.upgrade(runtime.engine)
    yield runtime
    runtime.close()


def fill(runtime: Runtime, shelf: list[tuple[str, str, str]]) -> list[bytes]:
    keys = [next(_ids).to_bytes(16, "big") for _ in shelf]
    with runtime.write() as unit:
        search.remove(unit.bulk, [key for (key,) in unit.bulk.fetch("SELECT id FROM search_documents")])
        search.put(unit.bulk, [(key, *texts) for key, texts in zip(keys, shelf, strict=True)])
    return keys


def finds(runtime: Runtime, query: str) -> list[bytes]:
    with runtime.read() as unit:
        return search.find(unit.bulk, query).ids


@SOME
@given(shelf=shelves)
def test_every_word_of_a_title_finds_its_document(lasting: Runtime, shelf: list[tuple[str, str, str]]) -> None:
    keys = fill(lasting, shelf)
    for key, (title, _, _) in zip(keys, shelf, strict=True):
        for word in title.split():
            if re.search(r"[^\W_]", fold(word)):
                assert key in finds(lasting, word), (word, title)


@SOME
@given(shelf=shelves, data=st.data())
def test_every_fragment_of_a_code_finds_its_document(
    lasting: Runtime, shelf: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    keys = fill(lasting, shelf)
    for key, (_, _, all_codes) in zip(keys, shelf, strict=True):
        for code in all_codes.split():
            start = data.draw(st.integers(0, max(0, len(code) - 3)))
            fragment = code[start : data.draw(st.integers(start + 3, max(start + 3, len(code))))]
            # Signs do not count: three letters or digits make a fragment.
            if len(re.sub(r"\W", "", fragment)) >= 3:
                assert key in finds(lasting, fragment), (fragment, code)


@SOME
@given(shelf=shelves, data=st.data())
def test_one_typing_error_in_a_word_finds_its_document(
    lasting: Runtime, shelf: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    keys = fill(lasting, shelf)
    for key, (title, _, _) in zip(keys, shelf, strict=True):
        for word in title.split():
            if len(word) < 5 or not fold(word).isalpha() or fold(word) != word.casefold():
                continue
            at = data.draw(st.integers(0, len(word) - 2))
            wrong = data.draw(
                st.sampled_from(
                    [
                        word[:at] + word[at + 1 :],
                        word[:at] + "x" + word[at + 1 :],
                        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                        word[:at] + "x" + word[at:],
                    ]
                )
            )
            with lasting.read() as unit:
                found = search.find(unit.bulk, wrong)
            assert key in found.ids or not found.corrected, (wrong, word)
            assert found.ids, (wrong, word)


@SOME
@given(query=st.text(max_size=80))
def test_no_text_raises(lasting: Runtime, query: str) -> None:
    fill(lasting, [("Laser printer", "Brother", "DCP-130C")])
    finds(lasting, query)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=6))
def test_folding_many_texts_is_folding_each(texts: list[str]) -> None:
    assert fold_lines(texts).split("\n") == [fold(text) for text in texts]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=600))
def test_a_query_needs_little_whatever_it_is(query: str) -> None:
    needs = understand(query)
    assert len(needs) <= 12
    assert sum(len(need.tokens) for need in needs) <= 12 * 7
    assert all(token.text.isalnum() for need in needs for token in need.tokens)


@given(st.text("abcdé", min_size=4, max_size=9), st.text("abcdé", min_size=4, max_size=9))
def test_misspellings_are_mutual(one: str, other: str) -> None:
    if set(other) <= set(one) | set("abcdefghijklmnopqrstuvwxyz") and set(one) <= set(other) | set(
        "abcdefghijklmnopqrstuvwxyz"
    ):
        assert (one in misspellings(other)) == (other in misspellings(one))
