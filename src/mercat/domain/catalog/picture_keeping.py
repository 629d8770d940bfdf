"""Which pictures of one's own the catalogue names: those are kept for good, since history and undo may show them again."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.catalog.change_repository import Planned
from mercat.domain.catalog.naming_repository import NamingBulk
from mercat.domain.media import service as media
from mercat.sdk.pictures import PREFIX, own_picture

_NAMED = re.compile(rf"{PREFIX}[0-9a-f]{{64}}\.[a-z]+")
_AT_ONCE = 500


def name_pictures(unit: WriteUnit, planned: Sequence[Planned]) -> list[str]:
    """Note what these changes name, so that it stays from now on; why they cannot be, where they name pictures that are none."""
    lists = [each.new_value for each in planned if each.field == "images" and each.new_value is not None]
    named = {image["url"] for text in lists for image in msgspec.json.decode(text) or () if own_picture(image["url"])}
    if not named:
        return []
    media.mark_used(unit, named)
    return [f"no picture is kept at {address}: send it in first" for address in media.unknown_pictures(unit, named)]


def count_unnamed(unit: ReadUnit, *, days: int | None = None) -> int:
    """How many pictures are old enough to go, should no change name them."""
    return media.count_unused(unit, days=days)


def forget_unnamed(unit: WriteUnit, *, days: int | None = None) -> int:
    """Let some of those go that no change and no product names; how many. The others are not looked for again.

    Nought says that none is left.
    """
    while old := media.unused_pictures(unit, days=days, most=_AT_ONCE):
        named = {address for text in NamingBulk(unit.bulk).naming(PREFIX) for address in _NAMED.findall(text)}
        media.mark_used(unit, [each.address for each in old if each.address in named])
        if gone := media.forget(unit, [each for each in old if each.address not in named]):
            return gone
    return 0
