"""Collections over HTTP: groups of products, put together by hand or by rules."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path, Query
from pydantic import ConfigDict, Field, StrictBool
from starlette.requests import Request
from starlette.responses import Response

from mercat.api.answers import answer, nothing
from mercat.api.asking import Asked
from mercat.api.lists import add_list
from mercat.api.product_shapes import ProductPage
from mercat.api.products import list_products
from mercat.api.routes import Caller, House, Room, needs
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.schemas import ProductQuery
from mercat.domain.catalog.service import collections

router = Room("Collections")
ProductReference = Annotated[str, Path(description="SKU, handle or id", max_length=255)]
Name = Annotated[str, Field(min_length=1, max_length=255, examples=["Blue things"])]
Match = Literal["all", "any"]

add_list(router, "/collections", catalog.COLLECTIONS, name="CollectionRow")


class RuleAsked(Asked):
    """What a product is compared by; texts to the letter, prices and numbers by their amount."""

    field: str = Field(max_length=400, examples=["brand"], description=f"one of {', '.join(collections.FIELDS)}")
    relation: Literal[collections.RELATIONS]  # type: ignore[valid-type]  # the catalogue's own list
    value: str | None = Field(
        None,
        max_length=1000,
        examples=["Acme"],
        description="text, decimal text, or a category's id, path or name; none for is_set",
    )


_RULES: Any = [{"field": "brand", "relation": "equals", "value": "Acme"}, {"field": "tag", "relation": "is_set"}]
Rules = Annotated[list[RuleAsked], Field(max_length=collections.MOST_RULES)]


class CollectionTexts(Asked):
    """What a collection may have and may be without."""

    handle: str | None = Field(None, min_length=1, max_length=200, description="what its address ends with")
    description: str | None = Field(None, max_length=100_000, description="HTML; what is not safe is left out")
    seo_title: str | None = Field(None, max_length=255)
    seo_description: str | None = Field(None, max_length=5_000)
    image_url: str | None = Field(None, max_length=2_000, examples=["https://img.example/window.jpg"])


class CollectionDraft(CollectionTexts):
    """A new collection: products are put into a manual one, rules choose those of the other kind. A handle is made for it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "By Acme", "kind": "rules", "rules": _RULES}]})

    name: Name
    kind: Literal["manual", "rules"] = "manual"
    rules_match: Match = "all"
    rules: Rules = Field([])
    position: int = Field(0, ge=-(2**31), lt=2**31, description="among collections")
    is_active: StrictBool = True


class CollectionPatch(CollectionTexts):
    """What is to be another; what is left out stays, and null empties. Its kind stays as it was made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "By Acme and others", "rules_match": "any"}]})

    name: Name | None = None
    rules_match: Match | None = None
    rules: Rules | None = None
    position: int | None = Field(None, ge=-(2**31), lt=2**31, description="among collections")
    is_active: StrictBool | None = None


class ProductsAsked(Asked):
    """Products by SKU, handle or id, in their order."""

    products: list[Annotated[str, Field(min_length=1, max_length=255)]] = Field(
        max_length=collections.MOST_AT_ONCE, examples=[["P-80", "copy-paper-a4"]]
    )


@router.post("/collections", status_code=201, response_model=collections.CollectionView, **needs("catalog.edit"))
def create_collection(runtime: House, caller: Caller, draft: CollectionDraft) -> Response:
    """Make a collection."""
    asked = collections.CollectionDraft(**_given(draft, all_of_it=True))
    view = runtime.attempt(lambda unit: collections.create(unit, asked), caller)
    return answer(view, 201, headers={"Location": f"/api/v1/collections/{view.id}"})


@router.get("/collections/{collection_id:uuid}", response_model=collections.CollectionView, **needs("catalog.read"))
def get_collection(collection_id: UUID, runtime: House, caller: Caller) -> Response:
    """One collection."""
    with runtime.read(caller) as unit:
        return answer(collections.get(unit, collection_id))


@router.patch("/collections/{collection_id:uuid}", response_model=collections.CollectionView, **needs("catalog.edit"))
def change_collection(collection_id: UUID, runtime: House, caller: Caller, patch: CollectionPatch) -> Response:
    """Change what is given. Its handle stays when its name changes."""
    values = _given(patch, all_of_it=False)
    return answer(runtime.attempt(lambda unit: collections.change(unit, collection_id, values), caller))


@router.delete("/collections/{collection_id:uuid}", status_code=204, **needs("catalog.edit"))
def delete_collection(collection_id: UUID, runtime: House, caller: Caller) -> Response:
    """Remove the group; its products stay."""
    with runtime.write(caller) as unit:
        collections.remove(unit, collection_id)
    return nothing()


@router.get(
    "/collections/{collection_id:uuid}/products", response_model=ProductPage, **needs("catalog.read", recalls=True)
)
def list_products_of_collection(
    collection_id: UUID, request: Request, runtime: House, caller: Caller, asked: Annotated[ProductQuery, Query()]
) -> Response:
    """Its products, with the filters of the list of products: as they were arranged by hand, else oldest first."""
    return list_products(request, runtime, caller, asked.model_copy(update={"collection_id": collection_id}))


@router.put(
    "/collections/{collection_id:uuid}/products", response_model=collections.CollectionView, **needs("catalog.edit")
)
def set_products_of_collection(collection_id: UUID, runtime: House, caller: Caller, asked: ProductsAsked) -> Response:
    """Have a manual collection hold exactly these products, in this order."""
    return answer(runtime.attempt(lambda unit: collections.set_products(unit, collection_id, asked.products), caller))


@router.put(
    "/collections/{collection_id:uuid}/products/{reference}",
    response_model=collections.CollectionView,
    **needs("catalog.edit"),
)
def put_product_into_collection(
    collection_id: UUID,
    reference: ProductReference,
    runtime: House,
    caller: Caller,
    position: Annotated[
        int | None, Query(ge=1, le=1_000_000, description="its place, counted from 1; left out: the end, or as it is")
    ] = None,
) -> Response:
    """Put a product into a manual collection, or move it to another place."""
    return answer(
        runtime.attempt(
            lambda unit: collections.put_in(unit, collection_id, [reference], position=position),
            caller,
        )
    )


@router.delete(
    "/collections/{collection_id:uuid}/products/{reference}",
    response_model=collections.CollectionView,
    **needs("catalog.edit"),
)
def take_product_out_of_collection(
    collection_id: UUID, reference: ProductReference, runtime: House, caller: Caller
) -> Response:
    """Take a product out of a manual collection; one that is not in it is no matter."""
    return answer(runtime.attempt(lambda unit: collections.take_out(unit, collection_id, [reference]), caller))


def _given(asked: Asked, *, all_of_it: bool) -> dict[str, Any]:
    values = asked.model_dump(exclude_unset=not all_of_it)
    if values.get("rules") is not None:
        values["rules"] = [collections.Rule(**rule) for rule in values["rules"]]
    return values
