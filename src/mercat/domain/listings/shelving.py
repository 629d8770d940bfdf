"""Shelving: categories that products stand in, and our collections, become collections of the shop, before products go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.jobs import Progress
from mercat.core.unit import ReadUnit, Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.listings.connecting import Shop
from mercat.domain.listings.drafting import digest_of
from mercat.domain.listings.shelf_repository import Known, ShelfRepository
from mercat.domain.listings.waiting import insist
from mercat.sdk.channels import Collecting, Shelf
from mercat.sdk.values import slug


@dataclass(frozen=True)
class Due:
    """What the shop has to be told before products go: category paths, and collections with the digest of their texts."""

    paths: list[str]
    collections: list[tuple[UUID, Shelf, str]]

    @property
    def count(self) -> int:
        """How many collections that are."""
        return len(self.paths) + len(self.collections)


def has_shelves(shop: Shop) -> bool:
    """Whether our categories become collections there."""
    return shop.selling.shelves and isinstance(shop.channel, Collecting)


def has_collections(shop: Shop) -> bool:
    """Whether our collections are shown there."""
    return shop.selling.collections and isinstance(shop.channel, Collecting)


def shown_at(unit: ReadUnit, store_id: UUID) -> dict[UUID, str]:
    """What the store's channel calls our active collections."""
    known = ShelfRepository(unit.session).known(store_id)
    return {each.id: known[each.id].reference for each in catalog.shown_collections(unit) if each.id in known}


def due(unit: ReadUnit, shop: Shop, *, everything: bool = False) -> Due:
    """What is not there yet, or has another text by now. ``everything``: also what should be there, to look for it."""
    return Due(
        _paths(unit, shop, everything=everything) if has_shelves(shop) else [],
        list(_collections(unit, shop, everything=everything)) if has_collections(shop) else [],
    )


def shelve(runtime: Runtime, actor: Actor, shop: Shop, progress: Progress, *, everything: bool = False) -> None:
    """Have the shop know them. Repeated after a kill, what was made is found by its handle."""
    channel = shop.channel
    if not isinstance(channel, Collecting):
        return
    with runtime.read(actor) as unit:
        wanted = due(unit, shop, everything=everything)
    if not wanted.count:
        return
    progress("making collections", 0, wanted.count)
    shelves = {path: Shelf(handle=slug(path), title=path.rpartition(" > ")[2].strip() or path) for path in wanted.paths}
    asked = [each for each in shelves.values() if each.handle] + [shelf for _, shelf, _ in wanted.collections]
    made = insist(lambda: channel.ensure_collections(asked), shop.watch.pause)
    with runtime.write(actor) as unit:
        found = {path: made[each.handle] for path, each in shelves.items() if each.handle in made}
        catalog.keep_shelves(unit, shop.id, found)
        known = {
            key: Known(made[shelf.handle], told) for key, shelf, told in wanted.collections if shelf.handle in made
        }
        ShelfRepository(unit.session).keep(shop.id, known, unit.now)


def _paths(unit: ReadUnit, shop: Shop, *, everything: bool) -> list[str]:
    known = {} if everything else catalog.shelves_of(unit, shop.id)
    return [each.path for each in catalog.categories.tree(unit) if each.product_count and each.path not in known]


def _collections(unit: ReadUnit, shop: Shop, *, everything: bool) -> Iterable[tuple[UUID, Shelf, str]]:
    known = ShelfRepository(unit.session).known(shop.id)
    for each in catalog.shown_collections(unit):
        there = known.get(each.id)
        shelf = Shelf(
            handle=each.handle,
            title=each.name,
            description=each.description or "",
            seo_title=each.seo_title or "",
            seo_description=each.seo_description or "",
            image_url=each.image_url,
            reference=there.reference if there else None,
        )
        told = digest_of([shelf.title, shelf.description, shelf.seo_title, shelf.seo_description, shelf.image_url])
        if everything or there is None or there.told != told:
            yield each.id, shelf, told
