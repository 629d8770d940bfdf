"""Icons of categories: those of an older, file-based store become rows and kept files."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mercat.core.actor import Actor
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.catalog.category_import import import_rows
from mercat.domain.catalog.category_paths import ensure_names
from mercat.domain.catalog.category_shapes import CategoryRow
from mercat.domain.catalog.icon_files import BadIcon, OldIcon, metadata_in, read_old_icons
from mercat.domain.catalog.icon_repository import IconRepository
from mercat.domain.catalog.tree import join_path

PERMISSION = "catalog.edit"
OLD_FOLDERS = ("generated_icons", "icons")


@dataclass
class IconMigration:
    """What became of an old store. ``duplicates`` are pictures that are there already, by their SHA-256."""

    folder: str
    records: int = 0
    migrated: int = 0
    already: int = 0
    categories_created: int = 0
    duplicates: list[dict[str, str]] = field(default_factory=list)
    rejected: list[dict[str, str]] = field(default_factory=list)


def migrate_icons(runtime: Runtime, actor: Actor, folder: Path) -> IconMigration:
    """Take every icon of a folder in, its picture as a kept file. The same again changes nothing.

    Categories that are not there are made, by a change set. Raises ``NotFound`` and ``Invalid`` for a folder without
    metadata that can be read.
    """
    actor.require(PERMISSION)
    done = IconMigration(str(folder))
    icons: list[tuple[OldIcon, str]] = []
    for each in read_old_icons(folder):
        done.records += 1
        if isinstance(each, BadIcon):
            done.rejected.append({"record": each.record, "reason": each.reason})
        else:
            # No unit is open: copying takes its time.
            icons.append((each, runtime.files.keep(each.picture).sha256))
    runtime.attempt(partial(_take, icons=icons, done=done), actor)
    return done


def old_store(home: Path) -> Path | None:
    """The folder of an older store in the home folder, if there is one."""
    return next((home / name for name in OLD_FOLDERS if metadata_in(home / name) is not None), None)


def _take(unit: WriteUnit, *, icons: list[tuple[OldIcon, str]], done: IconMigration) -> None:
    done.migrated = done.already = 0
    done.duplicates = []
    names = list(dict.fromkeys(each.names for each, _ in icons))
    made = import_rows(unit, [CategoryRow(each) for each in names], title="categories of old icons")
    done.categories_created = made.created
    ids, _ = ensure_names(unit, names)
    repository = IconRepository(unit.session)
    seen: dict[str, str] = {}
    for each, sha256 in icons:
        path = join_path(each.names)
        if sha256 in seen:
            done.duplicates.append(
                {"sha256": sha256, "picture": each.picture.name, "category": path, "as": seen[sha256]}
            )
        seen.setdefault(sha256, path)
        if repository.has(ids[each.names], sha256):
            done.already += 1
            continue
        unit.add(repository.made(ids[each.names], each.picture, sha256, each.values))
        done.migrated += 1
