"""What a statement must be to be planned, and what is mended in it on the way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from mercat.core.errors import Invalid
from mercat.core.money import is_canonical
from mercat.domain.catalog import metafield_checks
from mercat.domain.catalog.fields import PRODUCT_TEXTS, VARIANT_AMOUNTS, VARIANT_LENGTHS, amount, is_currency
from mercat.domain.catalog.tree import fault_of_path
from mercat.sdk.records import ImageRecord, Metafield, OfferRecord, ProductRecord, VariantRecord
from mercat.sdk.values import slug

LONGEST_CODE = 255
LONGEST_BARCODE = 14
# A feed of a million rows has some hundred categories.
fault_of_category = lru_cache(maxsize=20_000)(fault_of_path)
_LONGEST_SCHEME = 60
MOST_PIECES = 2**31 - 1
COUNTS = ("quantity_available", "minimum_order_quantity", "pack_size", "lead_time_days")
_CONTROLS = dict.fromkeys(number for number in range(32) if chr(number) not in "\t\n\r")
_encode = msgspec.json.Encoder().encode
STATUSES = {"draft", "active", "archived"}
POLICIES = {"deny", "continue"}
CAPPED = tuple((name, most) for name, most in PRODUCT_TEXTS.items() if most is not None)
SHORTER = tuple(VARIANT_LENGTHS.items())
# Read in C, all at once: most records state a few of these fields, and every one is looked at.
_capped_of = attrgetter(*(name for name, _ in CAPPED))
_amounts_of = attrgetter(*VARIANT_AMOUNTS)
_shorter_of = attrgetter(*(name for name, _ in SHORTER))
_counts_of = attrgetter(*COUNTS)


def handle_for(name: str, sku: str) -> str:
    """An address for a product that states none: from its name, made one of its kind by its SKU."""
    tail = slug(sku)[:80]
    head = slug(name)[: 199 - len(tail)].rstrip("-")
    return f"{head}-{tail}".strip("-") or "product"


def fault_of(record: ProductRecord, key: str) -> str | None:
    """Why this cannot be a product, if it cannot."""
    if len(key) > LONGEST_CODE:
        return f"the code is {len(key)} characters long; {LONGEST_CODE} is the most"
    skus = [variant.sku for variant in record.variants if variant.sku]
    if any(len(str(sku)) > LONGEST_CODE for sku in skus):
        return f"a SKU is longer than {LONGEST_CODE} characters"
    if len(record.variants) == 1:
        return None
    if len(set(skus)) != len(skus):
        return f"two variants share the SKU {next(sku for sku in skus if skus.count(sku) > 1)}"
    if len(skus) != len(record.variants):
        return "of several variants each needs a SKU"
    return None


class FieldRules:
    """What metafields must look like, by ``namespace.key``: types, options of their definitions, which must be filled.

    It learns the types of those that nobody has defined.
    """

    def __init__(
        self, types: Mapping[str, str], limits: Mapping[str, Mapping[str, Any]], required: Collection[str] = ()
    ) -> None:
        self.types = dict(types)
        self.limits = limits
        self.required = required

    def type_of(self, key: str, stated: str) -> str:
        """The type that the field has; the stated one, and from then on, where nobody knows it."""
        return self.types.setdefault(key, stated)

    def fault_of(self, key: str, type: str, value: Any) -> str | None:
        """Why the field cannot hold a value, in words."""
        if value is None:
            return "it may not be empty" if key in self.required else None
        faults = metafield_checks.check(type, value, self.limits.get(key, {}))
        return faults[0] if faults else None


def mend(record: ProductRecord, rules: FieldRules) -> list[str]:
    """Leave out what storage, the channels or a definition would refuse, and say so."""
    warnings: list[str] = []
    _cut(record, warnings)
    if record.handle:
        record.handle = record.handle[:LONGEST_CODE].strip() or UNSET
    if record.status is not UNSET and record.status not in STATUSES:
        warnings.append(f"status {record.status!r} is none of draft, active, archived and is left out")
        record.status = UNSET
    if record.category and (fault := fault_of_category(record.category)) is not None:
        warnings.append(f"category is left out: {fault}")
        record.category = UNSET
    if record.metafields:
        record.metafields = dict(_typed(record.metafields, rules, warnings))
    for variant in record.variants:
        _mend_variant(variant, warnings)
        if variant.options or variant.identifiers:
            _mend_codes(variant, warnings)
    if record.offer:
        _mend_offer(record.offer, warnings)
    if record.images:
        _mend_images(record.images)
    return warnings


def _cut(record: ProductRecord, warnings: list[str]) -> None:
    for (name, most), value in zip(CAPPED, _capped_of(record), strict=True):
        if value and len(value) > most:
            setattr(record, name, value[:most].rstrip())
            warnings.append(f"{name} was longer than {most} characters and is cut")


def storable(record: ProductRecord) -> tuple[ProductRecord, list[str]]:
    r"""The record in texts that every database keeps, and what to say of it.

    NUL and its like stop PostgreSQL, and half a character (a lone surrogate, from a wrongly decoded file or JSON's
    ``"\ud800"``) stops them all.
    """
    try:
        is_sound = b"\\u00" not in _encode(record)
    except UnicodeEncodeError:
        is_sound = False
    if is_sound:
        return record, []
    raw = msgspec.to_builtins(record)
    clean = _cleaned(raw)
    if clean == raw:
        return record, []
    return msgspec.convert(clean, ProductRecord), ["control characters, or halves of characters, are left out"]


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value.translate(_CONTROLS).encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_cleaned(name): _cleaned(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(each) for each in value]
    return value


def _mend_variant(variant: VariantRecord, warnings: list[str]) -> None:
    for name, value in zip(VARIANT_AMOUNTS, _amounts_of(variant), strict=True):
        if value and not is_canonical(value):
            _mend_amount(variant, name, value, warnings)
    if variant.sku:
        # MariaDB takes no notice of blanks at the end of a code, the others do.
        variant.sku = variant.sku.strip() or None
    code = variant.barcode
    if code and not (len(code) <= LONGEST_BARCODE and code.isascii() and code.isdigit()):
        warnings.append(f"barcode {variant.barcode!r} is no GTIN and is left out")
        variant.barcode = UNSET
    if variant.currency and not is_currency(variant.currency):
        variant.currency = _currency(variant.currency, warnings)
    if variant.inventory_policy and variant.inventory_policy not in POLICIES:
        variant.inventory_policy = UNSET
    for (name, most), value in zip(SHORTER, _shorter_of(variant), strict=True):
        if value and len(value) > most:
            setattr(variant, name, UNSET)
            warnings.append(f"{name} {value!r} is too long and is left out")


def _mend_codes(variant: VariantRecord, warnings: list[str]) -> None:
    """Options and further codes, where they would not fit their columns."""
    if variant.options:
        kept = {name: value for name, value in variant.options.items() if _fits(name, value)}
        if len(kept) != len(variant.options):
            warnings.append(f"an option whose name or value is longer than {LONGEST_CODE} characters is left out")
            variant.options = kept
    for scheme, codes in list((variant.identifiers or {}).items()):
        clean = [code.strip() for code in codes]
        kept_codes = [code for code in clean if code and len(code) <= LONGEST_CODE and len(scheme) <= _LONGEST_SCHEME]
        if len(kept_codes) != len(codes):
            warnings.append(f"a code of the scheme {scheme[:_LONGEST_SCHEME]!r} is empty or too long and is left out")
        if variant.identifiers:
            variant.identifiers[scheme] = kept_codes
        if len(scheme) > _LONGEST_SCHEME and variant.identifiers:
            del variant.identifiers[scheme]


def _fits(*texts: str) -> bool:
    return all(len(text) <= LONGEST_CODE for text in texts)


def _mend_images(images: Iterable[ImageRecord]) -> None:
    for image in images:
        if image.source and not (len(image.source[0]) <= _LONGEST_SCHEME and _fits(*image.source[1:])):
            image.source = None


def _mend_offer(offer: OfferRecord, warnings: list[str]) -> None:
    if offer.cost:
        try:
            offer.cost = amount(offer.cost)
        except Invalid as wrong:
            warnings.append(f"the supplier's cost is left out: {wrong.message}")
            offer.cost = UNSET
    if offer.cost and offer.cost[0] == "-":
        warnings.append(f"the supplier's cost {offer.cost} is below zero and is left out")
        offer.cost = UNSET
    if offer.currency and not is_currency(offer.currency):
        offer.currency = _currency(offer.currency, warnings)
    for name, count in zip(COUNTS, _counts_of(offer), strict=True):
        if count and not -MOST_PIECES <= count <= MOST_PIECES:
            warnings.append(f"{name} {count} is beyond what is kept and is left out")
            setattr(offer, name, UNSET)


def _currency(said: str, warnings: list[str]) -> str | UnsetType:
    code = said.strip().upper()
    if is_currency(code):
        return code
    warnings.append(f"currency {said!r} is no ISO 4217 code and is left out")
    return UNSET


def _mend_amount(variant: VariantRecord, name: str, value: str, warnings: list[str]) -> None:
    try:
        canonical = amount(value)
    except Invalid as wrong:
        setattr(variant, name, UNSET)
        warnings.append(f"{name} is left out: {wrong.message}")
        return
    if canonical[0] == "-":
        setattr(variant, name, UNSET)
        warnings.append(f"{name} {value} is below zero and is left out")
    else:
        setattr(variant, name, canonical)


def _typed(
    given: dict[str, Metafield], rules: FieldRules, warnings: list[str]
) -> Iterable[tuple[str, Metafield | Any]]:
    for key, metafield in given.items():
        known = rules.type_of(key, metafield.type)
        namespace, _, name = key.partition(".")
        if not name or len(namespace) > 60 or len(name) > LONGEST_CODE:  # the columns' lengths
            warnings.append(f"metafield {key!r} is not of the form namespace.key and is left out")
            continue
        fault = rules.fault_of(key, known, metafield.value)
        if fault is None:
            yield key, metafield if known == metafield.type else Metafield(known, metafield.value)
        else:
            warnings.append(f"metafield {key} is left out: {fault}")
