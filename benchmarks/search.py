"""The search index: cost of the first load for each document, and latency for each kind of query.

    uv run python -m benchmarks.search [--rows 1000000] [--databases sqlite,postgresql]

Prints one JSON document. Titles are made from a seed: brands, product nouns and attributes drawn by Zipf's law (the
commonest brand stands in an eighth of them, one letter in all), model numbers, SKUs and GTINs.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from mercat.core.database import migrate, search
from mercat.core.settings import Settings
from mercat.core.unit import Runtime

Document = tuple[bytes, str, str, str]
SERVERS = {
    "postgresql": "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
    "mariadb": "mariadb+pymysql://root@127.0.0.1:3306/test",
}
QUERIES = 300
OWN = f"mercat_benchmark_search_{os.getpid()}"


def documents(rows: int, seed: int = 7) -> Iterator[Document]:
    """Made-up products; the same for the same seed."""
    chance = random.Random(seed)

    def word() -> str:
        syllables = (
            chance.choice("bcdfghklmnprstvwz")
            + chance.choice("aeiou")
            + chance.choice(("", "", "n", "r", "s", "l", "t"))
            for _ in range(chance.choice((2, 2, 3, 3, 4)))
        )
        return "".join(syllables)

    def drawn(count: int) -> Callable[[int], list[str]]:
        words = [word() for _ in range(count)]
        weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(count)))
        return lambda how_many: chance.choices(words, cum_weights=weights, k=how_many)

    brands, nouns, attributes = drawn(2_000), drawn(4_000), drawn(20_000)
    for row in range(rows):
        brand = brands(1)[0].capitalize()
        model = "".join(chance.choices("ABCDEFGHKLMNPRSTX", k=3)) + f"-{chance.randrange(10, 9999)}"
        noun, other = nouns(2)
        first, second, third, fourth = attributes(4)
        title = f"{brand} {model} {first} {noun} {other} - {second}, {third} {chance.randrange(1, 500)} x {fourth}"
        gtin = f"{chance.choice((40, 50, 88, 76))}{chance.randrange(10**11):011d}"
        yield (
            row.to_bytes(16, "big"),
            title,
            f"{brand} {brand} Inc {noun}",
            f"{brand[:3].upper()}-{row:07d} {model} {gtin}",
        )


def queries(sample: list[Document]) -> dict[str, list[str]]:
    """What people type, each made from a document that exists."""
    chance = random.Random(11)

    def words(document: Document) -> list[str]:
        return [each for each in document[1].replace(",", "").split() if each.isalpha() and len(each) > 3]

    def mistyped(word: str) -> str:
        at = chance.randrange(len(word) - 1)
        return chance.choice(
            (
                word[:at] + word[at + 1 :],
                word[:at] + "y" + word[at + 1 :],
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            )
        )

    def fragment(document: Document, length: int) -> str:
        code = max(document[3].split(), key=len) if length > 6 else chance.choice(document[3].replace("-", "").split())
        length = min(length, len(code))
        at = chance.randrange(len(code) - length + 1)
        return code[at : at + length]

    made: dict[str, Callable[[Document], str]] = {
        "word": lambda each: chance.choice(words(each)),
        "two_words": lambda each: " ".join(chance.sample(words(each), 2)),
        "three_words": lambda each: " ".join(chance.sample(words(each), 3)),
        "commonest_words": lambda each: f"x {words(each)[0]}",
        "prefix_2": lambda each: chance.choice(words(each))[:2],
        "prefix_3": lambda each: chance.choice(words(each))[:3],
        "prefix_5": lambda each: chance.choice(words(each))[:5],
        "word_and_prefix": lambda each: f"{words(each)[0]} {words(each)[-1][:3]}",
        "sku": lambda each: each[3].split()[0],
        "model": lambda each: each[3].split()[1].lower().replace("-", ""),
        "gtin": lambda each: each[3].split()[2],
        "fragment_3": lambda each: fragment(each, 3),
        "fragment_4": lambda each: fragment(each, 4),
        "fragment_5": lambda each: fragment(each, 5),
        "fragment_6": lambda each: fragment(each, 6),
        "fragment_8": lambda each: fragment(each, 8),
        "one_typo": lambda each: mistyped(max(words(each), key=len)),
        "word_and_typo": lambda each: f"{words(each)[0]} {mistyped(max(words(each)[1:], key=len))}",
        "nothing": lambda each: f"qqzz{each[1][:4]} 99999999999",
    }
    return {kind: [make(each) for each in sample] for kind, make in made.items()}


def measure(runtime: Runtime, rows: int) -> dict[str, object]:
    """Load, then ask."""
    migrate.upgrade(runtime.engine)
    chance = random.Random(3)
    chosen = set(chance.sample(range(rows), min(QUERIES, rows)))
    sample = [each for row, each in enumerate(documents(rows)) if row in chosen]
    made_in, made_by = -time.perf_counter(), -time.process_time()
    for _ in documents(min(rows, 50_000)):
        pass
    made_in = (made_in + time.perf_counter()) / min(rows, 50_000)
    made_by = (made_by + time.process_time()) / min(rows, 50_000)
    started, worked = time.perf_counter(), time.process_time()
    with runtime.write() as unit:
        search.put(unit.bulk, documents(rows))
    built, worked = time.perf_counter() - started, time.process_time() - worked
    if runtime.engine.dialect.name == "postgresql":
        with runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # Autovacuum does this within a minute of a load.
            connection.execute(text("VACUUM ANALYZE"))
    kinds = {kind: _latencies(runtime, asked) for kind, asked in queries(sample).items()}
    every = sorted(each for times, _, _ in kinds.values() for each in times)
    worked_for = sorted(each for _, times, _ in kinds.values() for each in times)
    return {
        "put_us_per_document": round((built / rows - made_in) * 1e6, 2),
        "put_cpu_us_per_document": round((worked / rows - made_by) * 1e6, 2),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "all_queries_ms": _spread(every),
        "all_queries_cpu_ms": _spread(worked_for),
        "queries_ms": {
            kind: {**_spread(sorted(times)), "cpu": _spread(sorted(worked)), "answered": answered}
            for kind, (times, worked, answered) in kinds.items()
        },
    }


def _latencies(runtime: Runtime, asked: list[str]) -> tuple[list[float], list[float], int]:
    """Milliseconds by the clock, milliseconds of work by this process and the server's, how many were answered."""
    times, worked, answered = [], [], 0
    with runtime.read() as unit:
        search.find(unit.bulk, asked[0])
        server = int(unit.bulk.fetch("SELECT pg_backend_pid()")[0][0]) if unit.bulk.is_postgres else None
        for query in asked:
            started, worked_before = time.perf_counter(), _work(server)
            answered += bool(search.find(unit.bulk, query).ids)
            times.append((time.perf_counter() - started) * 1e3)
            worked.append((_work(server) - worked_before) * 1e3)
    return times, worked, answered


def _work(server: int | None) -> float:
    """Seconds of CPU of this process, and of PostgreSQL's backend where it runs on this machine and Linux tells."""
    tells = Path(f"/proc/{server}/schedstat")
    there = int(tells.read_text(encoding="ascii").split()[0]) / 1e9 if server and tells.exists() else 0.0
    return time.process_time() + there


def _spread(times: list[float]) -> dict[str, float]:
    return {f"p{share}": round(times[min(len(times) - 1, len(times) * share // 100)], 2) for share in (50, 95, 99)}


def _admin(server: str, *statements: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def run(database: str, rows: int) -> dict[str, object]:
    """Measure on a fresh database that is dropped afterwards."""
    with tempfile.TemporaryDirectory() as home:
        if database == "sqlite":
            settings, server = Settings(home=Path(home)), ""
        else:
            server = os.environ.get(f"MERCAT_TEST_{database.upper()}_URL", SERVERS[database])
            _admin(server, f"DROP DATABASE IF EXISTS {OWN}", f"CREATE DATABASE {OWN}")
            url = make_url(server).set(database=OWN).render_as_string(hide_password=False)
            settings = Settings(home=Path(home), database_url=url)
        runtime = Runtime(settings)
        try:
            return measure(runtime, rows)
        finally:
            runtime.close()
            if server:
                _admin(server, f"DROP DATABASE {OWN}")


def main() -> None:
    """Print the figures of each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--databases", default="sqlite,postgresql")
    asked = parser.parse_args()
    found = {database: run(database, asked.rows) for database in asked.databases.split(",")}
    json.dump({"benchmark": "search", "rows": asked.rows, "databases": found}, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
