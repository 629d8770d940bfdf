"""Keeping pictures: in and out."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Collection
from functools import partial
from pathlib import Path

from mercat.core.actor import Actor
from mercat.core.database.locks import named_lock
from mercat.core.errors import Invalid, NotFound
from mercat.core.files import safe_name
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.media.forgetting import (
    LOCK,
    count_unused,
    forget,
    mark_used,
    small_place,
    unused_pictures,
)
from mercat.domain.media.formats.cleaned import Cleaned
from mercat.domain.media.looking import LARGEST_BYTES, cleaned, refuse_large
from mercat.domain.media.models import MediaFile
from mercat.domain.media.repository import MediaRepository
from mercat.domain.media.schemas import Picture, view_of
from mercat.domain.media.shrinking import shrink
from mercat.sdk.pictures import OwnPicture, own_picture

MAY_ADD, MAY_SEE = "catalog.edit", "catalog.read"
__all__ = [
    "LARGEST_BYTES",
    "count_unused",
    "find_pictures",
    "forget",
    "keep_picture",
    "mark_used",
    "path_of",
    "picture_path",
    "small_picture_path",
    "unknown_pictures",
    "unused_pictures",
]


def keep_picture(runtime: Runtime, actor: Actor, path: Path, name: str) -> Picture:
    """Check a file, clean it of metadata and keep it; one that is kept already is the same one. No unit may be open.

    ``name`` is what it is called; what it is, its bytes say. Raises ``Invalid`` with the reason.
    """
    actor.require(MAY_ADD)
    called = safe_name(name)
    try:
        refuse_large(path.stat().st_size)
        picture = cleaned(path.read_bytes())
        return _kept(runtime, actor, picture, called)
    except Invalid as wrong:
        message = f"{called} cannot be taken: {wrong.message}"
        raise Invalid(message, file=called) from wrong


def _kept(runtime: Runtime, actor: Actor, picture: Cleaned, called: str) -> Picture:
    folder = runtime.settings.home / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="picture-") as taken:
        taken.write(picture.data)
        taken.flush()
        place = Path(taken.name)
        # Before it is kept: what cannot be shown leaves nothing behind.
        shrink(place, small_place(runtime, hashlib.sha256(picture.data).hexdigest()))
        with named_lock(runtime.engine, LOCK):
            file = runtime.files.keep(place)
            return runtime.attempt(partial(_note, sha256=file.sha256, picture=picture, called=called), actor)


def _note(unit: WriteUnit, *, sha256: str, picture: Cleaned, called: str) -> Picture:
    row = MediaRepository(unit.session).by_hash(sha256)
    if row is None:
        row = MediaFile(
            sha256=sha256,
            format=picture.format,
            width=picture.width,
            height=picture.height,
            file_size=len(picture.data),
            filename=called[-255:],
            created_by=unit.actor.name[:255],
        )
        unit.add(row)
    elif not row.is_used:
        # It is asked for again: it has its time from now on.
        row.created_at = unit.now
        unit.save()
    return view_of(row)


def find_pictures(unit: ReadUnit, addresses: Collection[str]) -> dict[str, Picture]:
    """Those of these addresses that are pictures of ours, by address."""
    own = {each.sha256 for each in map(own_picture, addresses) if each is not None}
    views = [view_of(each) for each in MediaRepository(unit.session).among(own)]
    return {each.address: each for each in views if each.address in addresses}


def unknown_pictures(unit: ReadUnit, addresses: Collection[str]) -> list[str]:
    """Those of these addresses that claim to be pictures of ours, and are none."""
    claimed = [each for each in addresses if own_picture(each) is not None]
    known = find_pictures(unit, claimed) if claimed else {}
    return [each for each in claimed if each not in known]


def path_of(runtime: Runtime, actor: Actor, address: str) -> Path | None:
    """The file behind an address of ours; ``None`` where it is no picture, or gone. No unit may be open."""
    own = own_picture(address)
    if own is None:
        return None
    with runtime.read(actor) as unit:
        # Other files are kept beside pictures, and those are not for everybody.
        row = MediaRepository(unit.session).by_hash(own.sha256)
        is_there = row is not None and row.format == own.ending
    path = runtime.files.path_of(own.sha256)
    return path if is_there and path.is_file() else None


def picture_path(runtime: Runtime, actor: Actor, picture: OwnPicture) -> Path:
    """The file of a picture, for whoever may see products. Raises ``NotFound``."""
    actor.require(MAY_SEE)
    path = path_of(runtime, actor, picture.address)
    if path is None:
        message = "there is no such picture"
        raise NotFound(message)
    return path


def small_picture_path(runtime: Runtime, actor: Actor, picture: OwnPicture) -> Path:
    """The same, small, as WebP; made anew where it is gone. Raises ``NotFound``."""
    path = picture_path(runtime, actor, picture)
    small = small_place(runtime, picture.sha256)
    if not small.is_file():
        shrink(path, small)
    return small
