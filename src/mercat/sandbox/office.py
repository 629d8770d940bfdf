"""A sample supplier of office products, made from a seed: the same bytes on every machine, and nobody else's rights.

Its price list has the dirt of real ones: semicolons and the Windows code page, decimal commas with points between the
thousands, doubled rows, bar codes spoilt by a spreadsheet or made up, entities, text that looks like a formula, scripts
in descriptions, rows too short, too long, or without an item number.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

_SEED = 20_261_121
ENCODING = "cp1252"
HEADER = (
    "Item Number",
    "Product Name",
    "Description",
    "Brand",
    "MPN",
    "EAN",
    "Category",
    "Sales Price EUR",
    "Cost Price EUR",
    "Stock",
    "Weight (g)",
    "Image URL",
    "Metafield: custom.colour[single_line_text_field]",
    "Metafield: custom.material[single_line_text_field]",
    "Metafield: custom.pieces[number_integer]",
    "Metafield: custom.suited_for[list.single_line_text_field]",
)


@dataclass(frozen=True)
class _Kind:
    """A sort of product: its place in the tree, what it is made of and for, and its usual price in cents and weight."""

    category: str
    name: str
    cents: int
    weight_g: int
    materials: tuple[str, ...]
    uses: tuple[str, ...]


_KINDS = (
    _Kind("Writing > Pens > Ballpoint", "Ballpoint Pen", 190, 12, ("Plastic", "Brass"), ("school", "office")),
    _Kind("Writing > Pens > Fountain", "Fountain Pen", 2_490, 24, ("Steel", "Resin"), ("signature", "gift")),
    _Kind("Writing > Pencils", "Pencil", 90, 7, ("Cedar", "Graphite"), ("school", "drawing")),
    _Kind("Writing > Markers", "Permanent Marker", 240, 15, ("Aluminium", "Plastic"), ("warehouse", "crafts")),
    _Kind("Writing > Markers", "Highlighter", 150, 14, ("Plastic",), ("office", "school")),
    _Kind("Paper > Copy Paper", "Copy Paper A4", 690, 2_500, ("80 g/m²", "90 g/m²"), ("laser", "inkjet")),
    _Kind("Paper > Notebooks", "Notebook", 490, 310, ("Recycled paper", "Cardboard"), ("meetings", "school")),
    _Kind("Paper > Envelopes", "Envelope C5", 1_290, 900, ("Kraft paper", "Offset paper"), ("mailing",)),
    _Kind("Filing > Folders", "Lever Arch File", 390, 420, ("Polypropylene", "Cardboard"), ("archive", "office")),
    _Kind("Filing > Folders", "Ring Binder", 340, 280, ("Polypropylene", "Cardboard"), ("school", "office")),
    _Kind("Filing > Storage", "Archive Box", 560, 350, ("Corrugated board",), ("archive",)),
    _Kind("Desk > Staplers", "Stapler", 1_490, 260, ("Steel", "ABS"), ("office",)),
    _Kind("Desk > Scissors", "Scissors 21 cm", 890, 85, ("Stainless steel",), ("office", "crafts")),
    _Kind("Desk > Organisers", "Desk Organiser", 1_990, 640, ("Bamboo", "Mesh steel"), ("office", "home")),
    _Kind("Desk > Lamps", "Desk Lamp", 5_900, 1_800, ("Aluminium", "Steel"), ("office", "home")),
    _Kind("Furniture > Chairs", "Swivel Chair", 189_00, 14_500, ("Mesh", "Leather"), ("office", "home office")),
    _Kind("Furniture > Desks", "Height-Adjustable Desk", 1_249_00, 38_000, ("Oak", "Steel"), ("office",)),
    _Kind("Printing > Toner", "Toner Cartridge", 7_990, 980, ("Plastic",), ("laser",)),
    _Kind("Printing > Ink", "Ink Cartridge", 2_190, 60, ("Plastic",), ("inkjet",)),
    _Kind("Technology > Calculators", "Desk Calculator", 2_690, 190, ("ABS",), ("office", "accounting")),
)
_BRANDS = (
    "Kastell & Söhne",
    "Ørsted Office",
    "Papeterie Élan",
    "Northwind",
    "Brückner",
    "Maple™",
    "Trifolio",
    "Óbidos",
)
_COLOURS = ("Black", "Blue", "Red", "Green", "White", "Crème", "Grey", "Turquoise")
_SERIES = ("Classic", "Pro", "Eco", "Studio", "Basic", "Signature", "Métro", "Nova")
_FORMULAS = ("=1+1 Edition", "-20% Refill Set", "+Plus Line", "@Home Range")
_WRONG_CODES = ("0000000000000", "N/A", "9999999999999", "8.85909E+11", "4006381333932")


@dataclass(frozen=True)
class Item:
    """A product as the supplier knows it; money in cents, ``None`` where it names no price."""

    number: str
    name: str
    description: str
    brand: str
    part: str
    ean: str
    kind: _Kind
    cents: int | None
    cost_cents: int
    stock: int
    colour: str
    material: str
    pieces: int

    def cells(self) -> list[str]:
        """Its row, under ``HEADER``."""
        kind = self.kind
        return [
            self.number,
            self.name,
            self.description,
            self.brand,
            self.part,
            self.ean,
            kind.category,
            "" if self.cents is None else _amount(self.cents),
            _amount(self.cost_cents),
            str(self.stock),
            str(kind.weight_g * self.pieces),
            f"https://images.office-supplier.example/{self.number.lower()}.jpg",
            self.colour,
            self.material,
            str(self.pieces),
            '["' + '", "'.join(kind.uses) + '"]',
        ]


def write_feed(path: Path, *, edition: int = 1, products: int = 3_000) -> None:
    """Write the supplier's price list as CSV.

    Edition 2 is the same list later: most of it unchanged, some prices a little higher, a few far too high or gone, one
    product in twenty-five missing, and some new ones.
    """
    rng = random.Random(_SEED)  # noqa: S311  # a sample, not a secret
    items = [item_of(rng, number) for number in range(1, products + 1)]
    if edition > 1:
        items = list(_later(items, random.Random(_SEED + edition)))  # noqa: S311  # as above
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    dirt = random.Random(_SEED)  # noqa: S311  # as above
    for cells in _soiled(items, dirt):
        writer.writerow(cells)
    path.write_bytes(text.getvalue().encode(ENCODING, "xmlcharrefreplace"))


def item_of(rng: random.Random, number: int) -> Item:
    """A product out of the dice; the same dice give the same one."""
    kind = rng.choice(_KINDS)
    brand, series, colour = rng.choice(_BRANDS), rng.choice(_SERIES), rng.choice(_COLOURS)
    pieces = rng.choice((1, 1, 1, 2, 5, 10, 12)) if kind.cents < 2_000 else 1
    cents = max(45, kind.cents * pieces * rng.randint(70, 160) // 100)
    material = rng.choice(kind.materials)
    name = f"{brand} {series} {kind.name}, {colour}" + (f", {pieces} pcs" if pieces > 1 else "")
    use = " and ".join(kind.uses)
    return Item(
        number=f"OF-{number:05}",
        name=name,
        description=f"<p>{kind.name} of the <b>{series}</b> line in {colour.lower()}.</p><p>For {use}.</p>",
        brand=brand,
        part=f"{series[:2].upper()}{number:04}-{colour[:2].upper()}",
        ean=_with_check_digit(f"40{number:010}"),
        kind=kind,
        cents=cents,
        cost_cents=cents * rng.randint(48, 72) // 100,
        stock=rng.choice((0, 3, 12, 40, 150, 800)),
        colour=colour,
        material=material,
        pieces=pieces,
    )


def _later(items: list[Item], rng: random.Random) -> Iterator[Item]:
    for place, item in enumerate(items):
        draw = rng.random()
        if draw < 0.04:
            continue
        if draw < 0.10 and item.cents:
            yield replace(item, cents=item.cents * 103 // 100)
        elif draw < 0.105 and item.cents:
            # The decimal comma slipped: what guards are for.
            yield replace(item, cents=item.cents * 10)
        elif draw < 0.107:
            yield replace(item, cents=None)
        elif draw < 0.109 and item.cents:
            yield replace(item, cost_cents=item.cents * 115 // 100)
        elif draw < 0.2:
            yield replace(item, stock=rng.choice((3, 12, 40, 150, 800)))
        else:
            yield item
        if place % 75 == 74:
            yield item_of(rng, 90_000 + place)


def _soiled(items: list[Item], rng: random.Random) -> Iterator[list[str]]:
    """The rows with dirt in them. What is soiled depends on the item's number, so that both editions agree."""
    for item in items:
        number = int(item.number[3:])
        cells = item.cells()
        _soil(cells, number)
        if number % 97 == 0:
            # An older row of the same item comes first: the last one counts.
            yield [cells[0], f"{cells[1]} (old)", *cells[2:]]
        yield cells[:10] if number % 211 == 0 else cells
        if number % 400 == 0:
            yield [*cells[:2], "a semicolon", "too many", *cells[2:]]
        if number % 500 == 0:
            yield ["", rng.choice(("Subtotal", "see page 12")), *cells[2:]]


def _soil(cells: list[str], number: int) -> None:
    if number % 23 == 0:
        cells[1] = cells[1].replace("&", "&amp;").replace(",", " &quot;", 1) + "&quot;"
    if number % 61 == 0:
        cells[1] = _FORMULAS[number % len(_FORMULAS)] + " " + cells[1]
    if number % 37 == 0:
        cells[2] += '<script>alert("sale")</script><a href="javascript:buy()" onclick="buy()">Buy</a>'
    if number % 29 == 0:
        cells[2] = cells[2].replace("</p><p>", "\n")
    if number % 41 == 0:
        cells[5] = _WRONG_CODES[number % len(_WRONG_CODES)]
    elif number % 19 == 0:
        # A spreadsheet took the bar code for a number: these are UPCs whose zeros in front are gone.
        cells[5] = _with_check_digit(f"0036{number:08}").lstrip("0")
    if number % 53 == 0:
        cells[7] = f"€ {cells[7]}" if cells[7] else ""


def _amount(cents: int) -> str:
    """1234567 → 12.345,67."""
    return f"{Decimal(cents) / 100:,.2f}".translate(str.maketrans(",.", ".,"))


def _with_check_digit(twelve: str) -> str:
    """EAN-13 from twelve digits (GS1 General Specifications, section 7.9: weights 1 and 3 from the left)."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return f"{twelve}{-total % 10}"
