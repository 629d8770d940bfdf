"""Pictures of one's own on a product: files become kept pictures, and those a change set like every edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mercat.core.actor import Actor
from mercat.core.errors import Invalid
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.catalog.browsing import get_product
from mercat.domain.catalog.editing import edit
from mercat.domain.catalog.models import ChangeSet
from mercat.domain.media import service as media
from mercat.domain.media.schemas import Picture

MOST = 250
"""Pictures of one product: no channel shows more."""


@dataclass(frozen=True)
class AddedPictures:
    """What came of files: ``added`` those that the product shows now, ``there`` those that it showed already.

    ``refused`` says why the others cannot be taken, a sentence each. ``change_set`` is what undo takes back.
    """

    change_set: ChangeSet | None
    added: list[Picture]
    there: list[Picture]
    refused: list[str]


def add_pictures(
    runtime: Runtime,
    actor: Actor,
    reference: str,
    files: Sequence[tuple[Path, str]],
    *,
    alt_text: str | None = None,
    origin: str = "user",
) -> AddedPictures:
    """Show these files (path, and what it is called) behind the pictures of the product with this SKU, handle or id.

    One bad file stops no other. ``alt_text`` describes each. No unit may be open. Raises ``NotFound``, and ``Invalid`` where no
    file can be taken or there would be too many.
    """
    actor.require("catalog.edit")
    with runtime.read(actor) as unit:
        get_product(unit, reference)
    kept: dict[str, Picture] = {}
    refused: list[str] = []
    for path, name in files:
        try:
            picture = media.keep_picture(runtime, actor, path, name)
            kept[picture.address] = picture
        except Invalid as wrong:
            refused.append(wrong.message)
    if not kept:
        raise Invalid("; ".join(refused) or "choose a picture", field="file")

    def show(unit: WriteUnit) -> tuple[ChangeSet | None, set[str]]:
        shown = get_product(unit, reference).document["images"]
        there = {each["url"] for each in shown}
        more = [_image(address, alt_text) for address in kept if address not in there]
        if len(shown) + len(more) > MOST:
            message = f"it would have {len(shown) + len(more)} pictures, and {MOST} are allowed: take some away first"
            raise Invalid(message, field="file")
        # By position the list is put in order.
        wanted = [{**each, "position": place} for place, each in enumerate([*shown, *more], 1)]
        return (edit(unit, reference, {"images": wanted}, origin=origin) if more else None), there

    change_set, there = runtime.attempt(show, actor)
    return AddedPictures(
        change_set,
        [each for address, each in kept.items() if address not in there],
        [each for address, each in kept.items() if address in there],
        refused,
    )


def _image(address: str, alt_text: str | None) -> dict[str, Any]:
    return {"url": address, "alt_text": (alt_text or "").strip() or None}
