"""What a product looks like as rows of a table for people: one row for each variant. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from msgspec import UNSET

from mercat.domain.catalog import metafields
from mercat.domain.catalog.fields import PRODUCT_TEXTS, VARIANT_AMOUNTS, VARIANT_SWITCHES, VARIANT_TEXTS
from mercat.sdk.records import Metafield, ProductRecord, VariantRecord
from mercat.sdk.values import neutralise_formula

_TEXTS = (*PRODUCT_TEXTS, "status", "category")
_VARIANT = (*VARIANT_TEXTS, *VARIANT_AMOUNTS, *VARIANT_SWITCHES)
_OPTIONS = 3
_BETWEEN = ", "
# Addresses of pictures hold commas.
_BETWEEN_PICTURES = " | "


class ProductTable:
    """Plays ProductExporter. The headings are names that ``mercat feed inspect`` knows; the product repeats in each row."""

    def __init__(self, schemes: Collection[str] = ()) -> None:
        self._schemes = sorted(schemes)
        self._metafields: list[str] = []

    def header(self, metafields: Collection[str]) -> list[str]:
        """Fixed columns, then one for each scheme of identifiers and each metafield."""
        self._metafields = sorted(metafields)
        options = [f"option{number}_{part}" for number in range(1, _OPTIONS + 1) for part in ("name", "value")]
        return [
            *("handle", "sku", *_TEXTS, "tags", "image_url"),
            *_VARIANT,
            *options,
            *(f"identifier:{scheme}" for scheme in self._schemes),
            *(f"metafield:{key}" for key in self._metafields),
        ]

    def rows(self, record: ProductRecord) -> Iterator[list[str]]:
        """One row for each variant."""
        texts = [_cell(getattr(record, name)) for name in _TEXTS]
        tags = _BETWEEN.join(record.tags or ())
        pictures = _BETWEEN_PICTURES.join(image.url for image in record.images or ())
        product = [*texts, tags, pictures]
        stated = record.metafields or {}
        extra = [_metafield(stated.get(key)) for key in self._metafields]
        for variant in record.variants:
            row = [_cell(record.handle), _cell(variant.sku), *product, *self._variant(variant), *extra]
            yield [neutralise_formula(cell) for cell in row]

    def _variant(self, variant: VariantRecord) -> Iterator[str]:
        for name in _VARIANT:
            yield _cell(getattr(variant, name))
        options = list((variant.options or {}).items())[:_OPTIONS]
        for name, value in [*options, *[("", "")] * (_OPTIONS - len(options))]:
            yield name
            yield value
        codes = variant.identifiers or {}
        for scheme in self._schemes:
            yield _BETWEEN.join(sorted(codes.get(scheme, ())))


def _cell(value: Any) -> str:
    if value is None or value is UNSET:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _metafield(field: Metafield | None) -> str:
    """Text as it is, everything else as Shopify writes it down."""
    if field is None or field.value is None:
        return ""
    return field.value if isinstance(field.value, str) else metafields.encode(field.type, field.value)
