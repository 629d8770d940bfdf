"""Backups: made while everybody works, listed, proved, put back, and thinned out."""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.clock import now
from mercat.core.database.backup import making
from mercat.core.database.backup.archive import PORTABLE, Archive, Manifest
from mercat.core.database.backup.hashing import hash_file
from mercat.core.database.backup.keeping import to_remove
from mercat.core.database.backup.native import PARTS
from mercat.core.database.backup.sealing import is_sealed, seal, unseal
from mercat.core.database.drivers import said_by_driver
from mercat.core.database.locks import named_lock
from mercat.core.database.revision import current
from mercat.core.errors import Conflict, NotFound
from mercat.core.files import whole_file
from mercat.core.jobs.watch import UNWATCHED, Watch
from mercat.core.log import get_logger
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.access.messages import Administered
from mercat.domain.operations.backup_places import ENDING, Found, Place, home_of, on_disk, place_of
from mercat.domain.operations.messages import Backup, DatabaseRestored, VerifyBackup

log = get_logger(__name__)
BACKUP = "operations.backup"
RESTORE_LOCK = "restore"
_NAME = re.compile(r"backup_(\d{8}_\d{6})(?:_\d+)?\.zip")
_STAMP = "%Y%m%d_%H%M%S"


@dataclass(frozen=True)
class BackupDraft:
    """A backup as asked for.

    ``form``: ``native`` (the database's own, by its own programs), ``portable`` (goes to any of the databases), ``auto``
    (native where it can be had). ``to``: a folder or ``s3://bucket/folder`` instead of ``backups`` in the home folder.
    """

    description: str = ""
    form: str = "auto"
    to: str | None = None
    encrypt: bool = False
    with_files: bool = True


@dataclass(frozen=True)
class BackupView:
    """A backup as it is shown. Of an encrypted one only what its file tells is known; sizes are bytes.

    ``state`` is ``whole`` (its manifest can be read), ``sealed``, or ``torn``.
    """

    name: str
    place: str
    created_at: str
    size: int | None
    state: str
    form: str | None = None
    dialect: str | None = None
    revision: str | None = None
    mercat: str | None = None
    description: str | None = None
    rows: int | None = None
    files: int | None = None

    @property
    def path(self) -> str:
        """Where it is."""
        return f"{self.place.rstrip('/')}/{self.name}"


@dataclass(frozen=True)
class Restored:
    """What was put back, and the backup that was made of what was there before (``None``: there was nothing)."""

    backup: BackupView
    safety: BackupView | None


def create_backup(runtime: Runtime, actor: Actor, draft: BackupDraft, *, watch: Watch = UNWATCHED) -> BackupView:
    """Write a backup of this moment; writers go on meanwhile. It appears whole or not at all.

    Raises ``Invalid`` for what cannot be had (a form, a password), ``Conflict`` where a database's program fails, and
    ``OSError`` where there is no room.
    """
    actor.require(BACKUP)
    place, folder = place_of(runtime, draft.to), home_of(runtime).make()
    name = _free_name(place)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as made:
        plain, whole = Path(made) / "plain.zip", Path(made) / name
        with whole_file(plain) as out:
            wish = making.Wish(draft.form, draft.description, draft.with_files)
            manifest = making.write(runtime, out, wish, Path(made), _advance(watch))
        if draft.encrypt:
            with whole_file(whole) as sealed:
                seal(plain, sealed, runtime.settings.backup_password)
        else:
            plain.rename(whole)
        watch.check()
        place.put(whole, name)
        size = whole.stat().st_size
    log.info("backup_made", name=name, place=place.shown, form=manifest.form, rows=manifest.rows, size=size)
    view = BackupView(name, place.shown, _stamped(name), size, "sealed" if draft.encrypt else "whole")
    return _described(view, manifest)


def enqueue_backup(unit: WriteUnit, *, description: str = "", form: str = "auto", encrypt: bool = False) -> UUID:
    """Have one made by a worker, in the backups folder."""
    unit.actor.require(BACKUP)
    unit.announce(Administered("backup.asked", details={"form": form, "encrypt": encrypt}))
    return unit.enqueue(Backup(description=description, form=form, encrypt=encrypt), key="backup")


def enqueue_verify(unit: WriteUnit, name: str) -> UUID:
    """Have a backup of the backups folder verified by a worker."""
    unit.actor.require(BACKUP)
    return unit.enqueue(VerifyBackup(name), key=f"verify-{name}")


def open_backup(runtime: Runtime, actor: Actor, name: str) -> Path:
    """Where a backup of the backups folder lies, for whoever takes it away: it holds everything, so that is written down.

    Raises ``NotFound``.
    """
    actor.require(BACKUP)
    known = {each.name for each in home_of(runtime).files()}
    if name not in known:
        message = f"there is no backup {name[:100]}"
        raise NotFound(message)
    with runtime.write(actor) as unit:
        unit.announce(Administered("backup.downloaded", ("backup", name, name)))
    return home_of(runtime).path / name


def _free_name(place: Place) -> str:
    taken = {each.name for each in place.files()}
    stem, number = f"backup_{now().strftime(_STAMP)}", 1
    while (name := f"{stem}{'' if number == 1 else f'_{number}'}{ENDING}") in taken:
        number += 1
    return name


def list_backups(runtime: Runtime, actor: Actor, *, at: str | None = None) -> list[BackupView]:
    """Those at a place, newest first, by their manifests; of those in a bucket only what the bucket tells."""
    actor.require(BACKUP)
    place = place_of(runtime, at)
    found = [_look(place, each) for each in place.files()]
    return sorted(found, key=lambda each: (each.created_at, each.name), reverse=True)


def _look(place: Place, found: Found) -> BackupView:
    path = Path(place.shown) / found.name
    if not path.is_file():
        return BackupView(found.name, place.shown, _stamped(found.name), found.size, "unread")
    view = BackupView(found.name, place.shown, _stamped(found.name) or _changed(path), found.size, "torn")
    if is_sealed(path):
        return replace(view, state="sealed")
    try:
        with Archive(path, found.name) as archive:
            return _described(replace(view, state="whole"), archive.manifest)
    except Conflict:
        return view


def _stamped(name: str) -> str:
    """When a backup was made, from its name; empty where that does not tell."""
    given = _NAME.fullmatch(name)
    if given is None:
        return ""
    return dt.datetime.strptime(given[1], _STAMP).replace(tzinfo=dt.UTC).isoformat()


def _changed(path: Path) -> str:
    return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).isoformat(timespec="seconds")


def _described(view: BackupView, manifest: Manifest) -> BackupView:
    return replace(
        view,
        created_at=manifest.created_at,
        form=manifest.form,
        dialect=manifest.dialect,
        revision=manifest.revision,
        mercat=manifest.mercat,
        description=manifest.description,
        rows=manifest.rows,
        files=sum(1 for each in manifest.entries if each.name.startswith("files/")),
    )


def verify_backup(runtime: Runtime, actor: Actor, reference: str, *, watch: Watch = UNWATCHED) -> BackupView:
    """Read a backup whole and compare every part, and every row of what can be read here, with its manifest.

    ``reference``: its name, path or ``s3://`` address. Raises ``Conflict`` naming what differs, ``Invalid`` for the wrong
    password, ``NotFound``.
    """
    actor.require(BACKUP)
    with _opened(runtime, reference) as (archive, view):
        _check(runtime, archive, watch)
        return view


def restore_backup(
    runtime: Runtime, actor: Actor, reference: str, *, is_safe: bool = True, watch: Watch = UNWATCHED
) -> Restored:
    """Put a backup in the place of all that the database holds, or leave everything as it was.

    It is checked whole first, and what is there is backed up, unless ``is_safe`` is false. Only for who may do everything:
    it replaces users and their rights too. Raises as ``verify_backup`` does, and ``Conflict`` for a newer schema.
    """
    actor.require("*")
    with _opened(runtime, reference) as (archive, view):
        making.refuse_newer(archive)
        _check(runtime, archive, watch)
        with named_lock(runtime.engine, RESTORE_LOCK, on_wait=watch.stand_in_line):
            safety = None
            if is_safe and current(runtime.engine) is not None:
                # The files are not touched, so they need no copy.
                draft = BackupDraft(f"before restoring {view.name}", with_files=False)
                safety = create_backup(runtime, actor, draft, watch=watch)
            folder = home_of(runtime).make()
            _put_in_place(runtime, archive, folder, watch)
        # Connections remember tables that may have been made anew.
        runtime.engine.dispose()
        log.info("backup_restored", name=view.name, form=view.form, rows=view.rows)
        return Restored(view, safety)


def _put_in_place(runtime: Runtime, archive: Archive, folder: Path, watch: Watch) -> None:
    try:
        making.restore(runtime, archive, folder, lambda unit: unit.announce(DatabaseRestored()), _advance(watch))
    except Exception as failed:
        # A disk that is full, a server that went away: a transaction that does not end changes nothing.
        reason = said_by_driver(failed) or (failed.strerror if isinstance(failed, OSError) else None)
        if reason is None:
            raise
        message = f"the database is as it was, for the backup could not be put in its place: {reason}"
        raise Conflict(message) from failed


@contextmanager
def _opened(runtime: Runtime, reference: str) -> Iterator[tuple[Archive, BackupView]]:
    """A backup, decrypted where it has to be."""
    with on_disk(runtime, reference) as (path, name):
        place = reference.rpartition("/")[0] or home_of(runtime).shown
        view = BackupView(name, place, _stamped(name), path.stat().st_size, "whole")
        if not is_sealed(path):
            with Archive(path, name) as archive:
                yield archive, _described(view, archive.manifest)
            return
        with tempfile.TemporaryDirectory(dir=home_of(runtime).make(), prefix=".opened-") as made:
            plain = Path(made) / "plain.zip"
            unseal(path, plain, runtime.settings.backup_password, shown=name)
            with Archive(plain, name) as archive:
                yield archive, _described(replace(view, state="sealed"), archive.manifest)


def _check(runtime: Runtime, archive: Archive, watch: Watch) -> None:
    done: Counter[str] = Counter()

    def read(size: int) -> None:
        watch.check()
        done["bytes"] += size
        watch.progress("checking bytes", done["bytes"], sum(each.size for each in archive.manifest.entries))

    archive.check(read)
    form = archive.manifest.form
    if form == PORTABLE:
        by_part = {each.name: each.sha256 for each in archive.manifest.entries}
        differing = [
            each.name for each in archive.manifest.tables if by_part.get(f"tables/{each.name}.jsonl") != each.sha256
        ]
    elif form == "sqlite" and archive.manifest.tables:
        with tempfile.TemporaryDirectory(dir=home_of(runtime).make(), prefix=".checked-") as made:
            archive.extract(PARTS[form], Path(made) / PARTS[form])
            known = {each.name: each for each in hash_file(Path(made) / PARTS[form], _advance(watch))}
        differing = [each.name for each in archive.manifest.tables if known.get(each.name) != each]
    else:
        return
    if differing:
        message = f"{archive.shown}: the rows of {', '.join(differing)} are not those that its manifest says"
        raise Conflict(message)


def retain_backups(
    runtime: Runtime, actor: Actor, *, daily: int, weekly: int, at: str | None = None, dry_run: bool = False
) -> list[str]:
    """Remove the backups that need not be kept (see ``keeping.to_remove``); their names, oldest first.

    Only files that are named as backups are touched; the newest always stays.
    """
    actor.require(BACKUP)
    place = place_of(runtime, at)
    made = [
        (each.name, dt.datetime.fromisoformat(_stamped(each.name))) for each in place.files() if _stamped(each.name)
    ]
    gone = to_remove(made, daily=daily, weekly=weekly)
    for name in () if dry_run else gone:
        place.remove(name)
        log.info("backup_removed", name=name, place=place.shown)
    return gone


def _advance(watch: Watch) -> Callable[[str, int], None]:
    """Rows by table, as a watcher hears them; it is also asked whether to go on."""
    done: Counter[str] = Counter()

    def tell(stage: str, count: int) -> None:
        watch.check()
        done[stage] = count if stage == "pages" else done[stage] + count
        watch.progress(stage, done[stage], None)

    return tell
