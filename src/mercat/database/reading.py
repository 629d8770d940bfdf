"""What a script did to objects of the catalogue, read from their session before it writes anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import inspect
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import History

from mercat.core.errors import Invalid
from mercat.core.ids import part_id
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.models import (
    Category,
    CategoryMapping,
    Change,
    ChangeSet,
    FieldLock,
    Product,
    ProductIdentifier,
    ProductImage,
    ProductMetafield,
    ProductVariant,
    Restatement,
)
from mercat.sdk.records import ImageRecord, Metafield, ProductRecord, VariantRecord

# What keeps its id when it is changed.
WHOLE: tuple[type[Any], ...] = (Product, ProductVariant)
STATED: tuple[type[Any], ...] = (Product, ProductVariant, ProductMetafield, ProductImage, ProductIdentifier)
_TREE = "categories are changed with `with unit_of(session) as unit:` and catalog.categories.create, .rename, .move, .delete"
_HISTORY = "change sets, changes and locks are history: catalog.edit and catalog.undo write them"
REFUSED: dict[type[Any], str] = {
    Category: _TREE,
    CategoryMapping: _TREE,
    ChangeSet: _HISTORY,
    Change: _HISTORY,
    FieldLock: _HISTORY,
    Restatement: _HISTORY,
}
GUARDED: tuple[type[Any], ...] = (*STATED, *REFUSED)
# Columns that follow from others, or that nothing may change once a row is there.
_KEPT = {"id", "created_at", "updated_at", "revision", "part_key", "product_id", "variant_id", "position"}
_OPTIONS = ("option1", "option2", "option3")


@dataclass
class Touched:
    """The objects of a session that speak of the catalogue."""

    new: list[Any] = field(default_factory=list)
    dirty: list[Any] = field(default_factory=list)
    deleted: list[Any] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.new or self.dirty or self.deleted)


def touched_in(session: Session) -> Touched:
    """What was made, changed and deleted. Raises ``Invalid`` for tables that no script writes by itself."""
    found = Touched(
        [each for each in session.new if isinstance(each, GUARDED)],
        [each for each in session.dirty if isinstance(each, GUARDED) and session.is_modified(each)],
        [each for each in session.deleted if isinstance(each, GUARDED)],
    )
    for each in (*found.new, *found.dirty, *found.deleted):
        if (why := REFUSED.get(type(each))) is not None:
            raise Invalid(why)
    return found


def said_in(session: Session, touched: Touched) -> catalog.Script:
    """The same as fields and new products. Raises ``Invalid`` for what a change set cannot say."""
    return _Reading(session, touched).script


class _Reading:
    """One session's changes on their way into a script."""

    def __init__(self, session: Session, touched: Touched) -> None:
        self.session = session
        self.script = catalog.Script()
        self._gone = {id(each) for each in touched.deleted}
        self._born = {id(each) for each in touched.new if isinstance(each, Product)}
        # (owner, kind of child) whose list has changed; told once, whole.
        self._lists: dict[tuple[int, type[Any]], Any] = {}
        for each in touched.deleted:
            self._deleted(each)
        for each in touched.new:
            self._new(each)
        # Parents first: what left their lists is gone, whatever else was done to it.
        for each in sorted(touched.dirty, key=lambda row: STATED.index(type(row))):
            if id(each) not in self._gone:
                self._dirty(each)
        for (_, kind), owner in self._lists.items():
            self._list(owner, kind)

    # -- objects ------------------------------------------------------------------------------------------------------

    def _deleted(self, row: Any) -> None:
        if isinstance(row, (Product, ProductVariant)):
            message = "products and variants are archived, not deleted: set product.status = 'archived'"
            raise Invalid(message)
        if isinstance(row, ProductMetafield):
            self._set(row.product_id, None, f"metafields.{row.namespace}.{row.key}", None)
        else:
            self._note_list(row)

    def _new(self, row: Any) -> None:
        if isinstance(row, Product):
            self._make(row)
        elif isinstance(row, ProductVariant):
            product = self._product_of(row)
            if id(product) not in self._born:
                made = catalog.Making(product.id, self._variant_record(row, product), row.id)
                self.script.made.append(made)
        elif isinstance(row, ProductMetafield):
            product = self._product_of(row)
            if id(product) not in self._born:
                value = _typed(row)
                self._set(product.id, None, f"metafields.{row.namespace}.{row.key}", value)
        else:
            self._note_list(row)

    def _dirty(self, row: Any) -> None:
        changed = {name: history for name, history in _histories(row) if history.added or history.deleted}
        if isinstance(row, Product):
            self._product(row, changed)
        elif isinstance(row, ProductVariant):
            self._variant(row, changed)
        elif isinstance(row, ProductMetafield):
            if changed.keys() - {"value", "value_type"}:
                raise Invalid(_fixed("metafield", changed.keys() - {"value", "value_type"}))
            self._set(row.product_id, None, f"metafields.{row.namespace}.{row.key}", _typed(row))
        else:
            self._note_list(row)

    def _product(self, product: Product, changed: dict[str, History]) -> None:
        for name, history in changed.items():
            if name in {"category", "category_id"}:
                continue
            if name in {"variants", "metafields", "images"}:
                self._children_taken_out(history.deleted or ())
            elif name in catalog.PRODUCT_COLUMNS:
                self._set(product.id, None, name, getattr(product, name), seen=_seen(history))
            else:
                raise Invalid(_fixed("product", [name]))
        if changed.keys() & {"category", "category_id"}:
            stood = inspect(product).attrs.category_id.history
            seen = [*(stood.deleted or ()), *(stood.unchanged or ())]
            self._set(product.id, None, "category", self._category_id(product), seen=seen[0] if seen else UNSET)

    def _variant(self, variant: ProductVariant, changed: dict[str, History]) -> None:
        for name, history in changed.items():
            if name in _OPTIONS:
                continue
            if name == "identifiers":
                self._children_taken_out(history.deleted or ())
            elif name in catalog.VARIANT_COLUMNS:
                self._set(variant.product_id, variant.id, name, getattr(variant, name), seen=_seen(history))
            else:
                raise Invalid(_fixed("variant", [name]))
        if changed.keys() & set(_OPTIONS):
            options = _options_of(variant, self._product_of(variant))
            self._set(variant.product_id, variant.id, "options", options)

    def _children_taken_out(self, children: Iterable[Any]) -> None:
        """Children that left their parent's list would be deleted by the flush: they are told of as deleted."""
        for each in children:
            if each in self.session and id(each) not in self._gone:
                self._gone.add(id(each))
                self._deleted(each)

    # -- lists of children --------------------------------------------------------------------------------------------

    def _note_list(self, row: Any) -> None:
        owner = self._variant_of(row) if isinstance(row, ProductIdentifier) else self._product_of(row)
        is_born = id(owner if isinstance(owner, Product) else self._product_of(owner)) in self._born
        if not is_born:
            self._lists[(id(owner), type(row))] = owner

    def _list(self, owner: Any, kind: type[Any]) -> None:
        if kind is ProductImage:
            self._set(owner.id, None, "images", self._images(owner))
            return
        there = self._there(owner.identifiers, owner)
        was = {each.scheme for each in owner.identifiers} | {
            each.scheme for each in self.session.deleted if isinstance(each, ProductIdentifier)
        }
        for scheme in sorted(was):
            codes = sorted({each.value for each in there if each.scheme == scheme})
            self._set(owner.product_id, owner.id, f"identifiers.{scheme}", codes or None)

    def _images(self, product: Product) -> list[dict[str, Any]]:
        there = self._there(product.images, product)
        there.sort(key=lambda each: each.position or 1_000_000)
        return [{"url": each.url, "alt_text": each.alt_text, **_source(each)} for each in there]

    def _there(self, listed: Sequence[Any], owner: Any) -> list[Any]:
        """The children that will be there: those listed, those made with the owner's id only, without the deleted."""
        kind = ProductImage if isinstance(owner, Product) else ProductIdentifier
        column = "product_id" if isinstance(owner, Product) else "variant_id"
        more = [each for each in self.session.new if isinstance(each, kind) and getattr(each, column) == owner.id]
        unique = {id(each): each for each in (*listed, *more)}
        return [each for key, each in unique.items() if key not in self._gone]

    # -- new products -------------------------------------------------------------------------------------------------

    def _make(self, product: Product) -> None:
        if not product.variants:
            message = f"the new product {product.name!r} has no SKU: Product(name=..., sku=...)"
            raise Invalid(message)
        if product.custom_attributes:
            raise Invalid(_fixed("product", ["custom_attributes"]))
        for number, variant in enumerate(product.variants, 1):
            # The ids that the catalogue gives them: an undoing that is taken back makes the same ones again.
            variant.id = UUID(bytes=part_id(product.id.bytes, number))
        given = {
            name: _text(value) for name in catalog.PRODUCT_COLUMNS if (value := _given(product, name)) is not UNSET
        }
        metafields = self._children(product, product.metafields, ProductMetafield)
        record = ProductRecord(
            handle=_given(product, "handle"),
            **given,
            variants=[self._variant_record(each, product) for each in product.variants],
            images=[ImageRecord(**each) for each in self._images(product)],
            metafields={f"{each.namespace}.{each.key}": _decoded(each) for each in metafields},
        )
        self.script.made.append(catalog.Making(product.id, record, category_id=self._category_id(product)))

    def _children(self, owner: Any, listed: Sequence[Any], kind: type[Any]) -> list[Any]:
        more = [each for each in self.session.new if isinstance(each, kind) and each.product_id == owner.id]
        return list({id(each): each for each in (*listed, *more)}.values())

    def _variant_record(self, variant: ProductVariant, product: Product) -> VariantRecord:
        columns = [name for name in catalog.VARIANT_COLUMNS if _given(variant, name) is not UNSET]
        given = {name: _text(_given(variant, name)) for name in columns}
        codes: dict[str, list[str]] = {}
        for each in variant.identifiers:
            codes.setdefault(each.scheme, []).append(each.value)
        options = _options_of(variant, product)
        return VariantRecord(sku=variant.sku, **given, options=options or UNSET, identifiers=codes or UNSET)

    # -- shared -------------------------------------------------------------------------------------------------------

    def _set(self, product_id: UUID, variant_id: UUID | None, name: str, value: Any, *, seen: Any = UNSET) -> None:
        self.script.sets.append(catalog.FieldSet(product_id, variant_id, name, value, seen))

    def _product_of(self, row: Any) -> Product:
        product = row.__dict__.get("product")
        if product is None and row.product_id is not None:
            born = (each for each in self.session.new if isinstance(each, Product) and each.id == row.product_id)
            product = next(born, None) or self.session.get(Product, row.product_id)
        if product is None:
            message = f"a new {type(row).__name__} belongs to no product: give it product= or product_id="
            raise Invalid(message)
        return cast("Product", product)

    def _variant_of(self, row: ProductIdentifier) -> ProductVariant:
        variant = row.__dict__.get("variant") or self.session.get(ProductVariant, row.variant_id)
        if variant is None:
            message = "a new ProductIdentifier belongs to no variant: give it variant= or variant_id="
            raise Invalid(message)
        return cast("ProductVariant", variant)

    def _category_id(self, product: Product) -> UUID | None:
        if "category" not in product.__dict__ or not inspect(product).attrs.category.history.has_changes():
            return product.category_id
        category = product.category
        if category is not None and category in self.session.new:
            raise Invalid(_TREE)
        return None if category is None else category.id


def _histories(row: Any) -> Iterable[tuple[str, History]]:
    return ((each.key, each.history) for each in inspect(row).attrs)


def _seen(history: History) -> Any:
    return history.deleted[0] if history.deleted else UNSET


def _given(row: Any, name: str) -> Any:
    return row.__dict__.get(name, UNSET)


def _text(value: Any) -> Any:
    """As records say it: amounts are text; of a float what was typed."""
    if isinstance(value, float):
        value = Decimal(repr(value))
    return format(value, "f") if isinstance(value, Decimal) else str(value) if type(value) is int else value


def _typed(row: ProductMetafield) -> Metafield:
    """Its type, and its value as the text that is kept."""
    return Metafield(row.value_type or "single_line_text_field", row.value)


def _decoded(row: ProductMetafield) -> Metafield:
    said = _typed(row)
    try:
        return Metafield(said.type, catalog.metafields.decode(said.type, said.value))
    except catalog.metafields.Unfit as wrong:
        message = f"metafields.{row.namespace}.{row.key} ({said.type}): {wrong}"
        raise Invalid(message) from wrong


def _source(image: ProductImage) -> dict[str, Any]:
    if image.source_scheme is None:
        return {}
    return {"source": (image.source_scheme, image.source_id or "", image.source_view or "")}


def _options_of(variant: ProductVariant, product: Product) -> dict[str, str]:
    names = [product.option1_name, product.option2_name, product.option3_name]
    values = [variant.option1, variant.option2, variant.option3]
    if any(value and not name for name, value in zip(names, values, strict=True)):
        message = "an option needs its name on the product: Product(option1_name='Size', ...)"
        raise Invalid(message)
    return {name: value for name, value in zip(names, values, strict=True) if name and value}


def _fixed(what: str, names: Iterable[str]) -> str:
    listed = ", ".join(sorted(names))
    known = catalog.PRODUCT_COLUMNS if what == "product" else catalog.VARIANT_COLUMNS
    return f"{listed} of a {what} is kept by Mercat and set by no script; a script sets {', '.join(known)}"
