"""Product categories: a small invented tree whose ids look like those of Shopify's Standard Product Taxonomy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.connections import Connection, connection
from mercat.sandbox.shopify.records import Node
from mercat.sandbox.shopify.registry import field as resolves
from mercat.sandbox.shopify.state import Shop

PREFIX = "gid://shopify/TaxonomyCategory/"
# Depth by indentation; what is not listed exists neither here nor, under this id, at Shopify.
_TREE = """
aa Apparel & Accessories
  aa-1 Clothing
    aa-1-1 Activewear
    aa-1-4 Dresses
    aa-1-13 Clothing Tops
      aa-1-13-8 T-Shirts
  aa-8 Shoes
el Electronics
  el-2 Audio
    el-2-2 Audio Components
  el-4 Communications
  el-7 Electronics Accessories
    el-7-8 Computer Components
    el-7-12 Cables
  el-17 Video
fr Furniture
  fr-3 Cabinets & Storage
  fr-5 Chairs
  fr-24 Tables
ha Hardware
  ha-15 Tools
hg Home & Garden
  hg-3 Decor
  hg-13 Lighting
    hg-13-4 Lamps
  hg-11 Kitchen & Dining
os Office Supplies
  os-1 Book Accessories
  os-4 General Office Supplies
sg Sporting Goods
  sg-4 Outdoor Recreation
tg Toys & Games
"""


@dataclass(slots=True, eq=False, kw_only=True)
class Category(Node):
    """A place in the tree; roots are on level 1."""

    typename = "TaxonomyCategory"
    name: str
    full_name: str
    level: int
    parent_id: str | None
    ancestor_ids: list[str]
    children_ids: list[str] = field(default_factory=list)
    is_archived: bool = False

    @property
    def is_leaf(self) -> bool:
        """Whether nothing is below."""
        return not self.children_ids

    @property
    def is_root(self) -> bool:
        """Whether nothing is above."""
        return self.parent_id is None


def plant(shop: Shop) -> None:
    """Put the tree into a new shop."""
    above: list[Category] = []
    for line in _TREE.strip().splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        number, _, name = line.strip().partition(" ")
        above = above[:depth]
        parent = above[-1] if above else None
        category = shop.make(
            Category,
            id=PREFIX + number,
            name=name,
            full_name=" > ".join([*(each.name for each in above), name]),
            level=depth + 1,
            parent_id=parent.id if parent else None,
            ancestor_ids=[each.id for each in reversed(above)],
        )
        if parent:
            parent.children_ids.append(category.id)
        above.append(category)


@resolves("QueryRoot.taxonomy")
def taxonomy(_: Any, __: Call, ___: dict[str, Any]) -> dict[str, Any]:
    return {}


@resolves("Taxonomy.categories")
def categories(_: Any, call: Call, args: dict[str, Any]) -> Connection:
    """Without a filter, the roots."""
    found = call.shop.all(Category)
    if gid := args.get("childrenOf"):
        found = [each for each in found if each.parent_id == _known(call, gid).id]
    if gid := args.get("descendantsOf"):
        found = [each for each in found if _known(call, gid).id in each.ancestor_ids]
    if gid := args.get("siblingsOf"):
        found = [each for each in found if each.parent_id == _known(call, gid).parent_id and each.id != gid]
    if words := (args.get("search") or "").lower().split():
        found = [each for each in found if all(word in each.full_name.lower() for word in words)]
    if not any(args.get(name) for name in ("childrenOf", "descendantsOf", "siblingsOf", "search")):
        found = [each for each in found if each.is_root]
    return connection(found, call, args)


def _known(call: Call, gid: str) -> Any:
    found = call.shop.find(gid, Category)
    return found or Category(
        id="", created_at="", updated_at="", name="", full_name="", level=0, parent_id="none", ancestor_ids=[]
    )


@resolves("TaxonomyCategory.attributes")
def attributes(_: Category, call: Call, args: dict[str, Any]) -> Connection:
    return connection([], call, args)
