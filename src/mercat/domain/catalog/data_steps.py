"""Work on the catalogue's rows that came with a version."""

from __future__ import annotations

from mercat.core.actor import Actor
from mercat.core.unit import Runtime
from mercat.domain.catalog.icons import migrate_icons, old_store
from mercat.domain.operations import service as operations


def _take_old_icons(runtime: Runtime, actor: Actor) -> int | None:
    """Those of an older store, once it is found in the home folder."""
    folder = old_store(runtime.settings.home)
    return None if folder is None else migrate_icons(runtime, actor, folder).migrated


operations.declare_data_step(operations.DataStep("catalog.old-icons", _take_old_icons))
