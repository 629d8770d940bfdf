"""A product's pictures: their order, what they show, adding one by its address and taking one away. Each save is a change set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Form
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.core.errors import Conflict, Invalid
from mercat.core.unit import WriteUnit
from mercat.domain.catalog import service as catalog
from mercat.web.routes import Caller, House, Pages, Shown, needs

router = Pages()
_MOST = 250


class Pictures(BaseModel):
    """The pictures in the order of the form, and what a button does with one of them. ``was`` are the addresses that were shown."""

    url: list[str] = Field(default_factory=list, max_length=_MOST)
    alt: list[str] = Field(default_factory=list, max_length=_MOST)
    was: list[str] = Field(default_factory=list, max_length=_MOST)
    up: int | None = None
    down: int | None = None
    remove: int | None = None
    add_url: str = Field("", max_length=2000)
    add_alt: str = Field("", max_length=1000)

    def wanted(self) -> list[tuple[str, str]]:
        """Address and description of each, as it is meant to be. Raises ``Invalid``."""
        if len(self.url) != len(self.alt):
            message = "each picture has an address and a description: open the page again"
            raise Invalid(message)
        rows = list(zip(self.url, self.alt, strict=True))
        if self.add_url.strip():
            if not self.add_url.strip().startswith(("https://", "http://")):
                message = "a picture is given by its address, which begins with https://"
                raise Invalid(message, field="add_url")
            rows.append((self.add_url.strip(), self.add_alt.strip()))
        for number, by in ((self.up, -1), (self.down, 1)):
            if number is not None and 0 <= number < len(rows):
                moved = rows.pop(number)
                rows.insert(max(0, number + by), moved)
        if self.remove is not None and 0 <= self.remove < len(rows):
            rows.pop(self.remove)
        return rows


@router.post("/products/{reference}/images", **needs("catalog.edit"))
def save(reference: str, runtime: House, caller: Caller, page: Shown, asked: Annotated[Pictures, Form()]) -> Response:
    """Keep the pictures as they are asked for."""
    wanted, back = asked.wanted(), f"/products/{reference}?tab=media"

    def work(unit: WriteUnit) -> Any:
        kept = catalog.get_product(unit, reference).document.get("images") or []
        if [each["url"] for each in kept] != asked.was:
            message = "its pictures changed since you looked: look again"
            raise Conflict(message)
        return catalog.edit(unit, reference, {"images": _records(kept, wanted)})

    made = runtime.attempt(work, caller)
    if made is None:
        return page.go(back, "Nothing differs from what is kept")
    return page.go(back, "Saved", undo=f"/changes/{made.id}/undo" if page.may("catalog.undo") else None)


def _records(kept: Sequence[dict[str, Any]], wanted: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """As the catalogue takes them; what a supplier knows a picture by stays with it."""
    known = {each["url"]: each for each in kept}
    return [
        {**known.get(url, {}), "url": url, "alt_text": alt.strip() or None, "position": number}
        for number, (url, alt) in enumerate(wanted, 1)
    ]
