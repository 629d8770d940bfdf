"""A file as it may come tomorrow: made from an export of what was read, for the demo on real files."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from mercat.core.errors import Invalid

_FACTOR = Decimal("1.8")
# One product in so many is changed, and one in so many is missing.
_CHANGED, _MISSING = 10, 40


class SecondVersion(NamedTuple):
    """What was done, in words, and one place where it was: a SKU and the field."""

    tale: str
    sku: str
    field: str


def write_second_version(exported: Path, target: Path) -> SecondVersion:
    """Write product documents in which some prices are 80 % higher, or, where there are no prices, names differ.

    Raises ``Invalid`` for an export without products.
    """
    if any(_raised(each) for each in _documents(exported)):
        change, field, tale = _raised, "price", "prices are 80 % higher"
        every = _CHANGED
    else:
        # Where nothing has a price, a third of the names: a mass renaming.
        change, field, tale = _renamed, "name", "names are different"
        every = 3
    changed = missing = total = eligible = 0
    sku = ""
    with target.open("wb") as out:
        for number, document in enumerate(_documents(exported), 1):
            total = number
            if number % _MISSING == 0:
                missing += 1
                continue
            altered = change(document)
            if altered is not None:
                eligible += 1
            if altered is None or eligible % every != 1:
                altered = document
            else:
                changed += 1
                sku = sku or _sku_of(altered, field)
            out.write(msgspec.json.encode(altered) + b"\n")
    if not changed:
        message = "there is no product to change in the export"
        raise Invalid(message)
    return SecondVersion(f"{changed:,} of {total:,} {tale}, and {missing:,} products are missing", sku, field)


def _sku_of(document: dict[str, Any], field: str) -> str:
    variants = document["variants"]
    return str(next((each for each in variants if each.get(field)), variants[0])["sku"])


def _documents(exported: Path) -> Iterator[dict[str, Any]]:
    with exported.open("rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line)


def _raised(document: dict[str, Any]) -> dict[str, Any] | None:
    """The document with every price 80 % higher, or ``None`` where it has none."""
    prices = [Decimal(each["price"]) for each in document["variants"] if each.get("price")]
    if not any(prices):
        return None
    variants = [
        {**each, "price": _plain(Decimal(each["price"]) * _FACTOR)} if each.get("price") else each
        for each in document["variants"]
    ]
    return {**document, "variants": variants}


def _renamed(document: dict[str, Any]) -> dict[str, Any] | None:
    return {**document, "name": f"{document['name'][:900]} (new)"}


def _plain(amount: Decimal) -> str:
    return format(amount.quantize(Decimal("0.0001")).normalize(), "f")
