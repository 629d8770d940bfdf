"""What Shopify shows, as a listing of ours. Pure."""

from __future__ import annotations

from decimal import Decimal

from msgspec import UNSET, UnsetType

from mercat.connectors.shopify import images, metafields, wire
from mercat.connectors.shopify.normal import normalised, unique_images
from mercat.connectors.shopify.to_wire import KEY, Known, Options
from mercat.sdk.channels import ListingDraft, Shown, ShownVariant
from mercat.sdk.records import ImageRecord, Metafield, ProductRecord, VariantRecord

_STATUSES = {"ACTIVE": "active", "DRAFT": "draft", "ARCHIVED": "archived", "UNLISTED": "active"}
_UNITS = {"GRAMS": "g", "KILOGRAMS": "kg", "OUNCES": "oz", "POUNDS": "lb"}
_DEFAULT = {"Title": "Default Title"}


def shown(product: wire.Product, *, namespace: str, draft: ListingDraft | None = None) -> Shown:
    """The listing. ``draft``: what was just sent, so that pictures still on their way can be told by their order."""
    sources = _sources(product, draft)
    return Shown(
        reference=product.id,
        product=normalised(_record(product, namespace, sources)),
        variants=[_variant(each) for each in product.variants.nodes],
        key=next((each.value for each in product.metafields.nodes if _is_key(each, namespace)), None),
        url=product.online_store_url,
        updated_at=product.updated_at,
        image_references=_image_references(product, sources),
        category_reference=product.category.id if product.category else None,
    )


def known(product: wire.Product, draft: ListingDraft) -> Known:
    """Shopify's ids of what the product has, for the next update by ``draft``."""
    variants = product.variants.nodes
    return Known(
        {each.sku: each.id for each in variants if each.sku} | draft.variant_references,
        {_options(each): each.id for each in variants},
        {
            image.url: media.id
            for image in draft.product.images or ()
            for media in _pictures(product)
            if media.image and images.is_file_of(media.image.url, image.url)
        }
        | draft.image_references,
    )


def _record(product: wire.Product, namespace: str, sources: list[ImageRecord] | None) -> ProductRecord:
    return ProductRecord(
        handle=product.handle,
        name=product.title,
        description=product.description_html or None,
        brand=product.vendor or None,
        product_type=product.product_type or None,
        tags=product.tags,
        seo_title=product.seo.title or None,
        seo_description=product.seo.description or None,
        status=_STATUSES.get(product.status, product.status.lower()),
        metafields=_metafields(product, namespace),
        images=_images(product, sources),
        variants=[
            _variant_record(each, [option.name for option in _ordered(product)]) for each in product.variants.nodes
        ],
    )


def _ordered(product: wire.Product) -> list[wire.Option]:
    return sorted(product.options, key=lambda option: option.position)


def _is_key(metafield: wire.WireMetafield, namespace: str) -> bool:
    return metafield.namespace == namespace and metafield.key == KEY


def _metafields(product: wire.Product, namespace: str) -> dict[str, Metafield]:
    return {
        f"{each.namespace}.{each.key}": metafields.from_wire(each.type, each.value)
        for each in product.metafields.nodes
        if not _is_key(each, namespace) and not metafields.is_foreign(each.namespace)
    }


def _pictures(product: wire.Product) -> list[wire.Media]:
    return [media for media in product.media.nodes if media.media_content_type == "IMAGE"]


def _sources(product: wire.Product, draft: ListingDraft | None) -> list[ImageRecord] | None:
    """The draft's pictures, where the answer holds one for each of them."""
    if draft is None or not isinstance(draft.product.images, list):
        return None
    stated = unique_images(draft.product.images)
    return stated if len(stated) == len(_pictures(product)) else None


def _images(product: wire.Product, sources: list[ImageRecord] | None) -> list[ImageRecord] | UnsetType:
    """Pictures by the names of their files. Not told where one has no address yet, because Shopify still fetches it."""
    found = []
    for place, media in enumerate(_pictures(product)):
        url = sources[place].url if sources else media.image and images.shown(media.image.url)
        if not url:
            return UNSET
        found.append(ImageRecord(url=url, alt_text=media.alt))
    return found


def _image_references(product: wire.Product, sources: list[ImageRecord] | None) -> dict[str, str]:
    if sources:
        return {source.url: media.id for source, media in zip(sources, _pictures(product), strict=True)}
    return {images.shown(media.image.url): media.id for media in _pictures(product) if media.image}


def _options(variant: wire.Variant) -> Options:
    return tuple(sorted((each.name, each.value) for each in variant.selected_options))


def _variant(variant: wire.Variant) -> ShownVariant:
    levels = variant.inventory_item.inventory_levels
    return ShownVariant(
        sku=variant.sku or None,
        reference=variant.id,
        stock_reference=variant.inventory_item.id,
        quantities={
            level.location.id: level.quantities[0].quantity
            for level in (levels.nodes if levels else ())
            if level.quantities
        },
    )


def _variant_record(variant: wire.Variant, order: list[str]) -> VariantRecord:
    item = variant.inventory_item
    selected = {each.name: each.value for each in variant.selected_options}
    weight = item.measurement.weight if item.measurement else None
    return VariantRecord(
        sku=variant.sku or None,
        barcode=variant.barcode or None,
        price=str(variant.price),
        compare_at_price=None if variant.compare_at_price is None else str(variant.compare_at_price),
        cost_price=None if item.unit_cost is None else str(item.unit_cost.amount),
        weight=None if weight is None else str(Decimal(repr(weight.value))),
        weight_unit=None if weight is None else _UNITS.get(weight.unit, weight.unit.lower()),
        requires_shipping=item.requires_shipping,
        taxable=variant.taxable,
        track_inventory=item.tracked,
        inventory_policy=variant.inventory_policy.lower(),
        hs_code=item.harmonized_system_code or None,
        country_of_origin=item.country_code_of_origin or None,
        options={} if selected == _DEFAULT else _in_order(selected, order),
    )


def _in_order(selected: dict[str, str], order: list[str]) -> dict[str, str]:
    return {name: selected[name] for name in [*order, *selected] if name in selected}
