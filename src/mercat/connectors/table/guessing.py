"""A profile proposed from headings and a sample. What nothing fits becomes metafields, and is listed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mercat.connectors.table import cells as cell_values
from mercat.connectors.table.headings import ID_HEADINGS, Meaning, letters, meaning, rank
from mercat.connectors.table.metafields import dynamic_target, metafield_of_heading
from mercat.connectors.table.profile import render
from mercat.connectors.table.sampling import Sample, decimal_comma_of, kind_of, metafield_type_of
from mercat.connectors.table.settings import ReadRules, Rule, TableSettings
from mercat.connectors.table.transforms import measure
from mercat.sdk.roles import Column
from mercat.sdk.values import decimal_text, gtin

_SHARED_FIELDS = ("image_url", "tags", "ignore", "barcode")
_NUMBER_FIELDS = (
    "price",
    "compare_at_price",
    "cost",
    "quantity",
    "minimum_order_quantity",
    "pack_size",
    "lead_time_days",
)
# Digits, also as a spreadsheet mangles them, or a word for "none": meant as a barcode, right or wrong.
_MEANT_AS_BARCODE = re.compile(r"[0-9 .,;|-]+(?:[eE][+]?[0-9]+)?|n/?a|none|null|-+", re.IGNORECASE)


def _is_barcode(text: str) -> bool:
    """Under a heading that says barcode, a wrong one is still one: it is left out with a warning, not kept as a text."""
    return bool(_MEANT_AS_BARCODE.fullmatch(text)) or any(
        gtin(code)[0] for code in cell_values.many(text, (",", ";", "|", " "))
    )


_CHECKS: dict[str, tuple[Callable[[str], object], float]] = {
    **dict.fromkeys(_NUMBER_FIELDS, (decimal_text, 0.5)),
    **dict.fromkeys(["weight", "length", "width", "height"], (lambda text: measure(text)[0], 0.5)),
    "barcode": (_is_barcode, 0.2),
    "status": (cell_values.status, 0.9),
    "currency": (cell_values.currency, 0.9),
    "country_of_origin": (cell_values.country, 0.5),
    "weight_unit": (cell_values.unit_of_weight, 0.5),
    "image_url": (cell_values.image_urls, 0.5),
    "requires_shipping": (lambda text: cell_values.flag(text) is not None, 0.9),
    "taxable": (lambda text: cell_values.flag(text) is not None, 0.9),
    "track_inventory": (lambda text: cell_values.flag(text) is not None, 0.9),
    "inventory_policy": (cell_values.policy, 0.9),
}


@dataclass
class Proposal:
    """A profile in the making."""

    samples: list[Sample]
    keyed: bool
    fields: dict[str, str] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    key: str | list[str] | None = None
    group: str | None = None
    currency: str | None = None

    def column_of(self, target: str) -> str | None:
        """The column proposed for a target, if any."""
        return next((name for name, given in self.fields.items() if given == target), None)

    def sample(self, name: str) -> Sample:
        """The sample of a column."""
        return next(sample for sample in self.samples if sample.name == name)


@dataclass(frozen=True)
class Guess:
    """The proposed settings, the columns as people see them, and what to say about them."""

    settings: TableSettings
    columns: list[Column]
    profile: str
    notes: list[str]


def propose(samples: Sequence[Sample], *, keyed: bool, given: TableSettings, positional: bool = False) -> Guess:
    """Guess a profile. ``keyed`` for records with paths; ``positional`` for a file without headings.

    What ``given`` says already (currency, key, decimal comma, how to read) is kept.
    """
    proposal = Proposal(list(samples), keyed, currency=given.currency)
    if positional:
        _place_by_content(proposal)
    else:
        _place_by_heading(proposal)
    _fall_back(proposal)
    _separate_categories(proposal)
    _find_key(proposal, given)
    _find_group(proposal, given)
    comma = given.decimal_comma
    if comma is None:
        amounts = [
            sample for sample in samples if proposal.fields.get(sample.name) in (*_NUMBER_FIELDS, "weight", "length")
        ]
        comma = decimal_comma_of(amounts)
    kinds = {sample.name: kind_of(sample) for sample in samples}
    settings = _settings(proposal, given, kinds, comma=comma)
    comments = {sample.name: f"{kinds[sample.name]}; {', '.join(sample.shown())}" for sample in samples}
    columns = [
        Column(sample.name, kinds[sample.name], _shown_field(proposal, sample), sample.shown(), round(sample.filled, 4))
        for sample in samples
    ]
    return Guess(settings, columns, render(settings, comments), _notes(proposal))


def _place_by_heading(proposal: Proposal) -> None:
    claims: dict[str, list[tuple[Sample, Meaning]]] = {}
    for sample in proposal.samples:
        said = metafield_of_heading(sample.name)
        if said is not None:
            proposal.fields[sample.name] = f"metafield:{said[0]}"
            proposal.rules[sample.name] = Rule(to=f"metafield:{said[0]}", type=said[1])
            continue
        meant = _meaning_of(sample.name, keyed=proposal.keyed)
        if meant is not None and _believable(sample, meant.field):
            claims.setdefault(meant.field, []).append((sample, meant))
    for target, claimants in claims.items():
        winners = claimants if target in _SHARED_FIELDS else [_best(target, claimants)]
        for sample, meant in winners:
            proposal.fields[sample.name] = target
            if meant.unit is not None:
                proposal.rules[sample.name] = Rule(to=target, unit=meant.unit)
            if meant.currency is not None and proposal.currency is None:
                proposal.currency = meant.currency
                proposal.notes.append(f"the currency {meant.currency} is taken from the heading {sample.name!r}")
        for sample, _ in claimants:
            if (sample, _) not in winners:
                proposal.notes.append(f"{sample.name!r} could be {target} too; {winners[0][0].name!r} was taken")


def _meaning_of(name: str, *, keyed: bool) -> Meaning | None:
    if not keyed or "." not in name:
        return meaning(name)
    head, _, tail = name.rpartition(".")
    # Below a container of its own ("location.name", "attrs.Height") a familiar word says nothing about the product;
    # below a plain wrapper ("product.name", "price.@currency") it does.
    wrapped = letters(head) in ("product", "item", "article", "data", "general", "images", "image", "variant", "price")
    return meaning(tail) if wrapped and tail else None


def _believable(sample: Sample, target: str) -> bool:
    check = _CHECKS.get(target)
    if check is None or not sample.values:
        return True
    fits, least = check
    return sample.share(lambda text: fits(text) is not None and fits(text) is not False) >= least


def _best(target: str, claimants: list[tuple[Sample, Meaning]]) -> tuple[Sample, Meaning]:
    if target == "name":
        return max(claimants, key=lambda claim: (claim[0].filled >= 0.5, claim[0].mean_length))
    return min(claimants, key=lambda claim: (claim[0].filled < 0.5, not claim[1].exact, rank(claim[0].name)))


def _place_by_content(proposal: Proposal) -> None:
    proposal.notes.append(
        "the file has no headings: check what was guessed from the cells, and say where prices and stock are"
    )
    texts = [
        sample for sample in proposal.samples if kind_of(sample) in ("text", "html", "lines") and sample.mean_length > 8
    ]
    for sample in proposal.samples:
        kind = kind_of(sample)
        if kind == "gtin" and proposal.column_of("barcode") is None:
            proposal.fields[sample.name] = "barcode"
        elif (
            kind == "url" and sample.share(lambda text: text.lower().endswith((".jpg", ".jpeg", ".png", ".webp"))) > 0.5
        ):
            proposal.fields[sample.name] = "image_url"
        elif proposal.column_of("sku") is None and kind in ("text", "integer") and _looks_like_codes(sample):
            proposal.fields[sample.name] = "sku"
    named = [sample for sample in texts if sample.name not in proposal.fields and sample.mean_length < 200]
    if named:
        proposal.fields[max(named, key=lambda sample: sample.mean_length).name] = "name"


def _looks_like_codes(sample: Sample) -> bool:
    return (
        sample.distinct > 0.98
        and sample.filled > 0.98
        and sample.share(lambda text: " " not in text and len(text) <= 40) > 0.95
    )


def _fall_back(proposal: Proposal) -> None:
    maker = proposal.column_of("manufacturer")
    if maker is not None and proposal.column_of("brand") is None:
        proposal.notes.append(f"there is no brand: {maker!r} is taken for brand and manufacturer")
    listed = proposal.column_of("compare_at_price")
    if listed is not None and proposal.column_of("price") is None and letters(listed).endswith("listprice"):
        proposal.fields[listed] = "price"
        proposal.notes.append(f"there is no other price: {listed!r} is taken for it")


def _separate_categories(proposal: Proposal) -> None:
    path = proposal.column_of("category")
    if path is None:
        return
    if any(target.startswith("category.") for target in proposal.fields.values()):
        if proposal.column_of("category.1") is None:
            proposal.fields[path] = "category.1"
        else:
            del proposal.fields[path]
        return
    sample = proposal.sample(path)
    # "Toner/Ink" is one name: a slash separates only where it is the rule and no better mark is there.
    slashes = sample.share(lambda text: "/" in text) >= 0.5
    better = sample.share(lambda text: ">" in text or "|" in text)
    if slashes and not better and not any(isinstance(value, list) for value in sample.values):
        proposal.rules[path] = Rule(to="category", separator="/")


def _find_key(proposal: Proposal, given: TableSettings) -> None:
    if given.key is not None:
        proposal.key = given.key
        return
    sku = proposal.column_of("sku")
    if sku is not None and proposal.sample(sku).filled >= 0.5:
        proposal.key = sku
        return
    ident = _id_column(proposal)
    if sku is None and ident is not None:
        proposal.fields[ident] = "sku"
        proposal.key = ident
        proposal.notes.append(f"there is no SKU column: {ident!r} is taken for it")
        return
    for target in ("handle", "barcode", "manufacturer_part_number"):
        column = proposal.column_of(target)
        if column is not None and proposal.sample(column).filled >= 0.9:
            proposal.key = column
            proposal.notes.append(f"there is no SKU column: products are told apart by {column!r}")
            return
    name = proposal.column_of("name")
    brand = proposal.column_of("brand") or proposal.column_of("manufacturer")
    if name is not None:
        proposal.key = [brand, name] if brand is not None else [name]
        proposal.notes.append(
            f"there is no column of codes: products are told apart by {' and '.join(map(repr, proposal.key))}"
        )
    else:
        proposal.notes.append("no column tells products apart: say `key` in the profile")


def _id_column(proposal: Proposal) -> str | None:
    named = {letters(sample.name): sample for sample in proposal.samples if sample.name not in proposal.fields}
    wanted = [named[heading] for heading in ID_HEADINGS if heading in named]
    return next((sample.name for sample in wanted if sample.distinct > 0.95 and sample.filled > 0.95), None)


def _find_group(proposal: Proposal, given: TableSettings) -> None:
    if given.group is not None:
        proposal.group = given.group
        return
    for target in ("group", "handle"):
        column = proposal.column_of(target)
        if column is not None and _repeats_in_runs(proposal.sample(column)):
            proposal.group = column
            proposal.notes.append(
                f"rows with the same {column!r} are one product with several variants; they must stand together"
            )
            if target == "handle":
                proposal.key = column
            return


def _repeats_in_runs(sample: Sample) -> bool:
    return any(one == other for one, other in zip(sample.texts, sample.texts[1:], strict=False))


def _settings(proposal: Proposal, given: TableSettings, kinds: dict[str, str], *, comma: bool | None) -> TableSettings:
    columns: dict[str, str | Rule | list[str | Rule]] = {}
    maker = proposal.column_of("manufacturer") if proposal.column_of("brand") is None else None
    for sample in proposal.samples:
        target = proposal.fields.get(sample.name)
        if target is None:
            if not proposal.keyed:
                name = f"metafield:{dynamic_target(sample.name)[0]}"
                columns[sample.name] = Rule(to=name, type=metafield_type_of(sample, kinds[sample.name]))
        elif sample.name in proposal.rules:
            columns[sample.name] = proposal.rules[sample.name]
        else:
            columns[sample.name] = ["brand", target] if sample.name == maker else target
    return TableSettings(
        currency=proposal.currency,
        read=given.read if given.read != ReadRules() else ReadRules(),
        key=proposal.key,
        group=proposal.group,
        decimal_comma=comma,
        list_separator=given.list_separator,
        unplaced="metafields" if proposal.keyed else "ignore",
        missing_columns=given.missing_columns,
        columns=columns,
        fields=given.fields,
    )


def _shown_field(proposal: Proposal, sample: Sample) -> str:
    return proposal.fields.get(sample.name) or f"metafield:{dynamic_target(sample.name)[0]}"


def _notes(proposal: Proposal) -> list[str]:
    unplaced = [sample.name for sample in proposal.samples if sample.name not in proposal.fields]
    if unplaced:
        shown = ", ".join(unplaced[:40]) + (f" and {len(unplaced) - 40} more" if len(unplaced) > 40 else "")
        proposal.notes.append(f"no field fits these columns; they are proposed as metafields: {shown}")
    ignored = [name for name, target in proposal.fields.items() if target == "ignore"]
    if ignored:
        proposal.notes.append(f"left out as smaller copies of pictures: {', '.join(ignored)}")
    return proposal.notes
