"""Failures to sign in, under names and from addresses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import delete, select

from mercat.core.repository import Repository
from mercat.domain.access.models import SignInFailure


class FailureRepository(Repository[SignInFailure]):
    """One row for each name or address."""

    model = SignInFailure

    def locked(self, kind: str, subject_hash: str) -> SignInFailure:
        """The row, made if it is not there, and changed by nobody else until this transaction ends."""
        rows = select(SignInFailure).where(SignInFailure.kind == kind, SignInFailure.subject_hash == subject_hash)
        found = self.session.scalars(rows.with_for_update()).first()
        if found is None:
            found = self.add(SignInFailure(kind=kind, subject_hash=subject_hash, failed_login_attempts=0))
            self.session.flush()
        return found

    def waiting(self, subject_hashes: Collection[str], at: dt.datetime) -> dict[str, dt.datetime]:
        """Which of these names are not listened to at that time, and until when."""
        rows = select(SignInFailure.subject_hash, SignInFailure.locked_until).where(
            SignInFailure.kind == "name",
            SignInFailure.subject_hash.in_(subject_hashes),
            SignInFailure.locked_until > at,
        )
        return {subject_hash: until for subject_hash, until in self.session.execute(rows) if until is not None}

    def clear(self, subject_hashes: Collection[str]) -> None:
        """These names begin anew."""
        mine = delete(SignInFailure).where(SignInFailure.kind == "name", SignInFailure.subject_hash.in_(subject_hashes))
        self.session.execute(mine, execution_options={"synchronize_session": False})

    def forget(self, before: dt.datetime) -> None:
        """What happened before then counts no more."""
        self.session.execute(
            delete(SignInFailure).where(SignInFailure.last_failed_at < before),
            execution_options={"synchronize_session": False},
        )
