"""Pictures that were sent in, as they are kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy import func, select, update

from mercat.core.repository import Repository
from mercat.domain.media.models import MediaFile

_AT_ONCE = 500


class MediaRepository(Repository[MediaFile]):
    """Each picture once, by its hash."""

    model = MediaFile

    def by_hash(self, sha256: str) -> MediaFile | None:
        """The picture of this hash."""
        return self.session.scalar(select(MediaFile).where(MediaFile.sha256 == sha256))

    def among(self, hashes: Collection[str]) -> list[MediaFile]:
        """Those of these hashes that there are."""
        wanted = sorted(set(hashes))
        return [
            each
            for start in range(0, len(wanted), _AT_ONCE)
            for each in self.session.scalars(
                select(MediaFile).where(MediaFile.sha256.in_(wanted[start : start + _AT_ONCE]))
            )
        ]

    def count_unused(self, before: dt.datetime) -> int:
        """How many no change has named that are older than that."""
        unused = select(func.count()).select_from(MediaFile)
        return self.session.scalar(unused.where(MediaFile.is_used.is_(False), MediaFile.created_at < before)) or 0

    def unused(self, before: dt.datetime, *, most: int) -> Sequence[MediaFile]:
        """Some of them, the oldest first."""
        rows = select(MediaFile).where(MediaFile.is_used.is_(False), MediaFile.created_at < before)
        return self.session.scalars(rows.order_by(MediaFile.created_at, MediaFile.id).limit(most)).all()

    def mark_used(self, hashes: Collection[str]) -> None:
        """A change names these."""
        wanted = sorted(hashes)
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            rows = update(MediaFile).where(MediaFile.sha256.in_(some), MediaFile.is_used.is_(False))
            self.session.execute(rows.values(is_used=True), execution_options={"synchronize_session": False})
