"""Pictures of one's own: taken in on a product's page, and shown to those who may see products."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

from fastapi import File, UploadFile
from fastapi import Path as InPath
from starlette.responses import FileResponse, Response

from mercat.core.errors import Invalid
from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.media import service as media
from mercat.sdk.pictures import OwnPicture
from mercat.web.product import shown_product
from mercat.web.routes import Caller, House, Pages, Shown, needs

router = Pages()
_MOST_AT_ONCE = 50
# Opened by itself a picture is nothing but a picture; and what it shows never changes, because its address would.
SHOWN = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Disposition": "inline",
}
Hash = Annotated[str, InPath(pattern=r"^[0-9a-f]{64}$")]
Ending = Literal["jpg", "png", "webp", "gif"]


@router.get("/media/{sha256}.{ending}", **needs("catalog.read"))
def show_picture(sha256: Hash, ending: Ending, runtime: House, caller: Caller) -> Response:
    """A picture as it was taken in."""
    picture = OwnPicture(sha256, ending)
    return FileResponse(media.picture_path(runtime, caller, picture), media_type=picture.media_type, headers=SHOWN)


@router.get("/media/small/{sha256}.{ending}", **needs("catalog.read"))
def show_small_picture(sha256: Hash, ending: Ending, runtime: House, caller: Caller) -> Response:
    """The same, small."""
    path = media.small_picture_path(runtime, caller, OwnPicture(sha256, ending))
    return FileResponse(path, media_type="image/webp", headers=SHOWN)


@router.post("/products/{reference}/pictures", **needs("catalog.edit"))
def add_pictures(
    reference: str,
    runtime: House,
    caller: Caller,
    page: Shown,
    file: Annotated[list[UploadFile], File()],
) -> Response:
    """Take files in and show them behind the others. One that cannot be taken stops no other."""
    try:
        with _on_disk(runtime, _chosen(file)) as files:
            done = catalog.add_pictures(runtime, caller, reference, files)
    except Invalid as wrong:
        with runtime.read(caller) as unit:
            return shown_product(unit, page, reference, "media", error=wrong.message)
    undo = f"/changes/{done.change_set.id}/undo" if done.change_set and page.may("catalog.undo") else None
    return page.go(f"/products/{reference}?tab=media", _said(done), undo=undo)


def _chosen(files: Sequence[UploadFile]) -> list[UploadFile]:
    """A form without a choice sends a file without a name."""
    chosen = [each for each in files if each.filename]
    if not 1 <= len(chosen) <= _MOST_AT_ONCE:
        message = f"choose 1 to {_MOST_AT_ONCE} pictures"
        raise Invalid(message, field="file")
    return chosen


@contextmanager
def _on_disk(runtime: Runtime, files: Sequence[UploadFile]) -> Iterator[list[tuple[Path, str]]]:
    folder = runtime.settings.home / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="upload-") as place:
        taken = []
        for number, file in enumerate(files):
            path = Path(place, str(number))
            with path.open("wb") as out:
                shutil.copyfileobj(file.file, out)
            taken.append((path, file.filename or ""))
        yield taken


def _said(done: catalog.AddedPictures) -> str:
    counts = ((len(done.added), "added"), (len(done.there), "there already"))
    told = [f"{count} {'picture' if count == 1 else 'pictures'} {what}" for count, what in counts if count]
    return ". ".join([", ".join(told), *done.refused])
