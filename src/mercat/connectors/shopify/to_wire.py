"""What we want shown, in Shopify's words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import UNSET

from mercat.connectors.shopify import images, metafields
from mercat.connectors.shopify.normal import normalised, unique_images
from mercat.sdk.channels import ListingDraft
from mercat.sdk.errors import Rejected
from mercat.sdk.records import ImageRecord, ProductRecord, VariantRecord
from mercat.sdk.values import safe_html

KEY = "key"
PAGE = 50
"""How many variants an answer brings at once; more are asked for page by page."""
_LOOSE = 20
"""How many of a list to ask for that the draft does not state."""
_DEFAULT_OPTION, _DEFAULT_VALUE = "Title", "Default Title"
_UNITS = {"g": "GRAMS", "kg": "KILOGRAMS", "oz": "OUNCES", "lb": "POUNDS"}
_TEXTS = (
    ("handle", "handle"),
    ("name", "title"),
    ("description", "descriptionHtml"),
    ("brand", "vendor"),
    ("product_type", "productType"),
)

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Known:
    """Shopify's ids of what a listing has already: variants by SKU and by their options, pictures by their address.

    ``places``: where pictures that lie with us were uploaded to, by their address.
    """

    variants: Mapping[str, str] = field(default_factory=dict)
    variants_by_options: Mapping[Options, str] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

    def lacks(self, draft: ListingDraft) -> bool:
        """Whether the draft states variants or pictures whose ids are not known, so that the shop has to be asked."""
        return any(self.variant(variant) is None for variant in draft.product.variants) or any(
            self.image(image) is None for image in draft.product.images or ()
        )

    def variant(self, variant: VariantRecord) -> str | None:
        """The id of this variant, if it is known."""
        by_sku = self.variants.get(variant.sku) if isinstance(variant.sku, str) else None
        return by_sku or self.variants_by_options.get(options_of(variant))

    def image(self, image: ImageRecord) -> str | None:
        """The id of this picture's file, if it is known."""
        return self.images.get(image.url) or self.images.get(images.normalised(image.url) or "")


def known_of(draft: ListingDraft) -> Known:
    """What the draft itself brings back."""
    return Known(draft.variant_references, {}, draft.image_references)


def options_of(variant: VariantRecord) -> Options:
    """The variant's options in a form that can be looked up."""
    return tuple(sorted((variant.options or {_DEFAULT_OPTION: _DEFAULT_VALUE}).items()))


def to_wire(draft: ListingDraft, known: Known, *, namespace: str) -> dict[str, Any]:
    """The variables of ``ProductSet``. Raises ``Rejected`` where Shopify could not tell the variants apart."""
    product = normalised(draft.product)
    stated = _texts(product) | _files(draft, known) | _variants(product, known)
    if isinstance(draft.product.description, str):
        # As it is: the form in which two are compared has lost its line ends.
        stated["descriptionHtml"] = safe_html(draft.product.description)
    if draft.category_reference is not None:
        stated["category"] = draft.category_reference
    if draft.reference is None and draft.collection_references:
        # The list replaces: a product that is there may stand in collections that are none of ours (``shelves.move``).
        stated["collections"] = list(draft.collection_references)
    if product.handle is not UNSET and draft.reference is not None:
        stated["redirectNewHandle"] = True
    key = {"namespace": namespace, "key": KEY, "type": "id", "value": draft.key}
    # The key goes with every list of metafields (a list replaces), and with every creation.
    if product.metafields is not UNSET or draft.reference is None:
        stated["metafields"] = [key, *_metafields(product)]
    return {
        "identifier": {"id": draft.reference} if draft.reference else {"customId": _custom_id(key)},
        "input": stated,
        "metafields": len(stated["metafields"]) if "metafields" in stated else _LOOSE,
        "media": max(1, len(stated["files"])) if "files" in stated else _LOOSE,
        "variants": min(PAGE, len(product.variants) or _LOOSE),
    }


def _custom_id(key: Mapping[str, str]) -> dict[str, str]:
    return {name: key[name] for name in ("namespace", "key", "value")}


def _texts(product: ProductRecord) -> dict[str, Any]:
    stated: dict[str, Any] = {}
    for ours, theirs in _TEXTS:
        value = getattr(product, ours)
        # A handle or a title cannot be taken away, and null would ask for just that.
        if value is not UNSET and not (value is None and ours in {"handle", "name"}):
            stated[theirs] = value or ""
    seo = {"title": product.seo_title, "description": product.seo_description}
    if any(value is not UNSET for value in seo.values()):
        stated["seo"] = {name: value or "" for name, value in seo.items() if value is not UNSET}
    if product.status is not UNSET:
        stated["status"] = product.status.upper()
    if product.tags is not UNSET:
        stated["tags"] = product.tags
    return stated


def _files(draft: ListingDraft, known: Known) -> dict[str, Any]:
    if not isinstance(draft.product.images, list):
        return {}
    return {"files": [_file(image, known) for image in unique_images(draft.product.images)]}


def _file(image: ImageRecord, known: Known) -> dict[str, Any]:
    alt = " ".join((image.alt_text or "").split())
    if (file_id := known.image(image)) is not None:
        return {"id": file_id, "alt": alt}
    file: dict[str, Any] = {
        "originalSource": known.places.get(image.url, image.url),
        "alt": alt,
        "contentType": "IMAGE",
    }
    if name := images.file_name(image.url):
        # The name holds a digest of the address: what would be replaced is the same picture, sent before.
        file |= {"filename": name, "duplicateResolutionMode": "REPLACE"}
    return file


def _metafields(product: ProductRecord) -> list[dict[str, str]]:
    stated = []
    for name, metafield in (product.metafields or {}).items():
        space, dot, key = name.partition(".")
        if not dot:
            raise Rejected(f"the metafield {name!r} has no namespace: call it custom.{name}", field=name)
        stated.append({"namespace": space, "key": key, "type": metafield.type, "value": metafields.to_wire(metafield)})
    return stated


def _variants(product: ProductRecord, known: Known) -> dict[str, Any]:
    if not product.variants:
        return {}
    named = _option_names(product.variants)
    values: dict[str, list[str]] = {name: [] for name in named}
    variants = []
    for position, variant in enumerate(product.variants, start=1):
        options = variant.options or {_DEFAULT_OPTION: _DEFAULT_VALUE}
        for name in named:
            if options[name] not in values[name]:
                values[name].append(options[name])
        variants.append(_variant(variant, named, known.variant(variant)) | {"position": position})
    return {
        "productOptions": [
            {"name": name, "position": place, "values": [{"name": value} for value in values[name]]}
            for place, name in enumerate(named, start=1)
        ],
        "variants": variants,
    }


def _option_names(variants: Sequence[VariantRecord]) -> list[str]:
    """The options' names in the order of the first variant. Raises ``Rejected`` where variants could not be told apart."""
    named = list(variants[0].options or {_DEFAULT_OPTION: _DEFAULT_VALUE})
    seen: dict[Options, VariantRecord] = {}
    for variant in variants:
        options = variant.options or {_DEFAULT_OPTION: _DEFAULT_VALUE}
        if set(options) != set(named) or not all(options.values()):
            raise Rejected(
                f"the variant {variant.sku} does not state the options {', '.join(named)}: every variant needs a value of each",
                field="options",
            )
        alike = tuple((name, value.casefold()) for name, value in options_of(variant))
        if alike in seen:
            raise Rejected(
                f"the variants {seen[alike].sku} and {variant.sku} have the same options: give them an option that differs",
                field="options",
            )
        seen[alike] = variant
    return named


def _variant(variant: VariantRecord, named: Sequence[str], known: str | None) -> dict[str, Any]:
    options = variant.options or {_DEFAULT_OPTION: _DEFAULT_VALUE}
    if variant.price is None:
        raise Rejected(f"the variant {variant.sku} has no price", field="price")
    stated: dict[str, Any] = {
        "id": UNSET if known is None else known,
        "optionValues": [{"optionName": name, "name": options[name]} for name in named],
        "sku": "" if variant.sku is None else variant.sku,
        "barcode": variant.barcode,
        "price": variant.price,
        "compareAtPrice": variant.compare_at_price,
        "taxable": variant.taxable,
        "inventoryPolicy": variant.inventory_policy if variant.inventory_policy is UNSET else _upper(variant),
    }
    item: dict[str, Any] = {
        "cost": variant.cost_price,
        "tracked": variant.track_inventory,
        "requiresShipping": variant.requires_shipping,
        "harmonizedSystemCode": variant.hs_code,
        "countryCodeOfOrigin": variant.country_of_origin,
        "measurement": _measurement(variant),
    }
    item = {name: value for name, value in item.items() if value is not UNSET}
    return {name: value for name, value in stated.items() if value is not UNSET} | (
        {"inventoryItem": item} if item else {}
    )


def _upper(variant: VariantRecord) -> str:
    return str(variant.inventory_policy).upper()


def _measurement(variant: VariantRecord) -> Any:
    if variant.weight is UNSET:
        return UNSET
    if variant.weight is None:
        return {"weight": {"unit": "GRAMS", "value": 0.0}}
    unit = _UNITS.get(str(variant.weight_unit))
    if unit is None:
        raise Rejected(
            f"the weight of {variant.sku} is in {variant.weight_unit!r}: g, kg, oz and lb are known",
            field="weight_unit",
        )
    return {"weight": {"unit": unit, "value": float(variant.weight)}}
