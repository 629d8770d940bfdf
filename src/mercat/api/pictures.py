"""Pictures of one's own over HTTP: sent in to a product, and fetched again."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from mercat.api.answers import answer
from mercat.api.products import Reference
from mercat.api.routes import Caller, House, Room, needs
from mercat.api.uploads import received, takes_file
from mercat.domain.catalog import service as catalog
from mercat.domain.media import service as media
from mercat.domain.media.schemas import Picture
from mercat.sdk.pictures import MEDIA_TYPES, OwnPicture

router = Room("Pictures")
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_MAY_SEE = needs("catalog.read", refusals=(401, 403, 404, 422, 429))
_A_PICTURE: dict[str, Any] = {
    **_MAY_SEE,
    "responses": {
        **_MAY_SEE["responses"],
        200: {"description": "The picture", "content": dict.fromkeys(sorted(set(MEDIA_TYPES.values())), _BINARY)},
    },
}


class PictureQuery(BaseModel):
    """What is said of the picture."""

    model_config = ConfigDict(extra="forbid")

    filename: str = Field("picture", max_length=255, description="what the file is called; a form says it itself")
    alt_text: str | None = Field(None, max_length=1000, description="what it shows, for whoever cannot see it")


class PictureItem(BaseModel):
    """A picture that is kept. ``url`` is what the product names it by, below this Mercat's own origin."""

    url: str
    width: int
    height: int
    file_size: int
    filename: str


class PictureAdded(BaseModel):
    """What came of it; ``change_set`` is nothing where the product shows the picture already."""

    change_set: str | None
    picture: PictureItem


@router.post(
    "/products/{reference}/pictures",
    status_code=201,
    response_model=PictureAdded,
    **needs(
        "catalog.edit", **takes_file("One JPEG, PNG, WebP or GIF of at most 20 MB and 25 million pixels, by its bytes")
    ),
)
async def add_picture(
    reference: Reference,
    request: Request,
    runtime: House,
    caller: Caller,
    asked: Annotated[PictureQuery, Query()],
) -> Response:
    """Keep a picture and show it behind the product's others, as a change set that can be undone. Metadata goes.

    200 where the product shows it already.
    """
    async with received(request, runtime, asked.filename) as file:
        done = await run_in_threadpool(
            catalog.add_pictures,
            runtime,
            caller,
            reference,
            [(file.path, file.name)],
            alt_text=asked.alt_text,
            origin="api",
        )
    [picture] = done.added or done.there
    change_set = None if done.change_set is None else str(done.change_set.id)
    return answer({"change_set": change_set, "picture": _item(picture)}, 201 if done.added else 200)


def _item(picture: Picture) -> dict[str, Any]:
    facts = {name: getattr(picture, name) for name in ("width", "height", "file_size", "filename")}
    return {"url": picture.address, **facts}


@router.get("/media/{sha256}.{ending}", response_class=Response, **_A_PICTURE)
def get_picture(
    sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")],
    ending: Literal["jpg", "png", "webp", "gif"],
    runtime: House,
    caller: Caller,
    size: Annotated[Literal["whole", "small"], Query(description="small: at most 320 pixels a side, WebP")] = "whole",
) -> Response:
    """A picture by the address that products name it by."""
    picture = OwnPicture(sha256, ending)
    # It never changes: another picture has another address.
    headers = {"Cache-Control": "private, max-age=31536000, immutable", "ETag": f'"{sha256}.{size}"'}
    if size == "small":
        path, kind = media.small_picture_path(runtime, caller, picture), "image/webp"
    else:
        path, kind = media.picture_path(runtime, caller, picture), picture.media_type
    return FileResponse(path, media_type=kind, headers=headers)
