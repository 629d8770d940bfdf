"""From a target's name to the small function that puts a cell there. Made once per plan, run once per cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from mercat.connectors.table import cells
from mercat.connectors.table.cells import Amounts, Cell, Convert, Memo
from mercat.connectors.table.drafts import Draft
from mercat.connectors.table.fields import COUNTS, FLAGS, LENGTHS, LINES, MONEY, TEXTS
from mercat.connectors.table.settings import Rule
from mercat.connectors.table.transforms import convert_unit, measure, unit_name
from mercat.sdk.values import gtin, gtin14, safe_html, slug

Apply = Callable[[Draft, Cell], None]
ValueSlot = tuple[int, str, Convert]

_LIST_MARKS = (";", "|", "\n")
_TAG_MARKS = (";", "|", ",", "\n")
_UNITS_OF_WEIGHT = {"mg": "g", "t": "kg"}


@dataclass
class Slots:
    """Where each cell goes: plain values by record, and what needs the whole draft."""

    product: list[ValueSlot] = field(default_factory=list)
    variant: list[ValueSlot] = field(default_factory=list)
    offer: list[ValueSlot] = field(default_factory=list)
    special: list[tuple[int, Apply]] = field(default_factory=list)
    metafields: list[tuple[int, str, str, Callable[[Cell], Any]]] = field(default_factory=list)
    amounts: list[tuple[int, Amounts]] = field(default_factory=list)
    takes_lists: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Reading:
    """How cells are to be read, unless a rule says otherwise. ``keyed``: cells may be lists."""

    decimal_comma: bool | None
    list_separator: str | None
    keyed: bool = False

    def marks(self, rule: Rule, usual: tuple[str, ...]) -> tuple[str, ...]:
        """The separators of a list in a cell."""
        told = rule.separator if rule.part is None and rule.separator else self.list_separator
        return (told,) if told else usual

    def comma(self, rule: Rule) -> bool | None:
        """Whether the decimal mark is a comma, if anybody said."""
        return self.decimal_comma if rule.decimal_comma is None else rule.decimal_comma


def add_slot(slots: Slots, index: int, target: str, rule: Rule, *, reading: Reading, steps: Convert | None) -> None:
    """Let the cell at ``index`` go to ``target``, through ``steps`` first where there are some."""
    comma = reading.comma(rule)
    if target.startswith("metafield:"):
        kind = rule.type or "single_line_text_field"
        marks = reading.marks(rule, _LIST_MARKS)
        convert: Callable[..., Any] = cells.metafield(kind, decimal_comma=comma, separators=marks)
        if not (reading.keyed or kind.startswith("list.")):
            # Attributes repeat themselves (colours, materials); what is remembered is immutable except for JSON.
            convert = Memo(convert).__getitem__ if kind not in cells.JSON_KINDS else convert
        slots.metafields.append((index, target.removeprefix("metafield:"), kind, _after(steps, convert)))
        slots.takes_lists.add(index)
    elif target in LINES or target in TEXTS or target in ("description", "category"):
        slots.product.append((index, target, _after(steps, _text_converter(target, rule, keyed=reading.keyed))))
        if target == "category":
            slots.takes_lists.add(index)
    elif target in COUNTS:
        slots.offer.append((index, COUNTS[target], _after(steps, Memo(cells.count(decimal_comma=comma)).__getitem__)))
    elif target in _VARIANT:
        slots.variant.append((index, target, _after(steps, _VARIANT[target]())))
    elif target in MONEY or target == "cost":
        amounts = Amounts(decimal_comma=comma)
        slots.variant.append((index, MONEY.get(target, "cost_price"), _after(steps, amounts.__getitem__)))
        if steps is None:
            slots.amounts.append((index, amounts))
    else:
        apply, takes_lists = _special(target, rule, reading)
        slots.special.append((index, apply if steps is None else _apply_after(steps, apply)))
        if takes_lists:
            slots.takes_lists.add(index)


_VARIANT: dict[str, Callable[[], Convert]] = {
    "sku": lambda: cells.line,
    "hs_code": lambda: cells.line,
    "currency": lambda: Memo(cells.currency).__getitem__,
    "weight_unit": lambda: Memo(cells.unit_of_weight).__getitem__,
    "country_of_origin": lambda: Memo(cells.country).__getitem__,
    "dimension_unit": lambda: Memo(lambda cell: unit_name(cell) or cells.line(cell)).__getitem__,
}


def _text_converter(target: str, rule: Rule, *, keyed: bool) -> Convert:
    if target == "description":
        return html_of
    if target == "handle":
        return lambda cell: slug(cell) or cells.line(cell)
    if target == "category":
        separator = rule.separator if rule.part is None else None
        remembered = Memo(partial(cells.category, separator=separator))
        if not keyed:
            return remembered.__getitem__

        def category(cell: Cell) -> str | None:
            return remembered[cell] if isinstance(cell, str) else cells.category(cell, separator)

        return category
    if target in ("brand", "manufacturer", "product_type"):
        return Memo(cells.line).__getitem__
    return cells.text if target in TEXTS else cells.line


def html_of(cell: str) -> str | None:
    """Safe HTML; ``None`` where nothing is left."""
    # The commonest case without a further call: text that carries neither markup nor entities.
    if "<" not in cell and "&" not in cell and cell.isascii() and cell.isprintable():
        return cell.strip() or None
    return safe_html(cell) or None


def _after(steps: Convert | None, convert: Callable[..., Any]) -> Callable[..., Any]:
    if steps is None:
        return convert

    def run(cell: Cell) -> Any:
        changed = steps(cell) if isinstance(cell, str) else [steps(part) for part in cell]
        return convert(changed) if changed else None

    return run


def _apply_after(steps: Convert, apply: Apply) -> Apply:
    return lambda draft, cell: apply(draft, steps(cell) if isinstance(cell, str) else [steps(part) for part in cell])


def _special(target: str, rule: Rule, reading: Reading) -> tuple[Apply, bool]:
    """(what to do with the cell, whether it may be a list)."""
    name, _, rest = target.partition(":")
    if name == "identifier":
        return _identifier(rest, reading.marks(rule, _LIST_MARKS)), True
    if name == "option":
        return _option(rest), False
    if name.startswith("category."):
        return _level(int(name[-1])), False
    if name.startswith("option"):
        return _numbered_option(name[6], is_name=name.endswith("_name")), False
    if name in FLAGS:
        return _into_variant(name, cells.flag), False
    if name == "weight":
        return Weight(rule, comma=reading.comma(rule)), False
    if name in LENGTHS:
        return _length(name, rule, comma=reading.comma(rule)), False
    if name == "tags":
        return _tags(reading.marks(rule, _TAG_MARKS)), True
    return _BY_NAME[name]


def _identifier(scheme: str, marks: tuple[str, ...]) -> Apply:
    def apply(draft: Draft, cell: Cell) -> None:
        # An empty cell says that there is no such code.
        draft.identify(scheme, cells.many(cell, marks) if cell else [])

    return apply


def _option(name: str) -> Apply:
    def apply(draft: Draft, cell: Cell) -> None:
        value = cells.line(cells.one(cell))
        if value:
            draft.options = {**(draft.options or {}), name: value}

    return apply


def _numbered_option(number: str, *, is_name: bool) -> Apply:
    def apply(draft: Draft, cell: Cell) -> None:
        value = cells.line(cells.one(cell))
        if value and is_name:
            draft.option_names = {**(draft.option_names or {}), number: value}
        elif value:
            draft.option_values = {**(draft.option_values or {}), number: value}

    return apply


def _level(number: int) -> Apply:
    remembered = Memo(lambda cell: " > ".join(filter(None, [cells.category([cell], None)])))

    def apply(draft: Draft, cell: Cell) -> None:
        if draft.levels is None:
            draft.levels = {}
        level = remembered[cells.one(cell)]
        if level:
            draft.levels[number] = level

    return apply


def _into_variant(attribute: str, convert: Convert) -> Apply:
    def apply(draft: Draft, cell: Cell) -> None:
        if cell:
            draft.variant[attribute] = convert(cells.one(cell))

    return apply


class Weight:
    """A weight with the unit that it is written with, or that is said for the column; ``read`` has each cell's pair."""

    def __init__(self, rule: Rule, *, comma: bool | None) -> None:
        self._told = unit_name(rule.convert_to or rule.unit or "")
        self._comma = comma
        self.read = Memo(self._read)

    def _read(self, cell: str) -> tuple[str | None, str | None]:
        number, written = measure(cell, decimal_comma=self._comma)
        unit = written or self._told
        if number is not None and unit in _UNITS_OF_WEIGHT:
            number, unit = convert_unit(number, unit=unit, to=_UNITS_OF_WEIGHT[unit]), _UNITS_OF_WEIGHT[unit]
        _refuse_below_zero(number)
        return number, unit

    def __call__(self, draft: Draft, cell: Cell) -> None:
        """Put the weight into a draft."""
        draft.variant["weight"], unit = self.read[cell if type(cell) is str else cells.one(cell)]
        # A unit written in the cell or said for the column is the number's own; a column of units may be for display.
        if unit is not None:
            draft.variant["weight_unit"] = unit


def _length(name: str, rule: Rule, *, comma: bool | None) -> Apply:
    told = unit_name(rule.convert_to or rule.unit or "")
    remembered = Memo(partial(measure, decimal_comma=comma))

    def apply(draft: Draft, cell: Cell) -> None:
        number, written = remembered[cells.one(cell)]
        _refuse_below_zero(number)
        unit, stated = written or told, draft.variant.get("dimension_unit")
        # One unit holds for all three sides: the first one written.
        if number is not None and unit is not None and stated not in (None, unit):
            number = convert_unit(number, unit=unit, to=stated)
        elif unit is not None:
            draft.variant["dimension_unit"] = unit
        draft.variant[name] = number

    return apply


def _refuse_below_zero(number: str | None) -> None:
    if number is not None and number[0] == "-":
        raise ValueError(f"{number} is below zero")


def _tags(marks: tuple[str, ...]) -> Apply:
    def apply(draft: Draft, cell: Cell) -> None:
        known = draft.product.setdefault("tags", [])
        known.extend(tag for tag in cells.many(cell, marks) if tag not in known)

    return apply


def _status(draft: Draft, cell: Cell) -> None:
    if cell:
        draft.product["status"] = cells.status(cells.one(cell))


def _image(draft: Draft, cell: Cell) -> None:
    if draft.images is None:
        draft.images = []
    if cell:
        draft.images.extend(cells.image_urls(cell))


def _alt_text(draft: Draft, cell: Cell) -> None:
    draft.alt_text = cells.line(cells.one(cell)) or draft.alt_text


def put_barcode(draft: Draft, cell: Cell) -> None:
    """Put the first good GTIN of a cell into a draft as its barcode, further ones beside it."""
    if isinstance(cell, str) and cell.isdigit():
        value, warning = gtin(cell)
        if warning is not None:
            draft.warnings.append(warning)
        if value is not None:
            if "barcode" in draft.variant:
                _add_gtin(draft, value)
            else:
                draft.variant["barcode"] = value
        return
    codes = [cell] if isinstance(cell, str) else cell
    if isinstance(cell, str) and any(mark in cell for mark in ",;|\n"):
        codes = cells.many(cell.replace(",", ";"), _LIST_MARKS)
    for code in codes:
        value, warning = gtin(code)
        if warning is not None:
            draft.warnings.append(warning)
        if value is not None:
            _add_gtin(draft, value)
    if not any(codes):
        draft.variant.setdefault("barcode", None)


def _add_gtin(draft: Draft, value: str) -> None:
    first = draft.variant.get("barcode")
    if first is None:
        draft.variant["barcode"] = value
    elif gtin14(first) != gtin14(value):
        draft.identify("gtin", [value])


_BY_NAME: dict[str, tuple[Apply, bool]] = {
    "barcode": (put_barcode, True),
    "status": (_status, False),
    "image_url": (_image, True),
    "image_alt": (_alt_text, False),
    "inventory_policy": (_into_variant("inventory_policy", cells.policy), False),
}
