"""Icons as they are kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from mercat.core.repository import Repository
from mercat.domain.catalog.models import Icon

_AMOUNTS = ("generation_seconds", "generation_cost")


class IconRepository(Repository[Icon]):
    """One picture of a category once."""

    model = Icon

    def has(self, category_id: bytes, sha256: str) -> bool:
        """Whether a category has this picture."""
        found = select(Icon.id).where(Icon.category_id == UUID(bytes=category_id), Icon.file_hash == sha256)
        return self.session.scalar(found) is not None

    def hashes_among(self, hashes: Collection[str]) -> set[str]:
        """Those of these that are an icon's."""
        found = self.session.scalars(select(Icon.file_hash).where(Icon.file_hash.in_(sorted(hashes))))
        return {each for each in found if each is not None}

    def made(self, category_id: bytes, picture: Path, sha256: str, values: Mapping[str, Any]) -> Icon:
        """A row for a picture that is kept under its hash."""
        amounts = {name: Decimal(values[name]) for name in _AMOUNTS if values.get(name) is not None}
        return Icon(
            category_id=UUID(bytes=category_id),
            filename=picture.name[-255:],
            file_hash=sha256,
            file_size=picture.stat().st_size,
            **{**values, **dict.fromkeys(_AMOUNTS), **amounts},
        )
