"""Pictures that nobody came to need: which they are, and how they go.

Whether a change names a picture is known above. A row goes first, in the transaction that looked; the bytes go afterwards by a
job, so that what was rolled back has lost nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from pathlib import Path

from mercat.core.actor import Actor
from mercat.core.database.locks import named_lock
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.media.configurable import KEEP_PICTURES
from mercat.domain.media.messages import DropPictures, PicturesLetGo
from mercat.domain.media.repository import MediaRepository
from mercat.domain.media.schemas import Picture, view_of
from mercat.domain.operations import service as operations
from mercat.sdk.pictures import own_picture

LOCK = "pictures"
"""Held by whoever lets a picture's bytes come or go: one that comes again must not be taken away in the same moment."""


def small_place(runtime: Runtime, sha256: str) -> Path:
    """Where a small picture lies: not among the kept files, for it can be made again and no backup needs it."""
    return runtime.settings.home / "small-pictures" / sha256[:2] / f"{sha256}.webp"


def mark_used(unit: WriteUnit, addresses: Collection[str]) -> None:
    """A change names these addresses: those that are pictures of ours stay for good."""
    own = {each.sha256 for each in map(own_picture, addresses) if each is not None}
    if own:
        MediaRepository(unit.session).mark_used(own)


def count_unused(unit: ReadUnit, *, days: int | None = None) -> int:
    """How many are older than they are kept unnamed (or than ``days``), and no change is known to name."""
    before = _end(unit, days)
    return 0 if before is None else MediaRepository(unit.session).count_unused(before)


def unused_pictures(unit: ReadUnit, *, days: int | None = None, most: int) -> list[Picture]:
    """Some of them."""
    before = _end(unit, days)
    return [] if before is None else [view_of(each) for each in MediaRepository(unit.session).unused(before, most=most)]


def forget(unit: WriteUnit, pictures: Sequence[Picture]) -> int:
    """Forget these; how many there were. Their bytes go once this is committed."""
    unit.actor.require("operations.configure")
    repository = MediaRepository(unit.session)
    rows = repository.among([each.sha256 for each in pictures])
    for row in rows:
        unit.remove(row)
    if rows:
        unit.enqueue(DropPictures(tuple(row.sha256 for row in rows)))
    return len(rows)


def drop(runtime: Runtime, actor: Actor, hashes: Sequence[str]) -> int:
    """Remove the bytes of pictures that were forgotten, unless one came again or is kept for something else; how many."""
    with named_lock(runtime.engine, LOCK):
        with runtime.write(actor) as unit:
            asked = PicturesLetGo(tuple(hashes))
            unit.announce(asked)
            needed = asked.needed | {each.sha256 for each in MediaRepository(unit.session).among(hashes)}
        gone = [each for each in hashes if each not in needed]
        for sha256 in gone:
            small_place(runtime, sha256).unlink(missing_ok=True)
            runtime.files.remove(sha256)
    return len(gone)


def _end(unit: ReadUnit, days: int | None) -> dt.datetime | None:
    age = operations.value_of(unit, KEEP_PICTURES) if days is None else days
    return unit.now - dt.timedelta(days=age) if age or days is not None else None
