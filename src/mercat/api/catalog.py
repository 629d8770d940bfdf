"""What hangs on products, over HTTP: variants, metafields and their definitions, pictures, locks, collections."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import Field, StrictBool
from starlette.responses import Response

from mercat.api.answers import answer
from mercat.api.asking import Asked
from mercat.api.lists import add_list, item_model
from mercat.api.routes import Caller, House, Room, needs
from mercat.domain.catalog import service as catalog

router = Room("Catalogue")
Owner = Annotated[Literal["product", "variant", "inventory_item", "supplier", "asset"], Path()]
Key = Annotated[str, Path(description="namespace.key", max_length=320)]

add_list(router, "/variants", catalog.VARIANTS, name="Variant")
add_list(router, "/metafields", catalog.METAFIELDS, name="MetafieldValue")
add_list(router, "/metafield-definitions", catalog.DEFINITIONS, name="MetafieldDefinition")
add_list(router, "/images", catalog.IMAGES, name="Image")
add_list(router, "/locks", catalog.LOCKS, name="Lock")


class DefinitionDraft(Asked):
    """What a custom field is."""

    type: str = Field(max_length=60, examples=["single_line_text_field"], description="one of Shopify's types")
    name: str | None = Field(None, max_length=255)
    validations: dict[str, Any] = Field({}, examples=[{"max": "40"}])
    is_required: StrictBool = False
    is_searchable: StrictBool = False
    is_filterable: StrictBool = False
    group: str | None = Field(None, max_length=100)
    help_text: str | None = Field(None, max_length=10_000)


@router.put(
    "/metafield-definitions/{owner}/{key}",
    response_model=item_model("MetafieldDefinitionSet", catalog.DEFINITIONS),
    **needs("catalog.edit"),
)
def define_metafield(owner: Owner, key: Key, runtime: House, caller: Caller, draft: DefinitionDraft) -> Response:
    """Define a custom field, or define it anew. Values that are there are not judged again."""
    with runtime.write(caller) as unit:
        defined = catalog.define(unit, key, owner=owner, **draft.model_dump())
    return answer(defined)
