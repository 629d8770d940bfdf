"""Many rows at once: what ``Plan.convert`` does to a row, done to columns, with the loops in C.

For plain tables whose columns say one value each. A batch that wants a warning anywhere (a number that nobody can read, a
code with a wrong check digit, half a row) is not converted here at all: row by row, each gets its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from msgspec import UNSET

from mercat.connectors.table import cells
from mercat.connectors.table.cells import Amounts, Convert
from mercat.connectors.table.drafts import AMOUNTS
from mercat.connectors.table.slots import Slots, ValueSlot, Weight, html_of, put_barcode
from mercat.sdk.records import OfferRecord, ProductRecord, Stated, VariantRecord
from mercat.sdk.values import are_ean13, are_plain_html, gtin

Column = Sequence[Any]
Columns = dict[str, Column]
# The cells of one column → its values; ``ValueError`` where a cell wants a closer look.
Over = Callable[[Sequence[str]], Column]
_BETWEEN = "\x1f"
_PLAIN_AMOUNTS = re.compile(rf"(?:(?:0|[1-9][0-9]{{0,30}})(?:\.[0-9]{{1,30}})?{_BETWEEN})*")
# NamedTuple's own constructor is a Python function; this one stays in C.
_stated: Callable[[tuple[ProductRecord, list[str]]], Stated] = partial(tuple.__new__, Stated)


class ByColumn:
    """A plan's slots as columns. ``currency`` is stated for amounts where a row says none itself."""

    def __init__(self, slots: Slots, currency: str | None) -> None:
        self._currency = currency
        self._product, self._variant, self._offer = map(_overs, (slots.product, slots.variant, slots.offer))
        self._weights = [(index, apply) for index, apply in slots.special if isinstance(apply, Weight)]
        self._barcodes = [index for index, apply in slots.special if apply is put_barcode]

    @staticmethod
    def fits(slots: Slots) -> bool:
        """Whether every column says a value of its own: no lists, no metafields, no two columns for one barcode."""
        kinds = [Weight if isinstance(apply, Weight) else apply for _, apply in slots.special]
        return not slots.metafields and {*kinds} <= {Weight, put_barcode} and len(kinds) == len({*kinds})

    def convert(self, rows: Sequence[Sequence[str | None]]) -> list[Stated] | None:
        """The rows as products of one variant; ``None`` where one of them has to be looked at by itself."""
        given = list(zip(*rows, strict=True))
        try:
            product, variant, offer = (_values(each, given) for each in (self._product, self._variant, self._offer))
            for index, weight in self._weights:
                _weigh(variant, list(map(weight.read.__getitem__, _whole(given[index]))))
            for index in self._barcodes:
                variant["barcode"] = _barcodes(_whole(given[index]))
        except ValueError:
            return None
        if "cost_price" in variant:
            offer["cost"] = variant["cost_price"]
        _state_currency(variant, offer, self._currency, len(rows))
        product["variants"] = [[each] for each in _records(VariantRecord, variant, len(rows))]
        if offer:
            product["offer"] = _records(OfferRecord, offer, len(rows))
        return [_stated((record, [])) for record in _records(ProductRecord, product, len(rows))]


def _overs(slots: Sequence[ValueSlot]) -> list[tuple[int, str, Over]]:
    return [(index, name, _over(convert)) for index, name, convert in slots]


def _over(convert: Convert) -> Over:
    """A cell's converter as a column's."""
    if convert is cells.line or convert is cells.text:
        return partial(_texts, convert, _are_plain)
    if convert is html_of:
        return partial(_texts, convert, are_plain_html)
    remembered = getattr(convert, "__self__", None)
    return partial(_amounts, remembered) if isinstance(remembered, Amounts) else partial(_each, convert)


def _values(slots: Sequence[tuple[int, str, Over]], given: Sequence[Column]) -> Columns:
    return {name: over(_whole(given[index])) for index, name, over in slots}


def _records(kind: type[Any], columns: Columns, count: int) -> Sequence[Any]:
    """Records of these fields. By position, which lets ``map`` make them in C."""
    fields = kind.__struct_fields__
    last = max((fields.index(name) for name in columns), default=-1)
    if last < 0:
        return [kind() for _ in range(count)]
    return list(map(kind, *(columns.get(name, (UNSET,) * count) for name in fields[: last + 1])))


def _whole(column: Column) -> Sequence[str]:
    if None in column:
        message = "a row ends before this column"
        raise ValueError(message)
    return column


def _each(convert: Convert, column: Sequence[str]) -> Column:
    if "" in column:
        return [convert(cell) if cell else None for cell in column]
    return list(map(convert, column))


def _texts(convert: Convert, are_plain: Callable[[Sequence[str]], bool], column: Sequence[str]) -> Column:
    if not are_plain(column):
        return _each(convert, column)
    texts = list(map(str.strip, column))
    return [text or None for text in texts] if "" in texts else texts


def _are_plain(column: Sequence[str]) -> bool:
    text = "|".join(column)
    return text.isascii() and text.isprintable() and "&" not in text and "  " not in text


def _amounts(amounts: Amounts, column: Sequence[str]) -> Column:
    given = list(filter(None, column)) if "" in column else column
    if amounts.decimal_comma is not True and _PLAIN_AMOUNTS.fullmatch(_BETWEEN.join([*given, ""])):
        # As ``sdk.values.decimal_text`` writes them: without the zeros at the end of a fraction.
        return [cell.rstrip("0").rstrip(".") if cell[-1:] == "0" and "." in cell else cell or None for cell in column]
    values = _each(amounts.__getitem__, column)
    if amounts.currencies:
        message = "an amount with a currency of its own"
        raise ValueError(message)
    return values


def _barcodes(column: Sequence[str]) -> Column:
    given = list(filter(None, column)) if "" in column else column
    if not are_ean13(given) and [(code, None) for code in given] != list(map(gtin, given)):
        message = "a code that is mended or left out"
        raise ValueError(message)
    return [code or None for code in column]


def _weigh(variant: Columns, read: Sequence[tuple[str | None, str | None]]) -> None:
    variant["weight"], units = zip(*read, strict=True)
    if any(units):
        if not all(units):
            message = "some weights say their unit, others do not"
            raise ValueError(message)
        # A unit written in the cell or said for the column is the number's own; a column of units may be for display.
        variant["weight_unit"] = units


def _state_currency(variant: Columns, offer: Columns, usual: str | None, count: int) -> None:
    """A currency where there is an amount and none is said, and the offer's where there is a cost, as ``Draft`` has it."""
    amounts = [variant[name] for name in AMOUNTS if name in variant]
    if usual is not None and amounts:
        said = variant.get("currency", (UNSET,) * count)
        variant["currency"] = [
            usual if own in (None, UNSET) and any(value is not None for value in row) else own
            for own, row in zip(said, zip(*amounts, strict=True), strict=True)
        ]
    if "cost" in offer and "currency" in variant:
        pairs = zip(offer["cost"], variant["currency"], strict=True)
        offer["currency"] = [UNSET if cost is None or own is None else own for cost, own in pairs]
