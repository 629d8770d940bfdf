"""What the catalogue does when products changed, and when what is old is to go."""

from __future__ import annotations

from mercat.core.unit import WriteUnit, on
from mercat.domain.catalog.change_repository import ChangeBulk
from mercat.domain.catalog.icon_repository import IconRepository
from mercat.domain.catalog.messages import ProductsChanged
from mercat.domain.catalog.picture_keeping import count_unnamed, forget_unnamed
from mercat.domain.media.messages import PicturesLetGo
from mercat.domain.operations import service as operations
from mercat.domain.operations.messages import Forgetting


@on(ProductsChanged)
def tell_of_products(unit: WriteUnit, fact: ProductsChanged) -> None:
    """Their ids: what they are by now is asked for."""
    if not operations.is_wanted(unit, "product.updated"):
        return
    created = ChangeBulk(unit.bulk).created(fact.change_set_id.bytes) if fact.created else []
    facts = {"change_set_id": fact.change_set_id}
    operations.emit_ids(unit, "product.updated", facts, name="product_ids", ids=[*fact.product_ids, *created])


@on(Forgetting)
def forget_unnamed_pictures(unit: WriteUnit, fact: Forgetting) -> None:
    """Part of every night's tidying."""
    gone = count_unnamed(unit, days=fact.days) if fact.is_dry else forget_unnamed(unit, days=fact.days)
    fact.gone |= {"media_files": gone}


@on(PicturesLetGo)
def keep_icons(unit: WriteUnit, fact: PicturesLetGo) -> None:
    """An icon may be the same picture."""
    fact.needed |= IconRepository(unit.session).hashes_among(fact.hashes)
