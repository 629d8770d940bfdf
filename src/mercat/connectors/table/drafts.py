"""A record in the making: what the columns of one row have said so far, and its completion."""

from __future__ import annotations

from typing import Any

from mercat.sdk.records import ImageRecord, Metafield, OfferRecord, ProductRecord, VariantRecord

AMOUNTS = ("price", "cost_price", "compare_at_price")


class Draft:
    """Keyword arguments of the records to come; the rarer parts are made only when a column speaks of them."""

    # Defaults on the class: a row sets only what its columns speak of.
    metafields: dict[str, Metafield] | None = None
    options: dict[str, str] | None = None
    option_names: dict[str, str] | None = None
    option_values: dict[str, str] | None = None
    identifiers: dict[str, list[str]] | None = None
    images: list[str] | None = None
    alt_text: str | None = None
    levels: dict[int, str] | None = None
    # Mapped metafields whose cell is missing or cannot be read: nothing is said of them, not even that they are empty.
    unsaid: tuple[str, ...] = ()

    def __init__(self, warnings: list[str]) -> None:
        self.product: dict[str, Any] = {}
        self.variant: dict[str, Any] = {}
        self.offer: dict[str, Any] = {}
        self.warnings = warnings

    def identify(self, scheme: str, values: list[str]) -> None:
        """Add further codes of the variant."""
        if self.identifiers is None:
            self.identifiers = {}
        known = self.identifiers.setdefault(scheme, [])
        known.extend(value for value in values if value not in known)

    def finish_variant(self, currency: str | None, option_names: dict[str, str] | None = None) -> VariantRecord:
        """The row's variant. ``currency`` is stated for amounts only where the row says none itself."""
        variant = self.variant
        if currency is not None and variant.get("currency") is None and _has_amount(variant):
            variant["currency"] = currency
        if self.option_values is not None:
            self._pair_options(self.option_names or option_names or {})
        if self.options is not None:
            variant["options"] = self.options
        if self.identifiers is not None:
            variant["identifiers"] = self.identifiers
        return VariantRecord(**variant)

    def _pair_options(self, names: dict[str, str]) -> None:
        pairs = {names.get(n, f"Option {n}"): value for n, value in sorted((self.option_values or {}).items())}
        # Shopify's files say "Title: Default Title" for a product without options.
        if pairs and pairs != {"Title": "Default Title"}:
            self.options = {**(self.options or {}), **pairs}

    def finish_product(self, variants: list[VariantRecord]) -> ProductRecord:
        """The product with these variants."""
        product = self.product
        if self.levels is not None:
            product["category"] = " > ".join(self.levels[n] for n in sorted(self.levels)) or None
        if self.images is not None:
            product["images"] = self._pictures(self.images)
        if self.metafields is not None:
            product["metafields"] = self.metafields
        if self.offer:
            product["offer"] = self._offer()
        product["variants"] = variants
        return ProductRecord(**product)

    def _pictures(self, urls: list[str]) -> list[ImageRecord]:
        if len(urls) == 1:
            return [ImageRecord(url=urls[0], alt_text=self.alt_text, position=1)]
        places = enumerate(dict.fromkeys(urls), start=1)
        return [ImageRecord(url=url, alt_text=self.alt_text, position=place) for place, url in places]

    def _offer(self) -> OfferRecord:
        if self.offer.get("cost") is not None and self.variant.get("currency") is not None:
            self.offer["currency"] = self.variant["currency"]
        return OfferRecord(**self.offer)


def _has_amount(variant: dict[str, Any]) -> bool:
    return any(variant.get(name) is not None for name in AMOUNTS)
