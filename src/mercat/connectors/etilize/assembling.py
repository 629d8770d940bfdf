"""The relational set, joined: one plain document per product, in the order of product ids.

Every table is read once, sorted by product, in step with the product table; nothing is held but the product at hand.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from mercat.connectors.etilize.settings import EtilizeSettings

_GONE = "('0', 'false', 'False', 'FALSE', 'f', 'N', 'n')"
_NO_DATE = "('', '0000-00-00', '0000-00-00 00:00:00', 'NULL', '\\N')"
_CATEGORIES = 2048

# What belongs to a product, in the order in which it is shown. `here` is 1 for rows of our locale or of none.
_DETAILS = {
    "attributes": """
        SELECT a.productid, a.attributeid, a.displayvalue, a.absolutevalue, a.isabsolute, a.unitid,
          (SELECT name FROM attributenames n WHERE n.attributeid = a.attributeid ORDER BY n.localeid IS NOT :here, n.localeid LIMIT 1),
          (SELECT n.localeid IS :here FROM attributenames n WHERE n.attributeid = a.attributeid ORDER BY n.localeid IS NOT :here LIMIT 1)
        FROM productattributes a WHERE a.isactive NOT IN {gone} AND a.localeid IN ('', :here) ORDER BY a.productid, a.rowid""",
    "texts": """
        SELECT productid, CAST(type AS INTEGER), description, isdefault, localeid IN ('', :here)
        FROM productdescriptions ORDER BY productid, localeid NOT IN ('', :here), isdefault IN {gone}, rowid""",
    "bullets": """
        SELECT productid, bullettext FROM productfeaturebullets
        WHERE localeid IN ('', :here) ORDER BY productid, CAST(sequenceno AS INTEGER), rowid""",
    "images": "SELECT productid, type, status FROM productimages ORDER BY productid, rowid",
    "keywords": "SELECT productid, keywords FROM productkeywords WHERE localeid IN ('', :here) ORDER BY productid, rowid",
    "locales": "SELECT productid, isactive NOT IN {gone}, localeid IN ('', :here) FROM productlocales ORDER BY productid",
    "skus": """
        SELECT productid, CASE WHEN name IN ('', 'NULL') THEN part ELSE name END, sku, discontinueddate NOT IN {no_date}
        FROM productskus WHERE localeid IN ('', :here) ORDER BY productid, rowid""",
    "accessories": """
        SELECT productid, relatedid FROM productaccessories WHERE isactive NOT IN {gone}
        ORDER BY productid, ispreferred IN {gone}, rowid""",
    "similar": "SELECT productid, relatedid FROM productsimilar WHERE localeid IN ('', :here) ORDER BY productid, rowid",
    "upsell": "SELECT productid, relatedid FROM productupsell WHERE localeid IN ('', :here) ORDER BY productid, rowid",
}
_PRODUCTS = """
    SELECT p.productid, p.line, p.isactive NOT IN {gone}, p.mfgpartno, p.categoryid,
      (SELECT name FROM manufacturer m WHERE m.manufacturerid = p.manufacturerid LIMIT 1)
    FROM product p ORDER BY p.productid, p.rowid"""


class Document(NamedTuple):
    """One product with all that belongs to it. ``line`` is where its row stands in the product table."""

    productid: int
    line: int
    raw: dict[str, Any]


class _Details:
    """One sorted table, read in step with the products."""

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self._groups = groupby(rows, key=lambda row: row[0])
        self._next = next(self._groups, None)

    def of(self, productid: int) -> list[list[Any]]:
        """The rows of this product; those of products that do not exist are passed over (they are reported apart)."""
        while self._next is not None and self._next[0] < productid:
            self._next = next(self._groups, None)
        if self._next is None or self._next[0] != productid:
            return []
        found = [list(row[1:]) for row in self._next[1]]
        self._next = next(self._groups, None)
        return found


def documents(database: sqlite3.Connection, settings: EtilizeSettings) -> Iterator[Document]:
    """Every row of the product table with its details."""
    here = locale_id(database, settings.locale)
    details = {
        name: _Details(database.cursor().execute(_filled(query), {"here": here} if ":here" in query else {}))
        for name, query in _DETAILS.items()
    }
    categories = Categories(database, here)
    # Without a table of pictures nothing is known of them; that is not the same as having none.
    has_images = database.execute("SELECT 1 FROM productimages LIMIT 1").fetchone() is not None
    products = database.cursor().execute(_filled(_PRODUCTS))
    for productid, rows in groupby(products, key=lambda row: row[0]):
        belonging = {name: one.of(productid) for name, one in details.items()}
        for _, line, is_active, part_number, categoryid, manufacturer in rows:
            raw = {
                "id": str(productid),
                "active": bool(is_active),
                "part_number": part_number,
                "manufacturer": manufacturer or "",
                "category": categories.path(categoryid),
                "sheet": [list(entry) for entry in categories.sheet(categoryid)],
                "units": {unit: categories.unit(unit) for unit in sorted({row[4] for row in belonging["attributes"]})},
                **belonging,
                "images": belonging["images"] if has_images else None,
            }
            yield Document(productid, line, raw)


def locale_id(database: sqlite3.Connection, locale: str) -> str:
    """Etilize's number of a locale; 1 is EN_US and stands in where the set has no table of locales."""
    language, country = locale.split("_")
    query = "SELECT localeid FROM locales WHERE upper(languagecode) = ? AND upper(countrycode) = ?"
    found = database.execute(query, (language, country)).fetchone()
    return str(found[0]) if found else "1"


def _filled(query: str) -> str:
    return query.replace("{gone}", _GONE).replace("{no_date}", _NO_DATE)


class Categories:
    """Names and spec-sheet templates of categories, looked up as products need them."""

    def __init__(self, database: sqlite3.Connection, here: str) -> None:
        self._database = database
        self._here = here
        # Bound methods with a cache each: products of one category come in any order, categories are few.
        self.path = lru_cache(_CATEGORIES)(self._path)
        self.sheet = lru_cache(_CATEGORIES)(self._sheet)
        self.unit = lru_cache(_CATEGORIES)(self._unit)

    def _path(self, categoryid: Any) -> str | None:
        names: list[str] = []
        seen: set[str] = set()
        current = str(categoryid)
        while current not in seen and current not in {"", "0", "NULL", "\\N"}:
            seen.add(current)
            name = self._name("categorynames", "categoryid", current)
            if name:
                names.append(name)
            parent = self._database.execute(
                "SELECT parentcategoryid FROM category WHERE categoryid = ?", (current,)
            ).fetchone()
            current = str(parent[0]) if parent else ""
        return " > ".join(reversed(names)) or None

    def _sheet(self, categoryid: Any) -> tuple[tuple[str, int], ...]:
        """The spec sheet's template: header name and attribute, in the order in which they are shown."""
        query = f"""
            SELECT d.headerid, d.attributeid FROM categorydisplayattributes d
            LEFT JOIN categoryheader h ON h.headerid = d.headerid AND h.categoryid = d.categoryid
            WHERE d.categoryid = ? AND d.isactive NOT IN {_GONE} AND coalesce(h.isactive, '') NOT IN {_GONE}
            ORDER BY CAST(coalesce(nullif(h.displayorder, ''), h.defaultdisplayorder) AS INTEGER), d.headerid,
              CAST(coalesce(nullif(d.displayorder, ''), d.defaultdisplayorder) AS INTEGER), d.rowid"""  # noqa: S608 -- constants
        found = self._database.execute(query, (categoryid,)).fetchall()
        return tuple((self._name("headernames", "headerid", header) or "", attribute) for header, attribute in found)

    def _unit(self, unitid: Any) -> list[str]:
        """The base unit's name and what one unit is of it; empty where the unit is unknown."""
        found = self._database.execute(
            "SELECT baseunitid, multiple, name FROM units WHERE unitid = ?", (unitid,)
        ).fetchone()
        if found is None:
            return []
        base = found[0] if str(found[0]) not in {"", "0", "NULL", "\\N"} else unitid
        own = self._database.execute("SELECT name FROM units WHERE unitid = ?", (base,)).fetchone()
        name = self._name("unitnames", "unitid", base) or (own[0] if own else "") or found[2]
        return [name, found[1] or "1"]

    def _name(self, table: str, column: str, identifier: Any) -> str | None:
        query = f"SELECT name FROM {table} WHERE {column} = ? ORDER BY localeid NOT IN ('', ?), localeid LIMIT 1"  # noqa: S608
        found = self._database.execute(query, (identifier, self._here)).fetchone()
        return found[0] if found else None
