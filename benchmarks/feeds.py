"""Seeded supplier feeds of any size, plain CSV, the same bytes for the same seed.

The usual one has 15 columns of office products; the sparse one has 600 columns of attributes of which each product fills
a few.

``python -m benchmarks.feeds FILE --rows 1000000 [--changed 0.01] [--sparse]`` writes one; ``--changed`` alters that share
of the rows (price, cost, stock or name) and leaves every other byte as it is.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator
from pathlib import Path

HEADER = (
    "sku,name,description,brand,manufacturer,manufacturer_part_number,gtin,category,product_type,price,"
    "compare_at_price,cost,quantity,weight,weight_unit"
).split(",")
_BRANDS = [
    f"{first}{last}"
    for first in ("Nor", "Vel", "Kar", "Tes", "Mon", "Ald", "Bri", "Cor")
    for last in ("dex", "ano", "tik", "mark", "lite", "works", "line", "pro", "form", "ware")
]
# sku, name, brand, manufacturer_part_number, gtin, price: what a sparse feed says besides its attributes.
_SPARSE = (0, 1, 3, 5, 6, 9)
_NOUNS = [
    "Stapler",
    "Copy Paper",
    "Ballpoint Pen",
    "Toner Cartridge",
    "Ring Binder",
    "Desk Lamp",
    "Label Roll",
    "Whiteboard Marker",
    "Envelope",
    "File Folder",
    "Notebook",
    "Paper Shredder",
    "Calculator",
    "Tape Dispenser",
    "Office Chair",
    "Monitor Arm",
    "USB Cable",
    "Keyboard",
    "Surge Protector",
    "Sticky Notes",
]
_KINDS = [
    "Classic",
    "Heavy Duty",
    "Eco",
    "Premium",
    "Slim",
    "Compact",
    "Professional",
    "Recycled",
    "Colour",
    "Wireless",
]
_COLOURS = ["Black", "Blue", "Red", "White", "Grey", "Green", "Assorted"]
ATTRIBUTES = 600
FILLED = 30
_AISLES = ["Office Supplies", "Technology", "Furniture", "Facilities", "School"]


def gtin13(number: int) -> str:
    """A GTIN-13 with the right check digit (GS1 General Specifications, section 7.9)."""
    body = f"{number % 10**12:012d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return body + str(-total % 10)


def rows(count: int, *, seed: int = 1, changed: float = 0.0) -> Iterator[list[str]]:
    """The rows of a feed; with ``changed`` that share of them differs from the feed without it."""
    dice = random.Random(seed)
    other = random.Random(seed + 1)
    for number in range(count):
        brand, noun, kind = dice.choice(_BRANDS), dice.choice(_NOUNS), dice.choice(_KINDS)
        colour, model = dice.choice(_COLOURS), dice.randrange(100, 99999)
        cents = dice.randrange(99, 99999)
        stock = dice.randrange(500)
        row = [
            f"OP{number:08d}",
            f"{brand} {kind} {noun} {model}, {colour}, Pack of {dice.choice((1, 2, 5, 10, 12, 24))}",
            (
                f"<p>The {kind.lower()} {noun.lower()} by {brand} for busy offices: made to last, easy to use and packed in "
                f"{colour.lower()}. Model {model} fits most desks and is tested for {dice.randrange(2, 60)} months of daily "
                "work.</p><ul><li>Quick to set up</li><li>Low running cost</li></ul>"
            ),
            brand,
            f"{brand} Industries",
            f"{brand[:3].upper()}-{model}-{number % 1000:03d}",
            gtin13(200_000_000_000 + number),
            f"{_AISLES[number % 5]} > {noun}s > {kind}",
            noun,
            f"{cents / 100:.2f}",
            f"{cents / 80:.2f}",
            f"{cents / 170:.4f}",
            str(stock),
            f"{dice.randrange(5, 20000) / 1000:.3f}",
            "kg",
        ]
        if changed and other.random() < changed:
            _change(row, cents, stock, other)
        yield row


def _change(row: list[str], cents: int, stock: int, dice: random.Random) -> None:
    what = dice.randrange(4)
    if what == 0:
        row[9] = f"{cents * dice.choice((96, 104, 108)) // 100 / 100:.2f}"
    elif what == 1:
        row[11] = f"{cents / 165:.4f}"
    elif what == 2:  # the third of four kinds
        row[12] = str(stock + dice.randrange(1, 50))
    else:
        row[1] += " (new)"


def write(path: Path, count: int, *, seed: int = 1, changed: float = 0.0) -> None:
    """A CSV file with a header."""
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows(count, seed=seed, changed=changed))


def kept(folder: Path, count: int, *, changed: float = 0.0) -> Path:
    """The feed as a file in ``folder``, written once."""
    path = folder / f"feed-{count}-{changed}.csv"
    if not path.exists():
        write(path, count, changed=changed)
    return path


def sparse_rows(count: int, *, seed: int = 1) -> Iterator[list[str]]:
    """The cells of six columns of ``HEADER``, then ``ATTRIBUTES`` of which each kind of product fills its own ``FILLED``."""
    dice = random.Random(seed)
    kinds = [sorted(dice.sample(range(ATTRIBUTES), FILLED)) for _ in _NOUNS]
    for row in rows(count, seed=seed):
        cells = [""] * ATTRIBUTES
        for place in kinds[_NOUNS.index(row[8])]:
            cells[place] = f"{dice.choice(_COLOURS)} {dice.randrange(200)}"
        yield [*(row[place] for place in _SPARSE), *cells]


def write_sparse(path: Path, count: int) -> None:
    """A CSV file whose headings name the metafields, as Etilize's flat export does."""
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        attributes = (f"Metafield: custom.attribute_{place:03d}[single_line_text_field]" for place in range(ATTRIBUTES))
        writer.writerow([*(HEADER[place] for place in _SPARSE), *attributes])
        writer.writerows(sparse_rows(count))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--changed", type=float, default=0.0)
    parser.add_argument("--sparse", action="store_true")
    given = parser.parse_args()
    if given.sparse:
        write_sparse(given.file, given.rows)
    else:
        write(given.file, given.rows, seed=given.seed, changed=given.changed)
