"""However a shop is edited, search finds what is there now; and what a server must allow for it."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, make_url, text

from mercat.core.database import search
from mercat.core.database.bulk import Bulk
from mercat.core.database.search.asking import understand
from mercat.core.database.search.documents import keep
from mercat.core.errors import Invalid
from mercat.core.unit import Runtime

WORDS = "alder birch cedar maple hazel poplar rowan spruce willow larch".split()


def key(number: int) -> bytes:
    return number.to_bytes(16, "big")


def find(runtime: Runtime, query: str) -> set[int]:
    with runtime.read() as unit:
        return {int.from_bytes(each, "big") for each in search.find(unit.bulk, query, limit=1_000).ids}


def test_many_edits_leave_what_is_there_now(runtime: Runtime) -> None:
    chance = random.Random(5)
    model: dict[int, tuple[str, str]] = {}
    for step in range(60):
        with runtime.write() as unit:
            if step % 10 == 9:
                gone = chance.sample(sorted(model), 2)
                search.remove(unit.bulk, [key(number) for number in gone])
                for number in gone:
                    del model[number]
            some = {chance.randrange(40): (chance.choice(WORDS), f"S{step:04d}") for _ in range(1 + step % 3)}
            model |= some
            search.put(unit.bulk, [(key(number), word, word, code) for number, (word, code) in some.items()])
    expected = {word: {number for number, (mine, _) in model.items() if mine == word} for word in WORDS}
    assert {word: find(runtime, word) for word in WORDS} == expected
    held = {code for _, code in model.values()}
    assert {code for code in (f"S{step:04d}" for step in range(60)) if find(runtime, code)} == held


def test_sqlite_is_told_exactly_what_it_held(sqlite_runtime: Runtime) -> None:
    odd = ["DCP-130C Größe", "x-1 x-1 X1", "ＡＢ－１２ タカナ", "a" * 60 + " b-" * 30, "", "100"]
    for turn in range(3):
        with sqlite_runtime.write() as unit:
            search.put(unit.bulk, [(key(n), odd[(n + turn) % 6], odd[n % 6], odd[-n % 6]) for n in range(20)])
    with sqlite_runtime.write() as unit:
        search.remove(unit.bulk, [key(n) for n in range(20)])
        # A deletion that does not tell what was put leaves terms behind, or an index that is called malformed.
        for table in ("search_words", "search_sample", "search_fragments"):
            unit.bulk.run(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")
            unit.bulk.run(f"CREATE VIRTUAL TABLE temp.left_in_{table} USING fts5vocab(main, {table}, row)")
            assert unit.bulk.fetch(f"SELECT term, doc FROM left_in_{table}") == []


def test_two_writers_of_known_words_do_not_wait_for_each_other(runtime: Runtime) -> None:
    if runtime.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    with runtime.write() as unit:
        search.put(unit.bulk, [(key(n), WORDS[n % 10], "", f"OLD{n}") for n in range(12)])
    with runtime.engine.connect() as one, runtime.engine.connect() as two, one.begin() as first, two.begin() as second:
        search.put(Bulk(one), [(key(3), "maple birch", "", "NEW3")])
        search.put(Bulk(two), [(key(4), "birch alder", "", "NEW4")])
        second.commit()
        first.commit()
    assert (find(runtime, "new3"), find(runtime, "new4"), find(runtime, "old3")) == ({3}, {4}, set())
    assert find(runtime, "birch alder") == {4}


def test_common_words_give_a_page_and_say_that_there_are_more(runtime: Runtime) -> None:
    with runtime.write() as unit:
        search.put(unit.bulk, [(key(n), f"other thing {n % 7}", "common", f"C-{n:05d}") for n in range(3_000)])
        search.put(unit.bulk, [(key(9_000), "common thing", "", ""), (key(9_001), "more", "", "COMMON")])
    with runtime.read() as unit:
        found = search.find(unit.bulk, "common", limit=10)
    assert [int.from_bytes(each, "big") for each in found.ids[:2]] == [9_001, 9_000]
    assert (len(found.ids), found.is_exact_total) == (10, False)


def test_a_whole_code_then_its_beginning_win_over_thousands_that_hold_it(runtime: Runtime) -> None:
    with runtime.write() as unit:
        search.put(unit.bulk, [(key(n), f"Thing 012345 {n}", "", f"AA-012345-{n:05d}") for n in range(3_000)])
        search.put(unit.bulk, [(key(9_001), "Its beginning", "", "ZZ 012345Z9"), (key(9_002), "It", "", "ZZ 012345")])
    with runtime.read() as unit:
        found = search.find(unit.bulk, "012345", limit=3).ids
    assert [int.from_bytes(each, "big") for each in found[:2]] == [9_002, 9_001]


def test_whatever_is_asked_all_that_answers_is_found(runtime: Runtime) -> None:
    """Beginnings of many words and of few, common and rare, together and with fragments, against reading every text."""
    chance = random.Random(8)
    ends = ["".join(chance.choices("aeioklmnrst", k=chance.randrange(6))) for _ in range(300)]
    words = [first + end for first in ("ma", "mo", "so", "x") for end in ends]
    shelf = [
        (
            key(n),
            " ".join(chance.choices(words, cum_weights=range(1, len(words) + 1), k=3)),
            chance.choice(words),
            f"{chance.choice(words)[:3]}-{chance.randrange(10**6):06d}",
        )
        for n in range(1_500)
    ]
    with runtime.write() as unit:
        search.put(unit.bulk, shelf)
    kept = list(keep(shelf))
    asked = ["m", "mo", "x", "mok", "ma so", "m s", "123", "ma 12", "x 345", "max", "9", "moa s 1"]
    asked += [f"{chance.choice(words)} {chance.choice(words)[:2]}" for _ in range(20)]
    asked += [f"{each[3][:3]}{each[3][4:7]} {each[1][:2]}" for each in chance.sample(shelf, 10)]
    asked += [f"{each[1].split()[0]}-{each[3][5:9]}" for each in chance.sample(shelf, 10)]
    for query in asked:
        right = {int.from_bytes(each.id, "big") for each in kept if each.answers(understand(query))}
        with runtime.read() as unit:
            found = search.find(unit.bulk, query, limit=5_000)
        if right:
            assert {int.from_bytes(each, "big") for each in found.ids} == right, query
            assert (found.total, found.is_exact_total) == (len(right), True)


@pytest.fixture
def powerless(runtime: Runtime) -> Iterator[str]:
    """A URL of an empty PostgreSQL database and a user who may make nothing in it but tables."""
    if runtime.engine.dialect.name != "postgresql":
        pytest.skip("only PostgreSQL keeps its fragments in an extension")
    url = runtime.engine.url
    name = f"{url.database}_bare"
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    inside = create_engine(url.set(database=name), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'"))
    with inside.connect() as connection:
        connection.execute(text(f"GRANT ALL ON SCHEMA public TO {name}"))
    inside.dispose()
    yield url.set(database=name, username=name, password=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        connection.execute(text(f"DROP ROLE {name}"))
    admin.dispose()


def test_a_refused_extension_is_told_with_what_to_ask_for(powerless: str) -> None:
    engine = create_engine(make_url(powerless))
    with engine.connect() as connection, pytest.raises(Invalid, match="CREATE EXTENSION pg_trgm"):
        search.create_index(connection)
    engine.dispose()
