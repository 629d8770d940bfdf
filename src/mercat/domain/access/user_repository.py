"""Users and what they prefer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, or_, select, update

from mercat.core.database.types import as_ascii
from mercat.core.page import Page
from mercat.core.repository import Repository
from mercat.domain.access.models import User, UserSettings


class UserRepository(Repository[User]):
    """Users by name."""

    model = User

    def is_empty(self) -> bool:
        """Whether there is no user at all."""
        return self.session.scalar(select(User.id).limit(1)) is None

    def named(self, folded: str, *, locked: bool = False) -> User | None:
        """The user with this e-mail address or user name, in small letters. A user name holds no ``@``."""
        is_mine = User.email_folded == folded if "@" in folded else User.username_folded == as_ascii(folded)
        rows = select(User).where(is_mine)
        return self.session.scalars(rows.with_for_update() if locked else rows).first()

    def locked(self, user_id: UUID) -> User | None:
        """The user, as they are now, and theirs to change until this transaction ends."""
        rows = select(User).where(User.id == user_id).with_for_update().execution_options(populate_existing=True)
        return self.session.scalars(rows).first()

    def active_of_role(self, role: str) -> Sequence[User]:
        """Those who hold the role and may sign in, none of whom changes until this transaction ends."""
        rows = select(User).where(User.role == role, User.is_active).order_by(User.id).with_for_update()
        return self.session.scalars(rows.execution_options(populate_existing=True)).all()

    def listed(self, *, role: str | None, is_active: bool | None, page: int, per_page: int) -> Page[User]:
        """Users by name."""
        rows = select(User).order_by(User.username_folded)
        if role is not None:
            rows = rows.where(User.role == role)
        if is_active is not None:
            rows = rows.where(User.is_active == is_active)
        return self.paged(rows, page=page, per_page=per_page)

    def note_reset_request(self, folded: str, at: dt.datetime) -> None:
        """One statement, whether anybody has this name or not: it takes as long."""
        mine = or_(User.email_folded == folded, User.username_folded == as_ascii(folded))
        statement = update(User).where(mine, User.is_active).values(reset_requested_at=at, updated_at=at)
        self.session.execute(statement, execution_options={"synchronize_session": False})


class UserSettingsRepository(Repository[UserSettings]):
    """What users prefer."""

    model = UserSettings

    def of(self, user_id: UUID) -> UserSettings | None:
        """A user's own, if they ever set any."""
        return self.session.scalars(select(UserSettings).where(UserSettings.user_id == user_id)).first()

    def of_active(self, roles: Sequence[str]) -> list[tuple[User, UserSettings | None]]:
        """Active users of these roles with their settings, by id."""
        rows = self._with_settings().where(User.role.in_(roles), User.is_active).order_by(User.id)
        return [(user, settings) for user, settings in self.session.execute(rows)]

    def of_one(self, user_id: UUID) -> tuple[User, UserSettings | None] | None:
        """An active user with their settings."""
        found = self.session.execute(self._with_settings().where(User.id == user_id, User.is_active)).first()
        return None if found is None else (found[0], found[1])

    def _with_settings(self) -> Select[User, UserSettings]:
        return select(User, UserSettings).outerjoin(UserSettings, UserSettings.user_id == User.id)
