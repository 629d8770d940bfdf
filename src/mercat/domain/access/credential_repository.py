"""What lets people and programs in: sessions, keys, links, and the keys that tokens are signed with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, or_, select, update
from sqlalchemy.orm import joinedload

from mercat.core.database.types import as_ascii
from mercat.core.page import Page
from mercat.core.repository import Repository
from mercat.domain.access.models import (
    ApiKey,
    OneTimeLink,
    SigningKey,
    SpentToken,
    User,
    UserSession,
    UserSettings,
)

_NO_SYNC = {"synchronize_session": False}


class SessionRepository(Repository[UserSession]):
    """Sign-ins with their families of refresh tokens."""

    model = UserSession

    def locked_by_hash(self, token_hash: str) -> UserSession | None:
        """The session whose youngest token this is, to be changed by nobody else until this transaction ends."""
        return self.session.scalars(
            select(UserSession).where(UserSession.token_hash == token_hash).with_for_update()
        ).first()

    def spent(self, token_hash: str) -> SpentToken | None:
        """What is known of a token that was traded before."""
        return self.session.scalars(select(SpentToken).where(SpentToken.token_hash == token_hash)).first()

    def standing(self, session_id: UUID) -> tuple[UserSession, User, UserSettings | None] | None:
        """Session, user and settings in one look."""
        return self._standing(UserSession.id == session_id)

    def standing_by_hash(self, token_hash: str) -> tuple[UserSession, User, UserSettings | None] | None:
        """The same by what its secret is kept as."""
        return self._standing(UserSession.token_hash == token_hash)

    def _standing(self, which: ColumnElement[bool]) -> tuple[UserSession, User, UserSettings | None] | None:
        found = self.session.execute(
            select(UserSession, User, UserSettings)
            .join(User, User.id == UserSession.user_id)
            .outerjoin(UserSettings, UserSettings.user_id == User.id)
            .where(which)
        ).first()
        return None if found is None else (found[0], found[1], found[2])

    def listed(
        self, *, user_id: UUID | None, open_at: dt.datetime | None, page: int, per_page: int
    ) -> Page[UserSession]:
        """Sessions, those used last first; ``open_at``: only those that are good at that time."""
        rows = select(UserSession).options(joinedload(UserSession.user)).order_by(UserSession.last_used_at.desc())
        if user_id is not None:
            rows = rows.where(UserSession.user_id == user_id)
        if open_at is not None:
            rows = rows.where(UserSession.revoked_at.is_(None), UserSession.expires_at > open_at)
        return self.paged(rows, page=page, per_page=per_page)

    def open_of(self, user_id: UUID, *, but: UUID | None = None) -> Sequence[UserSession]:
        """A user's sessions that were not revoked, but this one."""
        rows = select(UserSession).where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
        return self.session.scalars(rows if but is None else rows.where(UserSession.id != but)).all()

    def forget_over(self, user_id: UUID, before: dt.datetime) -> None:
        """A user's sessions that ended before then, with the tokens that were spent in them."""
        over = or_(UserSession.expires_at < before, UserSession.revoked_at < before)
        self.session.execute(
            delete(UserSession).where(UserSession.user_id == user_id, over), execution_options=_NO_SYNC
        )


class KeyRepository(Repository[ApiKey]):
    """Keys of programs."""

    model = ApiKey

    def standing(self, key_hash: str) -> tuple[ApiKey, User, UserSettings | None] | None:
        """Key, user and settings in one look."""
        found = self.session.execute(
            select(ApiKey, User, UserSettings)
            .join(User, User.id == ApiKey.user_id)
            .outerjoin(UserSettings, UserSettings.user_id == User.id)
            .where(ApiKey.key_hash == key_hash)
        ).first()
        return None if found is None else (found[0], found[1], found[2])

    def listed(self, *, user_id: UUID | None, page: int, per_page: int) -> Page[ApiKey]:
        """Keys, the newest first."""
        rows = self._whole().order_by(ApiKey.id.desc())
        return self.paged(
            rows if user_id is None else rows.where(ApiKey.user_id == user_id), page=page, per_page=per_page
        )

    def expiring(self, since: dt.datetime, until: dt.datetime) -> Sequence[ApiKey]:
        """Keys of people who may come in that nobody revoked and that run out in this time, soonest first."""
        is_good = ApiKey.revoked_at.is_(None), ApiKey.expires_at > since, ApiKey.expires_at <= until
        rows = self._whole().where(*is_good, ApiKey.user.has(User.is_active))
        return self.session.scalars(rows.order_by(ApiKey.expires_at, ApiKey.id)).all()

    def whole(self, reference: str) -> Sequence[ApiKey]:
        """Keys by id, or by the beginning that is shown."""
        try:
            return self.session.scalars(self._whole().where(ApiKey.id == UUID(reference))).all()
        except ValueError:
            return self.session.scalars(self._whole().where(ApiKey.prefix == as_ascii(reference))).all()

    def note_use(self, key_id: UUID, at: dt.datetime, *, unless_since: dt.datetime) -> None:
        """When it was last used, unless somebody wrote that down just now."""
        is_old = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < unless_since)
        statement = update(ApiKey).where(ApiKey.id == key_id, is_old).values(last_used_at=at, updated_at=at)
        self.session.execute(statement, execution_options=_NO_SYNC)

    def _whole(self) -> Select[Any]:
        return select(ApiKey).options(joinedload(ApiKey.user))


class LinkRepository(Repository[OneTimeLink]):
    """Invitations, and ways to a new password."""

    model = OneTimeLink

    def locked_by_hash(self, token_hash: str) -> OneTimeLink | None:
        """The link, to be used by nobody else until this transaction ends."""
        return self.session.scalars(
            select(OneTimeLink).where(OneTimeLink.token_hash == token_hash).with_for_update()
        ).first()

    def drop_unused(self, user_id: UUID) -> None:
        """Whatever links a user still has: a newer one, or a password, takes their place."""
        unused = delete(OneTimeLink).where(OneTimeLink.user_id == user_id, OneTimeLink.used_at.is_(None))
        self.session.execute(unused, execution_options=_NO_SYNC)


class SigningKeyRepository(Repository[SigningKey]):
    """What access tokens are signed with."""

    model = SigningKey

    def newest(self) -> SigningKey | None:
        """The one that signs."""
        return self.session.scalars(
            select(SigningKey).where(SigningKey.retired_at.is_(None)).order_by(SigningKey.id.desc()).limit(1)
        ).first()

    def all_of_them(self) -> Sequence[SigningKey]:
        """Those that sign and those that still verify."""
        return self.session.scalars(select(SigningKey).order_by(SigningKey.id)).all()

    def forget_retired(self, before: dt.datetime) -> None:
        """Keys whose last token is over."""
        self.session.execute(delete(SigningKey).where(SigningKey.retired_at < before), execution_options=_NO_SYNC)
