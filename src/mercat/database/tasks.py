"""What scripts do now and then: the first administrator, and a look at how the database is."""

from __future__ import annotations

import time
from typing import Any

from mercat.core.database.revision import current, head
from mercat.core.errors import MercatError
from mercat.core.redaction import scrub
from mercat.database.opening import database, database_url, pool_status, script_actor
from mercat.domain.access import service as access
from mercat.domain.operations import service as operations


class DatabaseUtils:
    """Chores of a database that was opened with ``init_database``."""

    @staticmethod
    def create_admin_user(
        email: str,
        password: str,
        first_name: str | None = None,
        last_name: str | None = None,
        *,
        username: str | None = None,
    ) -> access.UserView:
        """An administrator, who signs in with the e-mail address or with ``username`` (else what stands before the @).

        Raises ``Invalid`` for a password or a name that cannot be, and ``Conflict`` for one that is taken.
        """
        name = username or email.partition("@")[0]
        draft = access.UserDraft(name, email, "admin", first_name, last_name, password)
        return access.create_user(database(), script_actor(), draft)


class DatabaseBackupManager:
    """Backups of the database that scripts work on. ``to`` is a folder or ``s3://bucket/folder``, else that of the home."""

    def __init__(self, to: str | None = None) -> None:
        self.to = to

    def create_backup(self, description: str = "", *, form: str = "auto", encrypt: bool = False) -> str:
        """Write one while others go on working; its path. Raises ``Invalid``, ``Conflict`` and ``OSError``."""
        draft = operations.BackupDraft(description, form, self.to, encrypt)
        return operations.create_backup(database(), script_actor(), draft).path

    def list_backups(self) -> list[operations.BackupView]:
        """Those there are, newest first."""
        return operations.list_backups(database(), script_actor(), at=self.to)

    def verify_backup(self, path: str) -> operations.BackupView:
        """Read one whole and compare it with its manifest. Raises ``Conflict`` naming what differs."""
        return operations.verify_backup(database(), script_actor(), path)

    def restore_backup(self, path: str, *, is_safe: bool = True) -> operations.Restored:
        """Put one in the place of everything, or leave all as it was; what was there is backed up unless ``is_safe`` is false."""
        return operations.restore_backup(database(), script_actor(), path, is_safe=is_safe)


def database_health_check() -> dict[str, Any]:
    """How the database is: ``status`` is ``healthy``, ``degraded`` or ``unhealthy``; ``connection_test`` is whether it answers.

    ``database_url`` has its password masked. Never raises: what is wrong stands in ``error``.
    """
    started = time.perf_counter()
    try:
        runtime = database()
        revision = current(runtime.engine)
    except Exception as failed:  # noqa: BLE001  # whatever the driver raises is what is to be told
        reason = failed.message if isinstance(failed, MercatError) else scrub(str(failed)).partition("\n")[0]
        return {"status": "unhealthy", "connection_test": False, "error": reason}
    return {
        "status": "healthy" if revision == head() else "degraded",
        "database_url": database_url(),
        "connection_test": True,
        "dialect": runtime.engine.dialect.name,
        "revision": revision,
        "head": head(),
        "pool": pool_status(),
        "latency_ms": round((time.perf_counter() - started) * 1000, 1),
    }
