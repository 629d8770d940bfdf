"""Settings that were changed, and their history."""

from __future__ import annotations

from sqlalchemy import select

from mercat.core.page import Page
from mercat.core.repository import Repository
from mercat.domain.operations.models import Configuration, ConfigurationChange


class ConfigurationRepository(Repository[Configuration]):
    """Settings by key."""

    model = Configuration

    def by_key(self, key: str) -> Configuration | None:
        """The row of a key that was changed from its default."""
        return self.find_by(key=key)

    def all_by_key(self) -> dict[str, Configuration]:
        """Every one that was changed."""
        return {each.key: each for each in self.session.scalars(select(Configuration))}

    def sealed(self) -> list[Configuration]:
        """Those whose values are sealed, locked until the unit ends."""
        return list(self.session.scalars(select(Configuration).where(Configuration.is_encrypted).with_for_update()))


class ConfigurationChangeRepository(Repository[ConfigurationChange]):
    """Changes, newest first."""

    model = ConfigurationChange

    def newest(self, key: str | None, *, page: int, per_page: int) -> Page[ConfigurationChange]:
        """Of one key or of all."""
        rows = select(ConfigurationChange).order_by(ConfigurationChange.id.desc())
        if key is not None:
            rows = rows.where(ConfigurationChange.key == key)
        return self.paged(rows, page=page, per_page=per_page)
