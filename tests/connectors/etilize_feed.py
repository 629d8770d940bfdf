"""Makes Etilize deliveries: deterministic from a seed, in both layouts, of any size, with the dirt of real ones."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

FIXED = (
    "Handle,Title,URL handle,Description,Vendor,Type,Tags,Published,Status,SKU,Barcode,Option1 Name,Option1 Value,Charge tax,"
    "Continue selling when out of stock,Weight value (grams),Weight unit for display,Requires shipping,Fulfillment service,"
    "Product image URL,Image position,Image alt text,Gift Card,SEO Title,SEO Description,"
    "Google Shopping / Google Product Category,Google Shopping / Gender,Google Shopping / Age Group,Google Shopping / MPN,"
    "Google Shopping / AdWords Grouping,Google Shopping / AdWords Labels,Google Shopping / Condition,"
    "Google Shopping / Custom Product,Google Shopping / Custom Label 0,Google Shopping / Custom Label 1,"
    "Google Shopping / Custom Label 2,Google Shopping / Custom Label 3,Google Shopping / Custom Label 4,metafield_json"
).split(",")
CODES = ("CWS_A", "CWS_Catalog", "SPRC")
_BRANDS = ("Ampad", "Avery", "Brother", "Fellowes", "Pilot®", "Société Bic", "Stülken & Söhne")
_TYPES = ("Binders", "Labels", "Toner Cartridges", "Pens", "Desk Lamps")
_COLOURS = ("Black", "Blue", "Red", "Crème", "Assorted; Bright")


def attribute(label: str) -> str:
    """The heading of an attribute column."""
    return f"Metafield: custom.{label}[list.single_line_text]"


def flat_header(attributes: int = 20) -> list[str]:
    """The 39 fixed columns, the cross-references, and so many attributes."""
    labels = ["Color", "Product Type", *(f"Specification {number}" for number in range(3, attributes + 1))]
    return [*FIXED, *map(attribute, CODES), *map(attribute, labels[:attributes])]


def flat_row(header: Sequence[str], **cells: str) -> list[str]:
    """One row; cells by heading, where ``_`` stands for a blank."""
    named = {name.replace("_", " ") if name.replace("_", " ") in header else name: cell for name, cell in cells.items()}
    assert set(named) <= set(header), set(named) - set(header)
    return [named.get(heading, "") for heading in header]


def flat_rows(products: int, attributes: int = 20, seed: int = 1) -> Iterator[list[str]]:
    """Header and rows of an ordinary delivery: sparse attributes, image rows after their product, sometimes before."""
    chance = random.Random(seed)
    header = flat_header(attributes)
    yield header
    first_attribute = len(FIXED) + len(CODES)
    for number in range(1, products + 1):
        handle = f"product-{number}"
        image = f"https://content.etilize.com/{{}}/{1000000 + number}.jpg?noimage=logo"
        row = flat_row(
            header,
            **{
                "Title": f"{chance.choice(_BRANDS)} {chance.choice(_TYPES)} {number}",
                "URL handle": handle,
                "Description": f"<p>Item {number} &amp;amp; more</p>",
                "Vendor": chance.choice(_BRANDS),
                "Type": chance.choice(_TYPES),
                "Published": "TRUE",
                "SKU": f"0{number:05d}-{chance.randrange(10)}",
                "Barcode": upc(number),
                "Charge tax": "TRUE",
                "Continue selling when out of stock": "continue",
                "Weight value (grams)": str(chance.randrange(5, 5000)),
                "Weight unit for display": "kg",
                "Product image URL": image.format("Original"),
                "Image position": "1",
                attribute("CWS_A"): f"aaa-{number}",
                attribute("SPRC"): f"S{number};T-{number}",
                attribute("Color"): chance.choice(_COLOURS),
            },
        )
        for _ in range(min(attributes - 2, 12) if attributes > 2 else 0):
            row[first_attribute + chance.randrange(2, attributes)] = chance.choice(("Yes", '12"', "A; B", "Über 5 kg"))
        extra = flat_row(
            header, **{"URL handle": handle, "Product image URL": image.format("Front"), "Image position": "2"}
        )
        yield from (extra, row) if chance.random() < 0.1 else (row, extra)


def upc(number: int) -> str:
    """A UPC-A with a right check digit."""
    digits = f"0{number:010d}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


def as_csv(rows: Iterable[Sequence[object]], encoding: str = "cp1252", newline: str = "\r\n") -> bytes:
    """CSV bytes as Etilize writes them."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=newline).writerows(rows)
    return text.getvalue().encode(encoding)


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip of these members."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def write_flat(path: Path, products: int, attributes: int, seed: int = 1) -> None:
    """A large delivery straight to a zip, without holding it."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("export.csv", "w", force_zip64=True) as member,
        io.TextIOWrapper(member, "cp1252", newline="") as text,
    ):
        csv.writer(text).writerows(flat_rows(products, attributes, seed))


class RelationalSet:
    """The tables of a relational delivery, to be changed by a test before they are packed."""

    def __init__(self, products: int = 3, seed: int = 1, locale: str = "EN_US") -> None:
        chance = random.Random(seed)
        self.locale = locale
        self.tables: dict[str, list[list[object]]] = {
            "G_category": [[1, 0, 1, 1, 0, 1], [2, 1, 1, 1, 1, 1], [3, 2, 1, 1, 2, 1]],
            "G_categoryheader": [[35, 3, 1, 0, 1, ""], [36, 3, 1, 0, 2, ""]],
            "G_categorydisplayattributes": [
                *([36, 3, 12, 1, 0, 1, ""], [35, 3, 11, 1, 0, 2, ""], [35, 3, 10, 1, 0, 1, ""]),
            ],
            "G_manufacturer": [[7, "Acme, Inc.", "1 Road"], [8, "Société Générale d'Encre"]],
            "G_units": [[50, "g", 51, "0.001"], [51, "kg", 51, "1"]],
            f"{locale}_attributenames": [[10, "Brand Name", 1], [11, "Color", 1], [12, "Weight", 1]],
            f"{locale}_categorynames": [[1, "Office", 1], [2, "Paper & Pads", 1], [3, "Notebooks", 1]],
            f"{locale}_headernames": [[35, "General Information", 1], [36, "Physical Characteristics", 1]],
            f"{locale}_locales": [[1, 1, "EN", "US", "English US"], [2, 1, "FR", "CA", "French Canada"]],
            f"{locale}_unitnames": [[50, "gram", 1], [51, "kilogram", 1]],
            f"{locale}_B_product": [],
            f"{locale}_B_productattributes": [],
            f"{locale}_B_productdescriptions": [],
            f"{locale}_B_productimages": [],
            f"{locale}_B_productkeywords": [],
            f"{locale}_B_productlocales": [],
            f"{locale}_D_productattributes": [],
            f"{locale}_A_productaccessories": [],
            f"{locale}_F_productfeaturebullets": [],
            f"{locale}_SKU_UPC_productskus": [],
            f"{locale}_SKU_CWS_A_productskus": [],
        }
        for number in range(1, products + 1):
            self.add(1000 + number, chance)

    def add(self, product: int, chance: random.Random) -> None:
        """One ordinary product."""
        colour = chance.choice(_COLOURS)
        self["B_product"].append([product, 7, 1, f"MP-{product}", 3, 0, 1.0, "2026-01-01", "2026-02-01"])
        self["B_productattributes"] += [
            [product, 10, 3, "Acme", 0, 0, 0, 1, 1],
            [product, 11, 3, colour, 0, 0, 0, 1, 1],
        ]
        self["D_productattributes"].append([product, 12, 3, "250 g", 250, 50, 1, 1, 1])
        self["B_productdescriptions"] += [
            [product, f"Acme Notebook {product}", 1, 2, 1],
            [product, f"<p>Long &amp;amp; good {product}</p>", 1, 3, 1],
            [product, f"Notebook {product}", 1, 1, 1],
        ]
        self["B_productimages"] += [
            [product, "225", "Published"],
            [product, "Original", "Published"],
            [product, "Front", "Series Published"],
        ]
        self["B_productkeywords"].append([product, "paper, notebook", 1])
        self["B_productlocales"].append([product, 1, 1, ""])
        self["F_productfeaturebullets"] += [[product, 1, 2, "Second", ""], [product, 1, 1, "First <b>", ""]]
        self["SKU_UPC_productskus"].append([product, "UPC", upc(product), 1, "2026-01-01", ""])
        self["SKU_CWS_A_productskus"].append([product, "CWS_A", f"ab-{product}", 1, "2026-01-01", ""])

    def __getitem__(self, name: str) -> list[list[object]]:
        found = self.tables.get(name)
        return self.tables[f"{self.locale}_{name}"] if found is None else found

    def __setitem__(self, name: str, rows: list[list[object]]) -> None:
        self.tables[name if name in self.tables else f"{self.locale}_{name}"] = rows

    def members(self, encoding: str = "cp1252") -> dict[str, bytes]:
        """Every table that has rows as a header-less CSV file."""
        return {f"{name}.csv": as_csv(rows, encoding) for name, rows in self.tables.items() if rows}

    def packed(self) -> bytes:
        """As delivered: a zip per set within one zip."""
        inner: dict[str, dict[str, bytes]] = {}
        for name, content in self.members().items():
            part = next((part for part in ("_SKU_", "_D_", "_A_", "_F_") if part in name), "_basic_").strip("_").lower()
            inner.setdefault(f"{part}/{part}_{self.locale}_current_csv.zip", {})[name] = content
        return zipped({name: zipped(members) for name, members in inner.items()})
