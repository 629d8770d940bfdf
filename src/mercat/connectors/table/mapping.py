"""A profile compiled against a file's columns: ``Plan.convert`` turns cells into a record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from mercat.connectors.table import cells as cell_values
from mercat.connectors.table.cells import Cell
from mercat.connectors.table.columns import ByColumn
from mercat.connectors.table.drafts import Draft
from mercat.connectors.table.flattening import cell_of, flatten
from mercat.connectors.table.metafields import dynamic_target
from mercat.connectors.table.settings import Rule, TableSettings
from mercat.connectors.table.slots import Reading, Slots, add_slot
from mercat.connectors.table.transforms import compile_steps
from mercat.sdk.errors import Unreadable
from mercat.sdk.records import Metafield, ProductRecord, Stated
from mercat.sdk.values import decimal_text, slug

_PLAIN = Rule()
_WHAT_MAKES_A_VARIANT = ("sku", "price", "barcode", "cost_price")
# NamedTuple's own constructor is a Python function; this one stays in C.
_stated: Callable[[tuple[ProductRecord, list[str]]], Stated] = partial(tuple.__new__, Stated)
Compute = Callable[[Sequence[Cell | None]], str | None]


class Plan:
    """Where each column of one file goes. ``columns`` are the names the plan was compiled against, in order."""

    def __init__(self, settings: TableSettings, columns: Sequence[str], *, place: str, keyed: bool) -> None:
        self.columns = list(columns)
        self.currency = settings.currency
        self.keyed = keyed
        self._places = {name: index for index, name in enumerate(self.columns)}
        self._where = place
        self._strict = settings.missing_columns == "refuse" and not keyed
        self._reading = Reading(settings.decimal_comma, settings.list_separator, keyed)
        self._slots = Slots()
        self._computed: list[Compute] = []
        self._labels = list(self.columns)
        self._add_columns(settings)
        self._add_fields(settings)
        self._dynamic: dict[str, str] | None = {} if keyed and settings.unplaced == "metafields" else None
        self._metafields = tuple(dict.fromkeys(name for _, name, _, _ in self._slots.metafields))
        self.keys = [self._place_of(name, "key") for name in _as_list(settings.key)]
        self.group = None if settings.group is None else self._place_of(settings.group, "group")
        is_plain = not (keyed or self._computed or self.group is not None) and ByColumn.fits(self._slots)
        self.by_column = ByColumn(self._slots, self.currency) if is_plain else None

    def _place_of(self, name: str, what: str) -> int:
        place = self._places.get(name)
        if place is None:
            known = ", ".join(map(repr, self.columns[:40]))
            raise Unreadable(
                f"{self._where}: the profile's `{what}` names the column {name!r}; the columns are {known}"
            )
        return place

    def _add_columns(self, settings: TableSettings) -> None:
        for name, rules in settings.columns.items():
            index = self._places.get(name)
            if index is None and not self._strict:
                continue
            index = self._place_of(name, "columns")
            for entry in rules if isinstance(rules, list) else [rules]:
                rule = entry if isinstance(entry, Rule) else _PLAIN
                self._add(index, entry if isinstance(entry, str) else rule.to or "ignore", rule)
        if settings.unplaced == "metafields" and not self.keyed:
            for index, name in enumerate(self.columns):
                if name not in settings.columns:
                    target, kind = dynamic_target(name)
                    self._add(index, f"metafield:{target}", Rule(type=kind))

    def _add_fields(self, settings: TableSettings) -> None:
        for target, rule in settings.fields.items():
            sources = [self._place_of(name, f"fields.{target}") for name in _as_list(rule.source)]
            self._computed.append(_join(sources, rule))
            self._labels.append(f"[fields] {target}")
            self._add(len(self._labels) - 1, target, rule)

    def _add(self, index: int, target: str, rule: Rule) -> None:
        if target not in ("ignore", "group"):
            steps = compile_steps(rule, decimal_comma=self._reading.decimal_comma)
            add_slot(self._slots, index, target, rule, reading=self._reading, steps=steps)

    def key_of(self, cells: Sequence[Cell | None]) -> str:
        """The supplier's code for the row, ``""`` if it has none. Several key columns are joined to a slug."""
        if len(self.keys) == 1:
            return cell_values.one(cells[self.keys[0]] or "").strip()
        parts = [cell_values.one(cells[index] or "").strip() for index in self.keys]
        return slug(" ".join(parts)) or " ".join(parts).strip()

    def cells_of(self, record: dict[str, Any]) -> tuple[list[Cell | None], dict[str, Any]]:
        """A keyed record as cells in the order of ``columns``, and what no column has taken."""
        flat = flatten(record)
        taken: list[Cell | None] = []
        for index, name in enumerate(self.columns):
            if name not in flat:
                taken.append(None)
                continue
            cell = cell_of(flat.pop(name))
            taken.append(cell_values.one(cell) if cell and index not in self._slots.takes_lists else cell)
        return taken, flat

    def convert(self, cells: Sequence[Cell | None], rest: dict[str, Any] | None = None) -> Stated:
        """The row as a product of one variant."""
        warnings: list[str] = []
        draft = Draft(warnings)
        self._fill(draft, cells)
        if rest and self._dynamic is not None:
            self._add_rest(draft, rest)
        record = draft.finish_product([draft.finish_variant(self.currency)])
        if self._metafields:
            self._state_empties(record, [draft])
        return _stated((record, warnings))

    def convert_group(self, rows: Sequence[tuple[Sequence[Cell | None], dict[str, Any] | None]]) -> Stated:
        """Rows of one product: the first says the product, each with a code or price of its own says a variant."""
        warnings: list[str] = []
        drafts = []
        for cells, rest in rows:
            draft = Draft(warnings)
            self._fill(draft, cells)
            if rest and self._dynamic is not None:
                self._add_rest(draft, rest)
            drafts.append(draft)
        first = drafts[0]
        for draft in drafts[1:]:
            _merge(first, draft)
        sold = [draft for draft in drafts if _is_variant(draft)]
        if len(sold) > 1 and sold[0] is first and not _is_sold(first) and any(map(_is_sold, sold)):
            # A parent: it has a code, but the price and the choices are its children's.
            del sold[0]
        variants = [draft.finish_variant(self.currency, first.option_names) for draft in sold]
        if sold and sold[0] is not first:
            first.variant, first.offer = sold[0].variant, sold[0].offer
        record = first.finish_product(variants or [first.finish_variant(self.currency)])
        if self._metafields:
            self._state_empties(record, drafts)
        return Stated(record, warnings)

    def _state_empties(self, record: ProductRecord, drafts: Sequence[Draft]) -> None:
        """Say which metafields the rows state, if only to be empty: not those whose cell is missing or unreadable."""
        unsaid = {name for draft in drafts for name in draft.unsaid}
        names = tuple(name for name in self._metafields if name not in unsaid) if unsaid else self._metafields
        if len(names) != len(record.metafields or ()):
            record.stated_metafields = names

    def _fill(self, draft: Draft, cells: Sequence[Cell | None]) -> None:
        if self._computed:
            cells = [*cells, *(compute(cells) for compute in self._computed)]
        slots = self._slots
        self._fill_values(draft, cells)
        for index, amounts in slots.amounts:
            if amounts.currencies:
                self._note_currency(draft, amounts.currencies.get(cell_values.one(cells[index] or "")), index)
        if "cost_price" in draft.variant:
            draft.offer["cost"] = draft.variant["cost_price"]
        for index, apply in slots.special:
            cell = cells[index]
            if cell is not None:
                try:
                    apply(draft, cell)
                except ValueError as error:
                    self._warn(draft.warnings, index, error)
        if slots.metafields:
            self._fill_metafields(draft, cells)

    def _fill_values(self, draft: Draft, cells: Sequence[Cell | None]) -> None:
        slots = self._slots
        for values, value_slots in (
            (draft.product, slots.product),
            (draft.variant, slots.variant),
            (draft.offer, slots.offer),
        ):
            for index, name, convert in value_slots:
                cell = cells[index]
                if cell:
                    try:
                        values[name] = convert(cell)  # type: ignore[arg-type]
                    except ValueError as error:
                        self._warn(draft.warnings, index, error)
                elif cell is not None:
                    values[name] = None

    def _note_currency(self, draft: Draft, written: str | None, index: int) -> None:
        """An amount that names its currency says the variant's, unless a column has said another."""
        stated = draft.variant.get("currency")
        if written is not None and stated is None:
            draft.variant["currency"] = written
        elif written is not None and stated != written:
            draft.warnings.append(
                f"column {self._labels[index]!r}: is in {written}, but the product's currency is {stated}"
            )

    def _fill_metafields(self, draft: Draft, cells: Sequence[Cell | None]) -> None:
        stated = draft.metafields = {}
        for index, name, kind, convert in self._slots.metafields:
            cell = cells[index]
            if cell:
                try:
                    value = convert(cell)
                except ValueError as error:
                    self._warn(draft.warnings, index, error)
                    draft.unsaid = (*draft.unsaid, name)
                    continue
                if value is not None:
                    stated[name] = Metafield(kind, value)
            elif cell is None:
                draft.unsaid = (*draft.unsaid, name)

    def _warn(self, warnings: list[str], index: int, error: ValueError) -> None:
        warnings.append(f"column {self._labels[index]!r}: {error}; left out")

    def _add_rest(self, draft: Draft, rest: dict[str, Any]) -> None:
        stated = draft.metafields = draft.metafields or {}
        names = self._dynamic if self._dynamic is not None else {}
        for path, value in rest.items():
            if value in (None, "", []):
                continue
            name = names.get(path)
            if name is None:
                name = names[path] = dynamic_target(path)[0]
            if name in stated:
                draft.warnings.append(f"column {path!r}: the metafield {name} is stated twice; left out")
            else:
                stated[name] = typed(value)


def typed(value: Any) -> Metafield:
    """A value as the file types it: JSON's numbers are decimals, for the next product's may have a fraction."""
    if isinstance(value, bool):
        return Metafield("boolean", value)
    if isinstance(value, list):
        return Metafield("list.single_line_text_field", cell_values.many(cell_of(value) or [], ()))
    if isinstance(value, (int, Decimal)):
        value = cell_values.one(cell_of(value) or "")
        try:
            return Metafield("number_decimal", decimal_text(value))
        except ValueError:
            # Beyond what anybody can mean (1E+999999): kept as the text it is.
            return Metafield("single_line_text_field", value)
    text = cell_values.text(value)
    return Metafield("multi_line_text_field" if text and "\n" in text else "single_line_text_field", text)


def _join(sources: list[int], rule: Rule) -> Compute:
    constant, separator = rule.constant, " " if rule.separator is None else rule.separator
    if constant is not None:
        return lambda _: constant
    if len(sources) == 1:
        only = sources[0]
        return lambda cells: None if cells[only] is None else cell_values.one(cells[only] or "")

    def compute(cells: Sequence[Cell | None]) -> str | None:
        return separator.join(part for index in sources if (part := cell_values.one(cells[index] or "").strip()))

    return compute


def _as_list(names: str | list[str] | None) -> list[str]:
    if names is None:
        return []
    return [names] if isinstance(names, str) else names


def _is_variant(draft: Draft) -> bool:
    return bool(draft.option_values) or any(draft.variant.get(name) is not None for name in _WHAT_MAKES_A_VARIANT)


def _is_sold(draft: Draft) -> bool:
    priced = any(draft.variant.get(name) is not None for name in ("price", "cost_price"))
    return priced or bool(draft.option_values or draft.options)


def _merge(first: Draft, other: Draft) -> None:
    """Take over what a product's further row states beyond its variant: pictures, metafields, what was empty."""
    for name, value in other.product.items():
        if first.product.get(name) is None and value is not None:
            first.product[name] = value
    if other.images:
        first.images = [*(first.images or []), *other.images]
    if other.metafields:
        first.metafields = {**other.metafields, **(first.metafields or {})}
