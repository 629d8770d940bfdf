"""Data to develop and to measure with: believable, the same for the same seed, written as files that anybody may read.

Nothing here is held in memory: a million rows take as much of it as ten.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from mercat.sandbox.office import HEADER, Item, item_of

_DEPARTMENTS = (
    "Writing Paper Filing Desk Furniture Printing Technology Presentation Mailing Cleaning Kitchen Safety Lighting Art"
    " School Storage Signage Tools Packaging Travel".split()
)
_LINES = (
    "Everyday Premium Recycled Compact Heavy-Duty Coloured Ergonomic Wireless Magnetic Portable Adjustable Waterproof Classic"
    " Modern Professional Junior Archive Conference Counter Workshop".split()
)
_THINGS = (
    "Pens Markers Notebooks Labels Binders Trays Lamps Chairs Stands Cables Boards Envelopes Boxes Cutters Staplers Clips"
    " Tapes Sleeves Racks Mats Bins Holders Rolls Cards Cases".split()
)
_FIRST = (
    "Ada Ben Chiara David Elif Farid Greta Hana Ivan Julia Kofi Lena Mateo Nadia Omar Petra Quentin Rosa Sami Tereza Uwe"
    " Vera Wanda Xenia Yusuf Zoë".split()
)
_LAST = (
    "Adler Bianchi Costa Dubois Eriksen Fischer García Horváth Ivanov Jansen Kowalski Larsen Moreau Novák Okafor Petrov"
    " Quist Rossi Schmidt Tanaka Ueda Varga Weber Xu Yılmaz Zimmer".split()
)
_ROLES = ("viewer", "operator", "operator", "approver")
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MARKETPLACES = (("DE", "EUR"), ("US", "USD"), ("GB", "GBP"), ("FR", "EUR"))
_ONE_DAY = dt.timedelta(days=1)


class Person(NamedTuple):
    """Somebody who may be invited."""

    username: str
    email: str
    first_name: str
    last_name: str
    role: str


def write_products(path: Path, *, count: int, seed: int, is_restocked: bool = False) -> None:
    """A price list of so many products, without dirt. ``is_restocked``: the same list with other quantities."""
    chance = random.Random(seed)  # noqa: S311  # a sample, not a secret
    stock = random.Random(f"{seed} stock")  # noqa: S311  # as above
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
        writer.writerow(HEADER)
        for number in range(1, count + 1):
            item = item_of(chance, number)
            writer.writerow(_of_seed(item, seed, stock.randrange(0, 500) if is_restocked else item.stock).cells())


def _of_seed(item: Item, seed: int, stock: int) -> Item:
    return replace(item, number=f"SEED{seed}-{item.number[3:]}", stock=stock)


def write_categories(path: Path, *, count: int, seed: int) -> None:
    """A tree of three levels, as paths; parents count too."""
    names = list(_DEPARTMENTS)
    random.Random(seed).shuffle(names)  # noqa: S311  # a sample, not a secret
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["path"])
        writer.writerows([each] for each in _paths(names, count))


def _paths(departments: list[str], count: int) -> Iterator[str]:
    made = 0
    for round_ in range(1, count + 2):
        mark = "" if round_ == 1 else f" {round_}"
        for path in _tree(departments, mark):
            if made == count:
                return
            made += 1
            yield path


def _tree(departments: list[str], mark: str) -> Iterator[str]:
    yield from (f"{each}{mark}" for each in departments)
    yield from (f"{above}{mark} > {line}" for above, line in product(departments, _LINES))
    for above, line, thing in product(departments, _LINES, _THINGS):
        yield f"{above}{mark} > {line} > {line} {thing}"


def people(count: int, *, seed: int) -> Iterator[Person]:
    """So many people, no two of one user name."""
    chance = random.Random(seed)  # noqa: S311  # a sample, not a secret
    for number in range(1, count + 1):
        first, last = chance.choice(_FIRST), chance.choice(_LAST)
        name = f"seed{seed}-{number}"
        yield Person(name, f"{name}@example.com", first, last, chance.choice(_ROLES))


def write_observations(path: Path, *, count: int, seed: int, days: int, until: dt.date) -> None:
    """What was seen of so many listings, once a day, up to that day: prices that wander, ranks, ratings, stock that runs out."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(_seen(random.Random(0), seed, 1, until, 0)[0]))  # noqa: S311
        writer.writeheader()
        for number in range(1, count + 1):
            chance = random.Random(f"{seed} {number}")  # noqa: S311  # a sample, not a secret
            writer.writerows(_seen(chance, seed, number, until, days - 1))


def _seen(chance: random.Random, seed: int, number: int, until: dt.date, back: int) -> list[dict[str, Any]]:
    place, currency = _MARKETPLACES[number % len(_MARKETPLACES)]
    item = item_of(random.Random(f"{seed} {number} what"), number)  # noqa: S311  # a sample, not a secret
    cents, rank, reviews = chance.randrange(500, 20_000), chance.randrange(50, 200_000), chance.randrange(0, 5_000)
    rows = []
    for day in range(back, -1, -1):
        cents = max(99, round(cents * chance.uniform(0.97, 1.03)))
        rank = max(1, round(rank * chance.uniform(0.85, 1.17)))
        reviews += chance.randrange(0, 6)
        rows.append(
            {
                "asin": _asin(seed, number),
                "marketplace": place,
                "observed_at": f"{until - day * _ONE_DAY}T06:{number % 60:02}:00Z",
                "price": f"{cents / 100:.2f}",
                "currency": currency,
                "sales_rank": rank,
                "rating": f"{chance.uniform(3.4, 4.9):.1f}",
                "review_count": reviews,
                "in_stock": "no" if chance.random() < 0.05 else "yes",
                "title": item.name,
                "brand": item.brand,
            }
        )
    return rows


def _asin(seed: int, number: int) -> str:
    """``B0`` and eight letters and digits, different for each listing."""
    rest, digits = (seed * 7_919 + number) % 36**8, ""
    for _ in range(8):
        rest, digit = divmod(rest, 36)
        digits = _ALPHABET[digit] + digits
    return f"B0{digits}"
