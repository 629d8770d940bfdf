"""Are two values of a field the same to a person? Pure."""

from __future__ import annotations

from typing import Any

from mercat.domain.catalog import metafields
from mercat.domain.catalog.fields import METAFIELD
from mercat.domain.catalog.tree import name_key, split_path


def same(name: str, one: Any, other: Any) -> bool:
    """Whether two values of the field ``name`` differ in nothing that counts: empty is empty, a category is its names."""
    if one == other:
        return True
    if name == "category" and one and other:
        return [name_key(each) for each in split_path(one)] == [name_key(each) for each in split_path(other)]
    if name.startswith(METAFIELD) and one is not None and other is not None:
        return bool(one["type"] == other["type"] and metafields.same(one["type"], one["value"], other["value"]))
    return not one and not other and one not in (False, 0) and other not in (False, 0)
