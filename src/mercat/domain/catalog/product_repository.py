"""Products for lists and scripts. Hot lists read rows, not objects."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from mercat.core.database import search
from mercat.core.database.bulk import Bulk
from mercat.core.errors import NotFound
from mercat.core.page import Page, offset
from mercat.core.repository import Repository
from mercat.domain.catalog.models import Category, Product, ProductVariant

# Asked in one: a SKU before a handle or an id, and of a product its first variant.
_OF_PRODUCT = (
    "SELECT v.product_id, v.id, 1 AS turn, v.position FROM products p JOIN product_variants v ON v.product_id = p.id"
    " WHERE {} = ?"
)
_PLACES = (
    "SELECT product_id, id, 0 AS turn, position FROM product_variants WHERE sku = ? UNION ALL "
    + _OF_PRODUCT.format("p.handle")
)
_FIRST_PLACE = " ORDER BY turn, position, id LIMIT 1"


def _whole(rows: Select[Product]) -> Select[Product]:
    """With what scripts ask a product for: a query for each kind, however many products there are."""
    kinds = (Product.variants, Product.metafields, Product.images, Product.category)
    return rows.options(*(selectinload(kind) for kind in kinds))


def _id_of(reference: str) -> bytes | None:
    try:
        return UUID(reference).bytes
    except ValueError:
        return None


class ProductRepository(Repository[Product]):
    """Products by what a merchant knows of them."""

    model = Product

    def find_by_sku(self, sku: str) -> Product | None:
        """The product that has a variant of this SKU, or ``None``."""
        rows = _whole(select(Product).join(ProductVariant).where(ProductVariant.sku == sku))
        return self.session.scalars(rows).one_or_none()

    def get_by_sku(self, sku: str) -> Product:
        """The product that has a variant of this SKU. Raises ``NotFound``."""
        found = self.find_by_sku(sku)
        if found is None:
            message = f"no product has the SKU {sku}: mercat product list --q finds products by any of their words"
            raise NotFound(message, sku=sku)
        return found

    def place_of(self, reference: str) -> tuple[bytes, bytes]:
        """The ids of product and variant, by SKU, by the product's handle, or by its id: then of its first variant.

        Raises ``NotFound``.
        """
        bulk = Bulk(self.session.connection())
        by_id = _id_of(reference)
        rows = bulk.fetch(
            _PLACES + (f" UNION ALL {_OF_PRODUCT.format('p.id')}" if by_id else "") + _FIRST_PLACE,
            [reference, reference, *([bulk.id(by_id)] if by_id else [])],
        )
        if not rows:
            message = f"no product has the SKU, handle or id {reference}: `mercat product list --q` finds by any word"
            raise NotFound(message, sku=reference)
        return bulk.id_of(rows[0][0]), bulk.id_of(rows[0][1])

    def has_any(self) -> bool:
        """Whether there is a product at all."""
        return self.session.scalar(select(Product.id).limit(1)) is not None

    def get_all(self, page: int = 1, per_page: int = 50) -> Page[Product]:
        """One page of all products, oldest first."""
        return self.paged(_whole(select(Product)).order_by(Product.id), page=page, per_page=per_page)

    def search(self, q: str, page: int = 1, per_page: int = 50) -> Page[Product]:
        """Products for what a person typed, best first: words, beginnings, parts of codes, one slip of the finger."""
        hits = search.find(Bulk(self.session.connection()), q, limit=per_page, offset=offset(page, per_page))
        return Page(self.in_order_of(hits.ids), hits.total, page, per_page)

    def find_by_category(
        self, category_id: UUID, page: int = 1, per_page: int = 50, *, with_descendants: bool = True
    ) -> Page[Product]:
        """Products of a category and, by default, of those below it, by name."""
        rows = _whole(select(Product))
        path = self.session.scalar(select(Category.path).where(Category.id == category_id))
        if with_descendants and path is not None:
            below = select(Category.id).where(Category.path.like(f"{path}%"))
            rows = rows.where(Product.category_id.in_(below))
        else:
            rows = rows.where(Product.category_id == category_id)
        return self.paged(rows.order_by(Product.name, Product.id), page=page, per_page=per_page)

    def find_by_brand(self, brand: str, page: int = 1, per_page: int = 50) -> Page[Product]:
        """Products of a brand, spelled as it is, by name."""
        rows = _whole(select(Product)).where(Product.brand == brand).order_by(Product.name, Product.id)
        return self.paged(rows, page=page, per_page=per_page)

    def in_order_of(self, ids: Sequence[bytes]) -> list[Product]:
        """These products in this order; those that are gone are left out."""
        wanted = _whole(select(Product)).where(Product.id.in_([UUID(bytes=each) for each in ids]))
        by_id = {each.id.bytes: each for each in self.session.scalars(wanted)}
        return [by_id[each] for each in ids if each in by_id]
